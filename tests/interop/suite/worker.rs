//! This program again, as one of several processes that use one registry.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};
use tokio::runtime::Builder;

use crate::keeper::Location;
use crate::reader;
use crate::time::interval;

/// The variable with what a worker has to do, as JSON.
const VARIABLE: &str = "FEAST_REGISTRY_INTEROP_WORKER";

/// A view, in a project of a registry.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) location: &'a Location,
    pub(crate) project: &'a str,
    pub(crate) view: &'a str,
}

/// A process that has opened the registry and waits for the word to begin.
pub(crate) struct Worker {
    child: Child,
    words: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Worker {
    /// Starts a process that will add `calls` intervals, from this number on.
    pub(crate) fn writer(place: Place<'_>, first: i64, calls: i64) -> Self {
        Worker::start(place, &json!({"first": first, "calls": calls}))
    }

    /// Starts a process that reads the whole registry again and again, until it is finished.
    pub(crate) fn reader(place: Place<'_>) -> Self {
        Worker::start(place, &json!({}))
    }

    fn start(place: Place<'_>, what: &Value) -> Self {
        let Place {
            location,
            project,
            view,
        } = place;
        let mut task = json!({"url": location.url, "project": project, "view": view, "what": what});
        task["emulator"] = json!(location.emulator);
        let mut child = Command::new(std::env::current_exe().unwrap())
            .env(VARIABLE, task.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let words = child.stdin.take();
        let answers = BufReader::new(child.stdout.take().unwrap());
        let mut worker = Worker {
            child,
            words,
            answers,
        };
        assert_eq!(worker.answer().as_deref(), Some("ready"));
        worker
    }

    pub(crate) fn begin(&mut self) {
        writeln!(self.words.as_mut().unwrap(), "begin").unwrap();
    }

    /// Waits for the next that it reports; `None` if it has ended.
    pub(crate) fn report(&mut self) -> Option<i64> {
        self.answer()?.parse().ok()
    }

    /// Waits for its end: what it has reported since. A reader is told to end.
    pub(crate) fn finish(mut self) -> Vec<i64> {
        self.words = None;
        let reports = self.reports();
        assert!(self.child.wait().unwrap().success());
        reports
    }

    /// Kills it with SIGKILL: what it had reported since.
    pub(crate) fn kill(mut self) -> Vec<i64> {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.reports()
    }

    fn reports(&mut self) -> Vec<i64> {
        std::iter::from_fn(|| self.report()).collect()
    }

    fn answer(&mut self) -> Option<String> {
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        line.strip_suffix('\n').map(str::to_owned)
    }
}

/// Whether this process is a worker.
pub(crate) fn is_asked_for() -> bool {
    std::env::var_os(VARIABLE).is_some()
}

/// Does what the variable says, as fast as it can.
pub(crate) fn work() {
    let task: Value = serde_json::from_str(&std::env::var(VARIABLE).unwrap()).unwrap();
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let what = &task["what"];
        match (what["first"].as_i64(), what["calls"].as_i64()) {
            (Some(first), Some(calls)) => materialise(&task, first, calls).await,
            _ => read(&task).await,
        }
    });
}

fn text<'a>(task: &'a Value, key: &str) -> &'a str {
    task[key].as_str().unwrap()
}

fn location(task: &Value) -> Location {
    Location {
        url: text(task, "url").to_owned(),
        emulator: task["emulator"].as_str().map(str::to_owned),
    }
}

/// Reports the number of every interval that is acknowledged.
async fn materialise(task: &Value, first: i64, calls: i64) {
    let registry = location(task).open().await;
    answer("ready");
    std::io::stdin().read_line(&mut String::new()).unwrap();
    for index in first..first + calls {
        let [start, end] = interval(index);
        registry
            .apply_materialization(text(task, "project"), text(task, "view"), start, end)
            .await
            .unwrap();
        answer(&index.to_string());
    }
    registry.close().await.unwrap();
}

/// Reports how often it has read.
async fn read(task: &Value) {
    let registry = location(task).open().await;
    let mut reader =
        reader::Reader::new(&registry, text(task, "project"), text(task, "view")).await;
    answer("ready");
    let told = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&told);
    std::thread::spawn(move || {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        flag.store(true, Ordering::SeqCst);
    });
    while !told.load(Ordering::SeqCst) {
        reader.read(&registry).await;
    }
    answer(&reader.reads.to_string());
    registry.close().await.unwrap();
}

fn answer(line: &str) {
    let line = format!("{line}\n");
    std::io::stdout().write_all(line.as_bytes()).unwrap();
}
