//! Our own command.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

use tempfile::{NamedTempFile, TempPath};

use crate::python;

/// Where the copy is that this run uses.
static COPY: OnceLock<Box<Path>> = OnceLock::new();

/// Copies the command that `cargo xtask interop` has built: a build during the tests, with other
/// features, must not change what they run. The copy goes with what is returned.
pub(crate) fn copy() -> TempPath {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let built = folder.parent().unwrap().join("debug/feast-registry");
    let copy = NamedTempFile::new_in(folder).unwrap().into_temp_path();
    fs::copy(&built, &copy)
        .unwrap_or_else(|error| panic!("{}: {error}: run `cargo xtask interop`", built.display()));
    COPY.set(copy.to_path_buf().into()).unwrap();
    copy
}

/// The command as one word of a command line.
pub(crate) fn path() -> &'static str {
    COPY.get().unwrap().to_str().unwrap()
}

/// What the command prints in a folder with a `feature_store.yaml`.
pub(crate) fn run_in(folder: &Path, arguments: &[&str]) -> String {
    python::output(new().args(arguments).current_dir(folder))
}

/// The command with nothing of this suite in its environment.
pub(crate) fn new() -> Command {
    without_our_variables(Command::new(path()))
}

/// The command warns of variables with its prefix that it does not know.
pub(crate) fn without_our_variables(mut command: Command) -> Command {
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("FEAST_REGISTRY_") {
            command.env_remove(name);
        }
    }
    command
}
