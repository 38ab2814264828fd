//! The table at the end: a row for each backend that was run, or why it was not.

use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::Result;
use crate::shell::Count;

/// What became of a backend.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(crate) struct Row {
    pub(crate) backend: String,
    /// What the server says of itself.
    pub(crate) version: String,
    pub(crate) passed: usize,
    pub(crate) failed: usize,
    pub(crate) ignored: usize,
    pub(crate) seconds: f64,
    /// Why trials were ignored.
    #[serde(default)]
    pub(crate) reasons: Vec<String>,
    /// What the server really is, if it only takes the place of the one asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) stands_in: Option<String>,
    /// Why there was nothing to run on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) not_run: Option<String>,
}

impl Row {
    /// A backend that could not be had.
    pub(super) fn not_run(backend: &str, reason: &str) -> Self {
        Row {
            backend: backend.to_owned(),
            not_run: Some(reason.to_owned()),
            ..Row::default()
        }
    }

    /// What the suite has written into its file, or what was counted if it did not get that far.
    pub(super) fn read(label: &str, file: &Path, counted: Count) -> Result<Self> {
        if let Ok(text) = fs::read(file) {
            return Ok(serde_json::from_slice(&text)?);
        }
        Ok(Row {
            backend: label.to_owned(),
            version: "did not run to its end".to_owned(),
            passed: counted.passed,
            failed: counted.failed.max(1),
            ignored: counted.ignored,
            ..Row::default()
        })
    }

    /// Adds what tests beside the suite have found.
    pub(super) fn add(&mut self, count: Count) {
        self.passed += count.passed;
        self.failed += count.failed;
        self.ignored += count.ignored;
    }

    fn line(&self) -> String {
        let Row {
            backend,
            version,
            passed,
            failed,
            ignored,
            seconds,
            ..
        } = self;
        if let Some(reason) = &self.not_run {
            let first = reason.lines().next().unwrap_or_default();
            return format!("{backend:<16} not run: {first}");
        }
        let version: String = version.chars().take(40).collect();
        format!("{backend:<16} {version:<40} {passed:>7} {failed:>7} {ignored:>8} {seconds:>8.1}")
    }

    fn notes(&self) -> Vec<String> {
        let backend = &self.backend;
        let stands_in = self
            .stands_in
            .iter()
            .map(|server| format!("{backend}: not the database itself, {server} in its place"));
        let ignored = self
            .reasons
            .iter()
            .map(|reason| format!("ignored on {backend}: {reason}"));
        // The table holds only the first line.
        let not_run = self.not_run.iter().filter(|reason| reason.contains('\n'));
        let not_run = not_run.map(|reason| format!("{backend} was not run: {reason}"));
        stands_in.chain(ignored).chain(not_run).collect()
    }
}

/// Prints the rows, and below them what there is to say about them.
pub(super) fn print(rows: &[Row]) {
    println!(
        "\n{:<16} {:<40} {:>7} {:>7} {:>8} {:>8}",
        "backend", "version", "passed", "failed", "ignored", "seconds"
    );
    for row in rows {
        println!("{}", row.line());
    }
    for note in rows.iter().flat_map(Row::notes) {
        println!("{note}");
    }
}

/// Writes the rows as a JSON array.
pub(super) fn write(rows: &[Row], file: &Path) -> Result {
    // Relative to where the user is, not to the workspace.
    let file = std::env::current_dir()?.join(file);
    fs::write(&file, serde_json::to_string_pretty(rows)?)
        .map_err(|error| format!("{}: {error}", file.display()).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backend_that_was_not_run_says_why() {
        let row = Row::not_run("mysql", "mysqld ended: exit 1\n  | no space left");
        assert_eq!(row.line(), "mysql            not run: mysqld ended: exit 1");
        assert!(row.notes().concat().contains("no space left"));
    }

    #[test]
    fn a_suite_without_a_file_has_failed() {
        let folder = tempfile::tempdir().unwrap();
        let row = Row::read("sqlite", &folder.path().join("row"), Count::default()).unwrap();
        assert_eq!((&row.backend[..], row.failed), ("sqlite", 1));
    }

    #[test]
    fn a_stand_in_is_named_below_the_table() {
        let row = Row {
            backend: "cockroachdb".to_owned(),
            stands_in: Some("PostgreSQL".to_owned()),
            ..Row::default()
        };
        assert!(row.notes()[0].contains("PostgreSQL"));
    }
}
