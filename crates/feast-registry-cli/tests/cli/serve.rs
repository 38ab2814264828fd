//! The server as a command: what it says, and what it takes.

use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader, Read as _};
use std::os::unix::fs::symlink;
use std::process::{Child, Command, Stdio};

use crate::runner::Folder;

/// A server that runs until this is dropped.
struct Serving {
    child: Child,
    /// What it said when it began.
    greeting: String,
}

impl Serving {
    /// Starts it, and reads until it has said how clients get there.
    fn start(mut command: Command) -> Self {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.as_mut().unwrap()).lines();
        let mut greeting = String::new();
        while !greeting.contains("  path: ") {
            match lines.next() {
                Some(line) => greeting += &(line.unwrap() + "\n"),
                None => break,
            }
        }
        Serving { child, greeting }
    }

    /// Ends it; what it logged.
    fn end(mut self) -> String {
        self.child.kill().unwrap();
        let mut log = String::new();
        let mut stderr = self.child.stderr.take().unwrap();
        stderr.read_to_string(&mut log).unwrap();
        log
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Another program, in the same folder and environment as the binary.
fn program(folder: &Folder, name: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(name);
    command.current_dir(folder.path()).stdin(Stdio::null());
    for (name, value) in folder.command().get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command
}

fn serve(folder: &Folder, args: &str) -> Command {
    let mut command = folder.command();
    command.args(["serve", "--port", "0"]);
    command.args(args.split_whitespace());
    command
}

#[test]
fn the_demo_fills_every_kind_and_says_how_clients_get_there() {
    let folder = Folder::new();
    let serving = Serving::start(serve(&folder, "--demo --host 127.0.0.1"));
    for line in [
        "serving sqlite:///registry.db on 127.0.0.1:",
        "project: rides\n",
        "provider: local\n",
        "  registry_type: remote\n  path: 127.0.0.1:",
    ] {
        assert!(serving.greeting.contains(line), "{}", serving.greeting);
    }
    assert_eq!(serving.end(), "");
    for kind in [
        "projects",
        "entities",
        "data-sources",
        "feature-views",
        "stream-feature-views",
        "on-demand-feature-views",
        "label-views",
        "feature-services",
        "saved-datasets",
        "validation-references",
        "permissions",
    ] {
        let listed = folder.cli(&format!("{kind} list -o json")).json();
        assert!(!listed.as_array().unwrap().is_empty(), "{kind}");
    }
}

#[test]
fn a_link_named_feast_takes_the_command_of_feast() {
    let folder = Folder::new();
    let feast = folder.path().join("feast");
    symlink(folder.command().get_program(), &feast).unwrap();
    let mut command = program(&folder, &feast);
    command.args(["-o", "table", "serve_registry", "-p", "0", "--grpc"]);
    command.env("FEAST_REGISTRY_SERVE_METRICS_PORT", "0");
    let serving = Serving::start(command);
    assert!(
        serving
            .greeting
            .contains("serving sqlite:///registry.db on "),
        "{}",
        serving.greeting
    );
    // What the command of Feast has no option for is said by variables.
    assert!(
        serving.greeting.contains("metrics on "),
        "{}",
        serving.greeting
    );
    let log = serving.end();
    assert!(
        log.contains("there is no TLS and no authentication"),
        "{log}"
    );
    assert!(!log.contains("has no effect"), "{log}");
}

#[test]
fn a_server_that_others_can_reach_without_tls_warns() {
    let folder = Folder::new();
    let open = Serving::start(serve(&folder, "--host 0.0.0.0")).end();
    assert!(open.contains("warning: whoever reaches 0.0.0.0:"), "{open}");
    let loopback = Serving::start(serve(&folder, "--host 127.0.0.1")).end();
    assert_eq!(loopback, "");
}

#[test]
fn a_project_is_protected_if_the_variable_says_so() {
    let folder = Folder::new();
    let tags = |said: &str| {
        let mut command = serve(&folder, "--demo --project rides");
        command.env("FEAST_PROTECTED_PROJECT", said);
        Serving::start(command).end();
        folder.cli("projects describe rides -o json").json()["spec"]["tags"].clone()
    };
    let tag = "feast.dev/protected-project";
    assert_eq!(tags("True")[tag], "true");
    assert!(tags("false")[tag].is_null());
}

#[test]
fn a_protection_of_no_project_is_refused() {
    let folder = Folder::new();
    let mut command = serve(&folder, "");
    command.env("FEAST_PROTECTED_PROJECT", "true");
    let output = command.output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(told.contains("FEAST_PROTECTED_PROJECT"), "{told}");
    assert!(told.contains("hint: set `project`"), "{told}");
}

#[test]
fn connections_are_as_many_as_files_may_be_open() {
    let folder = Folder::new();
    let ours = serve(&folder, "");
    let mut shell = program(&folder, "sh");
    shell.args(["-c", "ulimit -n 500 && exec \"$0\" \"$@\""]);
    shell.arg(ours.get_program()).args(ours.get_args());
    let log = Serving::start(shell).end();
    assert!(log.contains("at most 300 connections are taken"), "{log}");
}
