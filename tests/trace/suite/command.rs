//! Running the built command under `strace`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::events::Event;
use crate::parse;

/// A variable of the environment, and its value.
pub(crate) type Variable = (&'static str, &'static str);

/// The command, which `cargo xtask test` has built.
fn binary() -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let path = target.join("debug/feast-registry");
    assert!(
        path.exists(),
        "{} is missing: run `cargo build --package feast-registry-cli`",
        path.display()
    );
    path
}

/// Runs the command with a variable set, in a folder, to its end; what it did, in order.
pub(crate) fn traced(folder: &Path, (name, value): Variable, arguments: &[&str]) -> Vec<Event> {
    // Beside the folder, so that the trace is none of the files that are looked at.
    let trace = tempfile::NamedTempFile::new().unwrap();
    let mut command = Command::new("strace");
    command
        .args(["-f", "-y", "-s", "64", "-e"])
        .arg(format!("trace={}", parse::CALLS))
        .arg("-o")
        .arg(trace.path())
        .arg(binary())
        .args(arguments)
        .current_dir(folder);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("FEAST") {
            command.env_remove(name);
        }
    }
    command.env(name, value);
    let output = command.output().unwrap_or_else(|error| {
        panic!("strace cannot be started ({error}): install it, for example with `apt-get install strace`")
    });
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{command:?}: {}\n{said}",
        output.status
    );
    parse::events(&fs::read_to_string(trace.path()).unwrap())
}
