//! Other processes: this very program, run again with an order in its environment.
//!
//! A worker opens the store, says `ready`, waits for a line, does its job and prints a line for
//! each thing that was acknowledged. So workers start together without anybody's sleeping, and
//! what a killed worker had promised is known.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitCode, Stdio};
use std::sync::Arc;

use feast_registry_core::store::SchemaMode;
use feast_registry_core::{ErrorKind, Kind, Registry, RegistryOptions, Store};
use futures::future::try_join_all;
use serde::{Deserialize, Serialize};
use tokio::runtime::Runtime;

use crate::check::{Checked, Failure};
use crate::harness::Harness;
use crate::history::Writer;
use crate::history::projects::Settler;
use crate::samples::{self, Sample};

const VARIABLE: &str = "FEAST_REGISTRY_CONFORMANCE_WORKER";
const READY: &str = "ready";

/// What a worker is to do, and where.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Order {
    pub(crate) location: String,
    pub(crate) job: Job,
}

/// What a worker does.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Job {
    /// Makes the store ready for use.
    Initialize,
    /// Records materialisations of one view.
    Materialize {
        project: String,
        view: String,
        worker: usize,
        times: usize,
    },
    /// Applies definitions that differ from all others: each makes a version.
    Redefine {
        project: String,
        view: String,
        worker: usize,
        times: usize,
    },
    /// Claims a name for a view of some kind and prints whether it got it.
    Claim {
        project: String,
        view: String,
        kind: String,
    },
    /// Runs writers at once and prints what each of their operations was told.
    Mix(Vec<Writer>),
    /// The same for those that create and delete projects.
    Settle(Vec<Settler>),
    /// Creates pairs of entities until it is killed, and prints the number of each pair.
    Append { project: String, prefix: String },
}

/// The order in the environment, if this process is a worker.
pub(crate) fn order() -> Checked<Option<Order>> {
    match std::env::var(VARIABLE) {
        Ok(text) => Ok(Some(serde_json::from_str(&text)?)),
        Err(_) => Ok(None),
    }
}

/// Does what the order says.
pub(crate) fn run(runtime: &Runtime, harness: &dyn Harness, order: Order) -> ExitCode {
    match runtime.block_on(work(harness, order)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            let _ = writeln!(std::io::stderr(), "{}", failure.into_message());
            ExitCode::FAILURE
        }
    }
}

async fn work(harness: &dyn Harness, order: Order) -> Checked {
    let store = harness.reopen(&order.location).await?;
    say(READY)?;
    std::io::stdin().lock().read_line(&mut String::new())?;
    let result = job(&store, order.job).await;
    store.close().await?;
    result
}

async fn job(store: &Arc<dyn Store>, job: Job) -> Checked {
    if matches!(job, Job::Initialize) {
        store.initialize(SchemaMode::Auto).await?;
        return Ok(());
    }
    let registry = Registry::open(Arc::clone(store), RegistryOptions::default()).await?;
    match job {
        Job::Initialize => {}
        Job::Materialize {
            project,
            view,
            worker,
            times,
        } => {
            for round in 0..times {
                let (start, end) = samples::interval(worker, round);
                registry
                    .apply_materialization(&project, &view, start, end)
                    .await?;
            }
        }
        Job::Redefine {
            project,
            view,
            worker,
            times,
        } => {
            let sample = Sample::new(Kind::FeatureView, &project, &view);
            for round in 0..times {
                let feature = format!("feature_{worker}_{round}");
                let outcome = registry.apply(sample.redefined(&feature).apply()).await?;
                say(&format!("{} {feature}", outcome.version.unwrap_or(-1)))?;
            }
        }
        Job::Claim {
            project,
            view,
            kind,
        } => {
            let sample = Sample::new(kind.parse()?, &project, &view);
            match registry.apply(sample.apply()).await {
                Ok(_) => say("won")?,
                Err(error) if error.kind() == ErrorKind::NameConflict => say("lost")?,
                Err(error) => return Err(error.into()),
            }
        }
        Job::Mix(writers) => tell(writers.into_iter().map(|w| w.run(registry.clone()))).await?,
        Job::Settle(settlers) => {
            tell(settlers.into_iter().map(|s| s.run(registry.clone()))).await?
        }
        Job::Append { project, prefix } => {
            for number in 0.. {
                let pair = samples::pair(&project, &prefix, number);
                registry.commit(pair.into()).await?;
                say(&number.to_string())?;
            }
        }
    }
    Ok(())
}

/// Runs writers at once and says what each of their operations was told.
async fn tell<E, R>(runs: impl Iterator<Item = R>) -> Checked
where
    E: Serialize + Send + 'static,
    R: Future<Output = Checked<Vec<E>>> + Send + 'static,
{
    for events in try_join_all(runs.map(spawned)).await? {
        for event in events {
            say(&serde_json::to_string(&event)?)?;
        }
    }
    Ok(())
}

async fn spawned<T: Send + 'static>(
    work: impl Future<Output = Checked<T>> + Send + 'static,
) -> Checked<T> {
    tokio::spawn(work).await?
}

/// A pipe takes a line of this length whole, so a line that arrives was meant.
fn say(line: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(format!("{line}\n").as_bytes())?;
    out.flush()
}

/// A worker process that is ready. Dropping it kills it. All methods block.
#[derive(Debug)]
pub(crate) struct Worker {
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
}

impl Worker {
    /// Starts a worker and waits until it is ready.
    pub(crate) fn start(order: &Order) -> Checked<Worker> {
        let mut child = Command::new(std::env::current_exe()?)
            .env(VARIABLE, serde_json::to_string(order)?)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let (Some(stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(Failure::new("a worker without pipes"));
        };
        let mut worker = Worker {
            child,
            stdin,
            stdout: BufReader::new(stdout),
        };
        let line = worker.line()?;
        ensure_eq!(line.as_deref(), Some(READY), "a worker did not get ready");
        Ok(worker)
    }

    /// Lets the worker begin.
    pub(crate) fn go(&mut self) -> Checked {
        self.stdin.write_all(b"go\n")?;
        Ok(self.stdin.flush()?)
    }

    /// The next whole line that the worker says; `None` once it says no more.
    pub(crate) fn line(&mut self) -> Checked<Option<String>> {
        let mut line = String::new();
        self.stdout.read_line(&mut line)?;
        Ok(line.strip_suffix('\n').map(str::to_owned))
    }

    /// What the worker says until its end, which must be a good one.
    pub(crate) fn finish(mut self) -> Checked<Vec<String>> {
        let lines = self.rest()?;
        let status = self.child.wait()?;
        ensure!(status.success(), "a worker failed: {status}");
        Ok(lines)
    }

    /// Kills the worker where it stands: what it had still said.
    pub(crate) fn kill(mut self) -> Checked<Vec<String>> {
        self.child.kill()?;
        self.child.wait()?;
        self.rest()
    }

    fn rest(&mut self) -> Checked<Vec<String>> {
        let mut lines = Vec::new();
        while let Some(line) = self.line()? {
            lines.push(line);
        }
        Ok(lines)
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs workers that begin at the same moment, and collects what each of them says.
pub(crate) async fn together(orders: Vec<Order>) -> Checked<Vec<Vec<String>>> {
    blocking(move || {
        let mut workers = orders
            .iter()
            .map(Worker::start)
            .collect::<Checked<Vec<_>>>()?;
        for worker in &mut workers {
            worker.go()?;
        }
        workers.into_iter().map(Worker::finish).collect()
    })
    .await
}

/// Runs what blocks beside the tasks of the runtime.
pub(crate) async fn blocking<T: Send + 'static>(
    run: impl FnOnce() -> Checked<T> + Send + 'static,
) -> Checked<T> {
    tokio::task::spawn_blocking(run).await?
}
