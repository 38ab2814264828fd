//! Our server, as a process of its own.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::command;
use crate::database::Database;
use crate::python;

/// A server that runs until this is dropped.
pub(crate) struct Served {
    child: Child,
    address: String,
    url: String,
}

impl Served {
    /// Serves a database on a free port.
    pub(crate) fn start(database: &Database) -> Self {
        Served::with(database, &[])
    }

    /// The same with more options.
    pub(crate) fn with(database: &Database, options: &[&str]) -> Self {
        Served::configured(database, options, &[])
    }

    /// The same with variables in its environment.
    pub(crate) fn configured(
        database: &Database,
        options: &[&str],
        variables: &[(&str, &str)],
    ) -> Self {
        let mut serve = command::new();
        serve.envs(variables.iter().copied());
        serve.current_dir(database.folder());
        Served::run(serve, database.url(), options)
    }

    /// Serves what this URL names, which may not answer yet.
    pub(crate) fn at(url: &str) -> Self {
        Served::run(command::new(), url.to_owned(), &[])
    }

    /// The same, with more options and with a file that its log goes to.
    pub(crate) fn logged(url: &str, options: &[&str], log: &Path) -> Self {
        let mut serve = command::new();
        serve.stderr(File::create(log).unwrap());
        Served::run(serve, url.to_owned(), options)
    }

    fn run(mut serve: Command, url: String, options: &[&str]) -> Self {
        serve.args(["--registry", &url, "serve", "--host", "127.0.0.1"]);
        if !options.contains(&"--port") {
            serve.args(["--port", "0"]);
        }
        let (child, address) = start(serve.args(options));
        Served {
            child,
            address,
            url,
        }
    }

    /// `host:port`.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// Runs a script that goes through the server where it can.
    pub(crate) fn python(&self, script: &str, arguments: &[&str]) -> Value {
        python::run(script, &self.arguments(arguments))
    }

    /// The same in a process of its own.
    pub(crate) fn python_alone(&self, script: &str, arguments: &[&str]) -> Value {
        python::run_in_another_process(script, &self.arguments(arguments))
    }

    fn arguments<'a>(&'a self, more: &[&'a str]) -> Vec<&'a str> {
        let mut arguments = vec!["--path", &*self.url, "--remote", &*self.address];
        arguments.extend(more);
        arguments
    }

    /// Ends it without a chance to finish anything.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to end, and waits until it has: whether it said that all is well.
    pub(crate) fn stop(mut self) -> bool {
        self.signal("-TERM");
        self.child.wait().unwrap().success()
    }

    /// Asks it to read its certificates again.
    pub(crate) fn hang_up(&self) {
        self.signal("-HUP");
    }

    fn signal(&self, signal: &str) {
        let pid = self.child.id().to_string();
        python::output(Command::new("kill").args([signal, &pid]));
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port of loopback that nobody listens on.
pub(crate) fn free_port() -> u16 {
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    free.local_addr().unwrap().port()
}

/// What a server tells at its port for metrics.
pub(crate) fn scrape(port: u16) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let request = "GET /metrics HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    stream.write_all(request.as_bytes()).unwrap();
    let mut told = String::new();
    stream.read_to_string(&mut told).unwrap();
    told
}

/// Starts a server: the process, and the address that it says it listens on.
fn start(command: &mut Command) -> (Child, String) {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    said.read_line(&mut line).unwrap();
    let (_, address) = line
        .trim_end()
        .rsplit_once(" on ")
        .unwrap_or_else(|| panic!("the server did not say where it is: {line:?}"));
    let address = address.to_owned();
    // What else it says must find a reader.
    std::thread::spawn(move || std::io::copy(&mut said, &mut std::io::sink()));
    (child, address)
}
