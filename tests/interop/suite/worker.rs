//! This program again, as one of several processes that materialise one view.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdout, Command, Stdio};

use serde_json::{Value, json};
use tokio::runtime::Builder;

use crate::time::interval;

/// The variable with what a worker has to do, as JSON.
const VARIABLE: &str = "FEAST_REGISTRY_INTEROP_WORKER";

/// A view, in a project of a database.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) url: &'a str,
    pub(crate) project: &'a str,
    pub(crate) view: &'a str,
}

/// A process that has opened the registry and waits for the word to begin.
pub(crate) struct Worker {
    child: Child,
    answers: BufReader<ChildStdout>,
}

impl Worker {
    /// Starts a process that will add `calls` intervals, from this number on.
    pub(crate) fn start(place: Place<'_>, first: i64, calls: i64) -> Self {
        let Place { url, project, view } = place;
        let task =
            json!({"url": url, "project": project, "view": view, "first": first, "calls": calls});
        let mut child = Command::new(std::env::current_exe().unwrap())
            .env(VARIABLE, task.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let answers = BufReader::new(child.stdout.take().unwrap());
        let mut worker = Worker { child, answers };
        assert_eq!(worker.answer(), "ready");
        worker
    }

    pub(crate) fn begin(&mut self) {
        let mut words = self.child.stdin.take().unwrap();
        writeln!(words, "begin").unwrap();
    }

    /// Waits for its end: how many calls were acknowledged.
    pub(crate) fn finish(mut self) -> i64 {
        let acknowledged = self.answer().parse().unwrap();
        assert!(self.child.wait().unwrap().success());
        acknowledged
    }

    fn answer(&mut self) -> String {
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        line.trim().to_owned()
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
    let acknowledged = runtime.block_on(materialise(&task));
    answer(&acknowledged.to_string());
}

async fn materialise(task: &Value) -> i64 {
    let text = |key: &str| task[key].as_str().unwrap();
    let number = |key: &str| task[key].as_i64().unwrap();
    let registry = feast_registry::open_url(text("url")).await.unwrap();
    answer("ready");
    std::io::stdin().read_line(&mut String::new()).unwrap();
    for index in number("first")..number("first") + number("calls") {
        let [start, end] = interval(index);
        let view = text("view");
        registry
            .apply_materialization(text("project"), view, start, end)
            .await
            .unwrap();
    }
    registry.close().await.unwrap();
    number("calls")
}

fn answer(line: &str) {
    let line = format!("{line}\n");
    std::io::stdout().write_all(line.as_bytes()).unwrap();
}
