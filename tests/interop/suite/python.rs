//! Running the scripts beside this suite, with the Python that has Feast.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Mutex;

use serde_json::{Value, json};

/// The variable that says which Python has Feast.
pub(crate) const VARIABLE: &str = "FEAST_REGISTRY_INTEROP_PYTHON";

/// Interpreters that have Feast imported and nothing to do. Importing it takes seconds.
static IDLE: Mutex<Vec<Interpreter>> = Mutex::new(Vec::new());

/// Runs a script and returns the document that it prints.
///
/// Several threads may do so at once: each gets an interpreter of its own.
pub(crate) fn run(script: &str, arguments: &[&str]) -> Value {
    match try_run(script, arguments) {
        Ok(document) => document,
        Err(traceback) => panic!("{script} {arguments:?} failed:\n{traceback}"),
    }
}

/// Runs a script; if it raises, the traceback is the error.
pub(crate) fn try_run(script: &str, arguments: &[&str]) -> Result<Value, String> {
    let mut interpreter = idle();
    let answer = interpreter.call(script, arguments);
    IDLE.lock().unwrap().push(interpreter);
    answer
}

/// Runs a script in a process that has run nothing else and will not.
pub(crate) fn run_in_another_process(script: &str, arguments: &[&str]) -> Value {
    let answer = Interpreter::start().call(script, arguments);
    answer.unwrap_or_else(|traceback| panic!("{script} {arguments:?} failed:\n{traceback}"))
}

/// Makes sure that the next script starts at once.
pub(crate) fn warm_up() {
    let interpreter = idle();
    IDLE.lock().unwrap().push(interpreter);
}

fn idle() -> Interpreter {
    let idle = IDLE.lock().unwrap().pop();
    idle.unwrap_or_else(Interpreter::start)
}

/// The Python that has Feast.
pub(crate) fn executable() -> PathBuf {
    std::env::var_os(VARIABLE)
        .map(PathBuf::from)
        .unwrap_or_else(|| {
            panic!("{VARIABLE} is not set, so nothing can be tested: run `cargo xtask interop`")
        })
}

/// Where the scripts are.
pub(crate) fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("python")
}

/// Feast's own command, in a folder.
pub(crate) fn feast(folder: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new(executable().with_file_name("feast"));
    command
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null());
    output(command.env("FEAST_USAGE", "False"))
}

/// What a command prints; its failure fails the test.
pub(crate) fn output(command: &mut Command) -> String {
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{command:?}: {}\n{printed}{said}",
        output.status
    );
    printed
}

/// A Python process that runs scripts on request.
struct Interpreter {
    child: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
    log: File,
}

impl Interpreter {
    fn start() -> Self {
        let log = tempfile::tempfile().unwrap();
        let mut child = Command::new(executable())
            .arg(scripts().join("serve.py"))
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log.try_clone().unwrap())
            .spawn()
            .unwrap_or_else(|error| {
                panic!("{} cannot be started: {error}", executable().display())
            });
        let requests = child.stdin.take().unwrap();
        let answers = BufReader::new(child.stdout.take().unwrap());
        let mut interpreter = Interpreter {
            child,
            requests,
            answers,
            log,
        };
        interpreter.answer("while it imported Feast");
        interpreter
    }

    fn call(&mut self, script: &str, arguments: &[&str]) -> Result<Value, String> {
        let request: Vec<&str> = std::iter::once(script)
            .chain(arguments.iter().copied())
            .collect();
        let what = format!("in {script} {arguments:?}");
        if writeln!(self.requests, "{}", json!(request)).is_err() {
            self.fail(&what);
        }
        let mut answer = self.answer(&what);
        match answer["error"].as_str() {
            Some(traceback) => Err(traceback.to_owned()),
            None => Ok(answer["ok"].take()),
        }
    }

    /// One line of its output.
    fn answer(&mut self, what: &str) -> Value {
        let mut answer = String::new();
        if self.answers.read_line(&mut answer).is_err() || answer.is_empty() {
            self.fail(what);
        }
        serde_json::from_str(&answer).unwrap()
    }

    fn fail(&mut self, what: &str) -> ! {
        let mut log = String::new();
        self.log.rewind().unwrap();
        self.log.read_to_string(&mut log).unwrap();
        panic!("Python ended {what}: {:?}\n{log}", self.child.try_wait())
    }
}
