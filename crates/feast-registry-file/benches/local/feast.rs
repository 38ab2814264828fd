//! The same with Feast, in the Python that the suite with the real Feast uses.

use std::env;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::common::{PROJECT, sample};

/// The variable that says which Python has Feast.
const VARIABLE: &str = "FEAST_REGISTRY_INTEROP_PYTHON";

/// What became of materialisations.
pub(crate) struct Done {
    pub(crate) seconds: f64,
    pub(crate) kept: usize,
}

/// Has processes of Feast materialise a view of a file at once; an error says why not.
pub(crate) fn materialise(
    path: &Path,
    view: &str,
    processes: i64,
    calls: i64,
) -> Result<Done, String> {
    let python = env::var_os(VARIABLE).ok_or_else(|| format!("{VARIABLE} is not set"))?;
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/interop/python");
    let output = Command::new(python)
        .arg(scripts.join("registry_file.py"))
        .args(["--project", PROJECT, "--view", view, "--path"])
        .arg(path)
        .args(["--processes", &processes.to_string()])
        .args(["--calls", &calls.to_string()])
        .output()
        .map_err(|error| error.to_string())?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    let printed: Value =
        serde_json::from_slice(&output.stdout).map_err(|error| error.to_string())?;
    let seconds = printed["seconds"].as_f64().ok_or("it tells no time")?;
    // A file that nobody can read keeps nothing.
    let kept = printed["views"][view].as_array().map_or(0, Vec::len);
    let kept = kept.saturating_sub(sample::INTERVALS);
    Ok(Done { seconds, kept })
}
