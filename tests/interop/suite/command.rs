//! Our own command.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::python;

/// The command, which `cargo xtask interop` has built.
fn path() -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let path = target.join("debug/feast-registry");
    assert!(
        path.exists(),
        "{} is missing: run `cargo xtask interop`",
        path.display()
    );
    path
}

/// What the command prints in a folder with a `feature_store.yaml`.
pub(crate) fn run_in(folder: &Path, arguments: &[&str]) -> String {
    python::output(new().args(arguments).current_dir(folder))
}

/// The command with nothing of this suite in its environment.
pub(crate) fn new() -> Command {
    let mut command = Command::new(path());
    // The command warns of variables with its prefix that it does not know.
    command.env_remove(python::VARIABLE);
    command
}
