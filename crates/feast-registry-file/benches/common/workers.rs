//! This program again, as one of several processes that change one registry.

use std::env;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Instant;

use feast_registry_core::Registry;
use feast_registry_proto::prost_types::Timestamp;
use serde_json::{Value, json};
use tokio::runtime::Builder;
use tokio::task::JoinSet;

use super::counted::{Counted, Counts};
use super::{Open, PROJECT, large, registry, sample};

/// The variable with what a process has to do, as JSON.
const VARIABLE: &str = "FEAST_REGISTRY_BENCH_WORKER";

/// Does what this process was started for; whether it was started for anything.
pub(crate) fn work(open: Open) -> bool {
    let Ok(task) = env::var(VARIABLE) else {
        return false;
    };
    let task: Value = serde_json::from_str(&task).unwrap();
    let blob = open(task["location"].as_str().unwrap());
    let runtime = Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let done = runtime.block_on(async {
        match task["calls"].as_i64() {
            Some(calls) => materialise(&Counted::new(blob), &task, calls).await,
            None => large::change(blob).await,
        }
    });
    say(&done);
    true
}

fn say(words: &Value) {
    let line = format!("{words}\n");
    std::io::stdout().write_all(line.as_bytes()).unwrap();
}

async fn materialise(blob: &Arc<Counted>, task: &Value, calls: i64) -> Value {
    let registry = registry(Arc::clone(blob) as _).await;
    let first = task["first"].as_i64().unwrap();
    say(&json!("ready"));
    std::io::stdin().read_line(&mut String::new()).unwrap();
    let next = Arc::new(AtomicI64::new(0));
    let mut tasks = JoinSet::new();
    for _ in 0..task["tasks"].as_i64().unwrap() {
        tasks.spawn(add_intervals(
            registry.clone(),
            Arc::clone(&next),
            first,
            calls,
        ));
    }
    tasks.join_all().await;
    let counts = blob.counts();
    json!([counts.puts, counts.conflicts, counts.sent, counts.received])
}

/// Adds intervals, each an hour of its own, until all tasks together have made their calls.
async fn add_intervals(registry: Registry, next: Arc<AtomicI64>, first: i64, calls: i64) {
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        if number >= calls {
            return;
        }
        let [start, end] = [0, 1].map(|hour| Timestamp {
            seconds: 1_704_067_200 + (first + number + hour) * 3_600,
            nanos: 0,
        });
        let view = sample::name(0);
        registry
            .apply_materialization(PROJECT, &view, start, end)
            .await
            .unwrap();
    }
}

/// A process that has been told what to do.
pub(crate) struct Worker {
    child: Child,
    answers: BufReader<ChildStdout>,
}

impl Worker {
    pub(crate) fn start(task: &Value) -> Self {
        let mut child = Command::new(env::current_exe().unwrap())
            .env(VARIABLE, task.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let answers = BufReader::new(child.stdout.take().unwrap());
        Worker { child, answers }
    }

    fn begin(&mut self) {
        let mut words = self.child.stdin.take().unwrap();
        writeln!(words, "begin").unwrap();
    }

    /// The next that it says.
    pub(crate) fn answer(&mut self) -> Value {
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap()
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // It has ended, or something went wrong.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Has processes materialise one view at once, with so many tasks and calls each: what all did
/// together, and in how many seconds.
pub(crate) fn materialise_at_once(
    location: &str,
    [processes, tasks, calls]: [i64; 3],
) -> (Counts, f64) {
    let start = |process: i64| {
        Worker::start(&json!({
            "location": location,
            "first": 1_000 + process * calls,
            "tasks": tasks,
            "calls": calls,
        }))
    };
    let mut workers: Vec<Worker> = (0..processes).map(start).collect();
    for worker in &mut workers {
        assert_eq!(worker.answer(), "ready");
    }
    let begun = Instant::now();
    workers.iter_mut().for_each(Worker::begin);
    let mut all = Counts::default();
    for worker in &mut workers {
        let done = worker.answer();
        let count = |at: usize| done[at].as_u64().unwrap();
        all.puts += count(0);
        all.conflicts += count(1);
        all.sent += count(2);
        all.received += count(3);
    }
    (all, begun.elapsed().as_secs_f64())
}

/// How many intervals were added to the view.
pub(crate) async fn kept(location: &str, open: Open) -> usize {
    use feast_registry_core::Freshness;
    use feast_registry_proto::core::FeatureView;
    let registry = registry(open(location)).await;
    let view: FeatureView = registry
        .get_object(PROJECT, &sample::name(0), Freshness::Store)
        .await
        .unwrap();
    view.meta.unwrap().materialization_intervals.len() - sample::INTERVALS
}
