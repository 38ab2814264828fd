//! The conformance suite over the backends, and one row for each.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::Result;
use crate::shell::{self, Count};

/// Run the conformance suite on backends and print a row for each.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A backend, or `all`. May be repeated.
    #[arg(long, default_value = "all")]
    backend: Vec<String>,
    /// Write the rows to this file, as a JSON array.
    #[arg(long)]
    json: Option<PathBuf>,
    /// Go on with the next backend after one has failed.
    #[arg(long)]
    keep_going: bool,
    /// The large tier: full concurrency, long runs.
    #[arg(long)]
    soak: bool,
    /// Only trials whose name contains this.
    filter: Option<String>,
}

/// Where the suite of a backend is.
struct Suite {
    backend: &'static str,
    package: &'static str,
    test: &'static str,
}

const SUITES: [Suite; 2] = [
    Suite {
        backend: "memory",
        package: "feast-registry-conformance",
        test: "memory",
    },
    Suite {
        backend: "sqlite",
        package: "feast-registry-sqlite",
        test: "conformance",
    },
];

/// The variable that tells a suite where to write its row.
pub(crate) const ROW_VARIABLE: &str = "FEAST_REGISTRY_CONFORMANCE_JSON";
/// The variable that asks a suite for the large tier.
pub(crate) const SOAK_VARIABLE: &str = "FEAST_REGISTRY_SOAK";

/// What became of a suite.
#[derive(Clone, Debug, Deserialize, Serialize)]
struct Row {
    backend: String,
    version: String,
    passed: usize,
    failed: usize,
    ignored: usize,
    seconds: f64,
    #[serde(default)]
    reasons: Vec<String>,
}

pub(crate) fn run(args: &Args) -> Result {
    let (_, rows) = conform(args)?;
    if rows.iter().any(|row| row.failed > 0) {
        return Err("the conformance suite failed".into());
    }
    Ok(())
}

/// Runs the suites of all backends that need no server, and counts their trials.
pub(crate) fn run_all(soak: bool) -> Result<Count> {
    let args = Args {
        backend: vec!["all".to_owned()],
        json: None,
        keep_going: true,
        soak,
        filter: None,
    };
    conform(&args).map(|(count, _)| count)
}

fn conform(args: &Args) -> Result<(Count, Vec<Row>)> {
    let folder = tempfile::tempdir()?;
    let mut count = Count::default();
    let mut rows = Vec::new();
    for suite in chosen(&args.backend)? {
        let file = folder.path().join(suite.backend);
        let (found, succeeded) = run_suite(suite, args, &file)?;
        count += found;
        rows.push(row(suite, &file, found, succeeded)?);
        if !succeeded && !args.keep_going {
            break;
        }
    }
    print_table(&rows);
    if let Some(json) = &args.json {
        let file = std::env::current_dir()?.join(json);
        fs::write(&file, serde_json::to_string_pretty(&rows)?)
            .map_err(|error| format!("{}: {error}", file.display()))?;
    }
    // A suite that crashed has counted no failure of its own.
    count.failed = count.failed.max(rows.iter().map(|row| row.failed).sum());
    Ok((count, rows))
}

fn chosen(names: &[String]) -> Result<Vec<&'static Suite>> {
    let mut chosen = Vec::new();
    for name in names {
        let found: Vec<_> = SUITES
            .iter()
            .filter(|suite| name == "all" || name == suite.backend)
            .collect();
        if found.is_empty() {
            let known: Vec<_> = SUITES.iter().map(|suite| suite.backend).collect();
            return Err(format!(
                "there is no backend `{name}`; known are {} and all",
                known.join(", ")
            )
            .into());
        }
        chosen.extend(found);
    }
    Ok(chosen)
}

fn run_suite(suite: &Suite, args: &Args, row: &Path) -> Result<(Count, bool)> {
    let mut command = shell::cargo(&[
        "test",
        "--quiet",
        "--package",
        suite.package,
        "--test",
        suite.test,
        "--",
    ]);
    command.args(&args.filter).env(ROW_VARIABLE, row);
    if args.soak {
        command.env(SOAK_VARIABLE, "1");
    }
    shell::tests(command)
}

fn row(suite: &Suite, file: &Path, count: Count, succeeded: bool) -> Result<Row> {
    match fs::read(file) {
        Ok(row) => Ok(serde_json::from_slice(&row)?),
        Err(_) => Ok(Row {
            backend: suite.backend.to_owned(),
            version: "did not run to its end".to_owned(),
            passed: count.passed,
            failed: count.failed.max(usize::from(!succeeded)),
            ignored: count.ignored,
            seconds: 0.0,
            reasons: Vec::new(),
        }),
    }
}

fn print_table(rows: &[Row]) {
    println!(
        "\n{:<12} {:<28} {:>7} {:>7} {:>8} {:>8}",
        "backend", "version", "passed", "failed", "ignored", "seconds"
    );
    for row in rows {
        let Row {
            backend,
            version,
            passed,
            failed,
            ignored,
            seconds,
            ..
        } = row;
        println!("{backend:<12} {version:<28} {passed:>7} {failed:>7} {ignored:>8} {seconds:>8.1}");
    }
    for row in rows {
        for reason in &row.reasons {
            println!("ignored on {}: {reason}", row.backend);
        }
    }
}
