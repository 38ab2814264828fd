//! Running trials and judging them.

use std::sync::Arc;

use feast_registry_core::Result;
use futures::stream::{self, StreamExt};
use tokio::time::timeout;

use crate::check::{Checked, Failure};
use crate::context::{Context, Facts, Settings};
use crate::harness::Harness;
use crate::trial::Trial;
use crate::trials;

/// How many trials [`run_trials`] runs at once.
const AT_ONCE: usize = 4;

/// What became of one trial.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The store behaves.
    Passed,
    /// It does not, and how that was noticed.
    Failed(String),
    /// The trial says nothing about this store, and why.
    Ignored(String),
}

/// What became of some trials.
#[derive(Clone, Debug, Default)]
pub struct Report {
    verdicts: Vec<(String, Verdict)>,
}

impl Report {
    /// Every trial that was run, with its verdict, by name.
    pub fn verdicts(&self) -> &[(String, Verdict)] {
        &self.verdicts
    }

    /// The trials that failed, with the reason.
    pub fn failures(&self) -> impl Iterator<Item = (&str, &str)> {
        self.verdicts
            .iter()
            .filter_map(|(name, verdict)| match verdict {
                Verdict::Failed(why) => Some((name.as_str(), why.as_str())),
                _ => None,
            })
    }

    /// How many trials passed.
    pub fn passed(&self) -> usize {
        let passed = |(_, verdict): &&(String, Verdict)| *verdict == Verdict::Passed;
        self.verdicts.iter().filter(passed).count()
    }
}

/// The names of all trials.
pub fn trial_names() -> Vec<String> {
    let trials = trials::all();
    trials.iter().map(|trial| trial.name().to_owned()).collect()
}

/// Runs the trials whose name `chosen` picks, in the runtime of the caller, which must have
/// several threads.
///
/// This is for tests of the suite and of harnesses. Trials that need worker processes are ignored:
/// those run under [`run`](crate::run) only.
///
/// # Errors
///
/// Those of [`Harness::open`]: no store, no verdict.
pub async fn run_trials(harness: impl Harness, chosen: impl Fn(&str) -> bool) -> Result<Report> {
    let harness: Arc<dyn Harness> = Arc::new(harness);
    let facts = Arc::new(Facts::ask(&*harness).await?);
    let settings = Settings::from_env();
    let mut verdicts: Vec<(String, Verdict)> = stream::iter(trials::all())
        .filter(|trial| std::future::ready(chosen(trial.name())))
        .map(|trial| {
            let context = Context::new(Arc::clone(&harness), Arc::clone(&facts), settings);
            async move { (trial.name().to_owned(), judge(&trial, context).await) }
        })
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    verdicts.sort_unstable_by(|a, b| a.0.cmp(&b.0));
    Ok(Report { verdicts })
}

/// Runs one trial, waivers considered.
pub(crate) async fn judge(trial: &Trial, context: Context) -> Verdict {
    if let Some(obstacle) = trial.obstacle(&context) {
        return Verdict::Ignored(obstacle.to_owned());
    }
    let result = attempt(trial, &context).await;
    context.finish().await;
    let waivers = context.harness().waivers();
    let waiver = waivers.iter().find(|(name, _)| *name == trial.name());
    match (result, waiver) {
        (Ok(()), None) => Verdict::Passed,
        (Ok(()), Some((_, reason))) => Verdict::Failed(format!(
            "stale waiver: the trial passes, although it is waived because \"{reason}\""
        )),
        (Err(failure), None) => Verdict::Failed(failure.into_message()),
        (Err(_), Some((_, reason))) => Verdict::Ignored(format!("waived: {reason}")),
    }
}

/// In a task of its own, so that a panic is a failure like any other.
async fn attempt(trial: &Trial, context: &Context) -> Checked {
    let patience = context.patience();
    let run = timeout(patience, trial.start(context.clone()));
    match tokio::spawn(run).await {
        Ok(Ok(result)) => result,
        Ok(Err(_)) => Err(Failure::new(format_args!(
            "did not end within {} s",
            patience.as_secs()
        ))),
        Err(panicked) => Err(Failure::new(format_args!("panicked: {panicked}"))),
    }
}

/// Fails if a waiver names a trial that does not exist.
pub(crate) fn check_waivers(harness: &dyn Harness, trials: &[Trial]) -> Checked {
    for (name, _) in harness.waivers() {
        ensure!(
            trials.iter().any(|trial| trial.name() == *name),
            "the waiver of `{name}` names no trial"
        );
    }
    Ok(())
}
