//! The suite as a test program.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use libtest_mimic::{Arguments, Completion, Conclusion, Failed};
use serde::Serialize;
use tokio::runtime::{Builder, Runtime};

use crate::check::{Checked, Failure};
use crate::context::{Context, Facts, Settings};
use crate::harness::Harness;
use crate::suite::{self, Verdict};
use crate::trial::Trial;
use crate::{trials, worker};

/// Where the summary goes, as an alternative to the flag.
const JSON_VARIABLE: &str = "FEAST_REGISTRY_CONFORMANCE_JSON";
const JSON_FLAG: &str = "--summary-json";
/// What Rust's own test programs exit with when a test fails.
const FAILED: u8 = 101;

/// How many trials were ignored for which reason.
type Reasons = Arc<Mutex<BTreeMap<String, usize>>>;

/// One backend's row in the table of results.
#[derive(Debug, Serialize)]
struct Row<'a> {
    backend: &'a str,
    version: &'a str,
    passed: u64,
    failed: u64,
    ignored: u64,
    seconds: f64,
    reasons: Vec<String>,
}

/// Runs the suite on a harness as a test program: reads the arguments, prints the results.
pub fn run(harness: impl Harness) -> ExitCode {
    let harness: Arc<dyn Harness> = Arc::new(harness);
    match start(harness) {
        Ok(code) => code,
        Err(failure) => {
            let _ = writeln!(std::io::stderr(), "error: {}", failure.into_message());
            ExitCode::from(FAILED)
        }
    }
}

fn start(harness: Arc<dyn Harness>) -> Checked<ExitCode> {
    let runtime = Builder::new_multi_thread()
        .worker_threads(4)
        .enable_all()
        .build()?;
    if let Some(order) = worker::order()? {
        return Ok(worker::run(&runtime, &*harness, order));
    }
    let (arguments, json) = arguments(std::env::args_os())?;
    if arguments.list {
        return Ok(libtest_mimic::run(&arguments, listed()).exit_code());
    }
    try_all(&runtime, harness, &arguments, json)
}

fn try_all(
    runtime: &Runtime,
    harness: Arc<dyn Harness>,
    arguments: &Arguments,
    json: Option<PathBuf>,
) -> Checked<ExitCode> {
    let all = trials::all();
    suite::check_waivers(&*harness, &all)?;
    let facts = runtime
        .block_on(Facts::ask(&*harness))
        .map_err(|error| Failure::from(error).context("no store to try"))?;
    let facts = Arc::new(facts);
    let settings = Settings {
        workers: true,
        ..Settings::from_env()
    };
    let reasons = Reasons::default();
    let trials = all
        .into_iter()
        .map(|trial| {
            let context = Context::new(Arc::clone(&harness), Arc::clone(&facts), settings);
            runnable(runtime, trial, context, &reasons)
        })
        .collect();
    let began = Instant::now();
    let conclusion = libtest_mimic::run(arguments, trials);
    if let Some(path) = json {
        let row = Row {
            backend: harness.name(),
            version: &facts.version,
            passed: conclusion.num_passed,
            failed: conclusion.num_failed,
            ignored: conclusion.num_ignored,
            seconds: began.elapsed().as_secs_f64(),
            reasons: sentences(&reasons),
        };
        fs::write(&path, serde_json::to_vec_pretty(&row)?)
            .map_err(|error| Failure::from(error).context(path.display()))?;
    }
    check_any(arguments, &conclusion)?;
    Ok(conclusion.exit_code())
}

fn sentences(reasons: &Reasons) -> Vec<String> {
    let reasons = reasons.lock().unwrap_or_else(PoisonError::into_inner);
    let sentence = |(reason, count): (&String, &usize)| format!("{reason} ({count} trials)");
    reasons.iter().map(sentence).collect()
}

/// A suite that tries nothing must not look like one that found nothing.
fn check_any(arguments: &Arguments, conclusion: &Conclusion) -> Checked {
    ensure!(
        arguments.filter.is_some() || conclusion.num_passed + conclusion.num_failed > 0,
        "no trial was run"
    );
    Ok(())
}

fn runnable(
    runtime: &Runtime,
    trial: Trial,
    context: Context,
    reasons: &Reasons,
) -> libtest_mimic::Trial {
    let handle = runtime.handle().clone();
    let reasons = Arc::clone(reasons);
    libtest_mimic::Trial::ignorable_test(trial.name().to_owned(), move || {
        match handle.block_on(suite::judge(&trial, context)) {
            Verdict::Passed => Ok(Completion::Completed),
            Verdict::Failed(why) => Err(Failed::from(why)),
            Verdict::Ignored(reason) => {
                let mut reasons = reasons.lock().unwrap_or_else(PoisonError::into_inner);
                *reasons.entry(reason.clone()).or_default() += 1;
                Ok(Completion::ignored_with(reason))
            }
        }
    })
}

/// The trials by name only: listing them needs no database.
fn listed() -> Vec<libtest_mimic::Trial> {
    trials::all()
        .iter()
        .map(|trial| libtest_mimic::Trial::test(trial.name(), || Ok(())))
        .collect()
}

/// The arguments of a Rust test program, and the one of our own.
fn arguments(given: impl Iterator<Item = OsString>) -> Checked<(Arguments, Option<PathBuf>)> {
    let mut json = std::env::var_os(JSON_VARIABLE).map(PathBuf::from);
    let mut rest = Vec::new();
    let mut given = given;
    while let Some(argument) = given.next() {
        let text = argument.to_string_lossy();
        if text == JSON_FLAG {
            let Some(path) = given.next() else {
                return Err(Failure::new(format_args!("{JSON_FLAG} needs a file")));
            };
            json = Some(path.into());
        } else if let Some(path) = text.strip_prefix(&format!("{JSON_FLAG}=")) {
            json = Some(path.into());
        } else {
            rest.push(argument);
        }
    }
    Ok((Arguments::from_iter(rest), json))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::harness::{MemoryHarness, Opened};

    fn parse(given: &[&str]) -> Checked<(Arguments, Option<PathBuf>)> {
        arguments(["suite"].iter().chain(given).map(OsString::from))
    }

    #[test]
    fn the_file_of_the_summary_is_taken_out_of_the_arguments() {
        let file = Some(PathBuf::from("row.json"));
        for given in [
            &["--summary-json", "row.json", "crud", "--exact"][..],
            &["crud", "--summary-json=row.json", "--exact"],
        ] {
            let (arguments, json) = parse(given).unwrap();
            assert_eq!(json, file);
            assert_eq!(arguments.filter.as_deref(), Some("crud"));
            assert!(arguments.exact);
        }
        assert!(parse(&["--summary-json"]).is_err());
    }

    #[test]
    fn no_trial_is_a_failure_unless_a_filter_was_given() {
        let nothing = Conclusion {
            num_filtered_out: 9,
            num_passed: 0,
            num_failed: 0,
            num_ignored: 1,
            num_measured: 0,
        };
        let (arguments, _) = parse(&["--skip", "::"]).unwrap();
        assert!(check_any(&arguments, &nothing).is_err());
        let (arguments, _) = parse(&["crud::nothing"]).unwrap();
        assert!(check_any(&arguments, &nothing).is_ok());
    }

    struct Waiving;

    #[async_trait::async_trait]
    impl Harness for Waiving {
        fn name(&self) -> &str {
            "waiving"
        }

        async fn open(&self) -> feast_registry_core::Result<Opened> {
            MemoryHarness.open().await
        }

        fn waivers(&self) -> &[crate::Waiver] {
            &[("crud::hologram::is_there", "not yet")]
        }
    }

    #[test]
    fn a_waiver_of_a_trial_that_does_not_exist_is_a_failure() {
        assert!(suite::check_waivers(&Waiving, &trials::all()).is_err());
        assert!(suite::check_waivers(&MemoryHarness, &trials::all()).is_ok());
    }
}
