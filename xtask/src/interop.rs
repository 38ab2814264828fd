//! The suite with Feast's own Python SDK, in a virtual environment below `target/`.

use std::fs;
use std::path::{Path, PathBuf};

use crate::shell::{self, Count};
use crate::{Result, workspace_root};

/// Run the suite with the real Feast, which it installs first if need be.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Only tests whose name contains this.
    filter: Option<String>,
}

const PACKAGE: &str = "feast-registry-interop";
const REQUIREMENTS: &str = "tests/interop/python/requirements.txt";
/// The variable that tells the suite which Python has Feast.
const PYTHON_VARIABLE: &str = "FEAST_REGISTRY_INTEROP_PYTHON";

pub(crate) fn run(args: &Args) -> Result {
    let count = run_suite(args.filter.as_deref())?;
    if count.failed > 0 {
        Err("the interop suite failed".into())
    } else {
        Ok(())
    }
}

/// Installs Feast and runs the suite.
pub(crate) fn run_suite(filter: Option<&str>) -> Result<Count> {
    let python = environment()?;
    // The suite runs the command itself as well.
    shell::build_command()?;
    let mut command = shell::cargo(&[
        "test",
        "--quiet",
        "--package",
        PACKAGE,
        "--test",
        "interop",
        "--",
    ]);
    command
        .args(filter)
        .env(PYTHON_VARIABLE, python)
        .env("PYTHONDONTWRITEBYTECODE", "1");
    let (mut count, succeeded) = shell::tests(command)?;
    count.failed = count.failed.max(usize::from(!succeeded));
    Ok(count)
}

/// A virtual environment with what `requirements.txt` names; made anew when that changes.
fn environment() -> Result<PathBuf> {
    let root = workspace_root();
    let folder = root.join("target/interop-venv");
    let python = folder.join("bin/python");
    let wanted = fs::read_to_string(root.join(REQUIREMENTS))?;
    let installed = folder.join("installed.txt");
    if fs::read_to_string(&installed).is_ok_and(|have| have == wanted) && python.exists() {
        return Ok(python);
    }
    create(&folder, &python)?;
    fs::write(installed, wanted)?;
    Ok(python)
}

fn create(folder: &Path, python: &Path) -> Result {
    let folder = folder.to_string_lossy();
    shell::run(shell::program(
        "python3",
        &["-m", "venv", "--clear", &folder],
    ))?;
    shell::run(shell::program(
        python,
        &[
            "-m",
            "pip",
            "install",
            "--quiet",
            "--requirement",
            REQUIREMENTS,
        ],
    ))
}
