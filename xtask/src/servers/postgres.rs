//! PostgreSQL, and the stand-ins for CockroachDB and YugabyteDB on it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::process::{End, Process};
use super::site::Site;
use super::template::Template;
use super::{Running, Server, ports, programs, retry};
use crate::Result;

/// How long a server may take to answer.
pub(super) const START: Duration = Duration::from_secs(60);
/// The administrator that `initdb` makes here.
pub(super) const USER: &str = "postgres";

/// What makes a server fast whose data nobody needs after a crash.
const HASTY: [&str; 3] = [
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
];

/// PostgreSQL as it comes.
#[derive(Debug)]
pub(crate) struct Postgres;

impl Server for Postgres {
    fn name(&self) -> &'static str {
        "postgres"
    }

    fn start(&self, site: &Site) -> Result<Running> {
        let cluster = start(site, &[])?;
        let url = format!("postgresql://{USER}@127.0.0.1:{}/postgres", cluster.port);
        Ok(cluster.running(url))
    }
}

/// PostgreSQL in place of CockroachDB, which Linux distributions do not have: every transaction is
/// serializable, so statements and COMMIT fail with 40001 as they do there.
#[derive(Debug)]
pub(crate) struct Cockroach;

impl Server for Cockroach {
    fn name(&self) -> &'static str {
        "cockroachdb"
    }

    fn start(&self, site: &Site) -> Result<Running> {
        let cluster = start(site, &["default_transaction_isolation=serializable"])?;
        let url = format!("cockroachdb://{USER}@127.0.0.1:{}/postgres", cluster.port);
        let mut running = cluster.running(url);
        running.stands_in = Some("PostgreSQL at SERIALIZABLE");
        Ok(running)
    }
}

/// PostgreSQL in place of YugabyteDB, the database of the example of a dialect from outside.
#[derive(Debug)]
pub(crate) struct ThirdParty;

impl Server for ThirdParty {
    fn name(&self) -> &'static str {
        "third-party"
    }

    fn start(&self, site: &Site) -> Result<Running> {
        let mut running = Postgres.start(site)?;
        running.stands_in = Some("PostgreSQL");
        Ok(running)
    }
}

/// A running cluster and its folder.
#[derive(Debug)]
pub(super) struct Cluster {
    pub(super) port: u16,
    pub(super) process: Process,
    pub(super) folder: super::site::Folder,
    pub(super) version: String,
}

impl Cluster {
    fn running(self, url: String) -> Running {
        Running::new(url, self.version, vec![self.process], self.folder)
    }
}

/// Starts a cluster with these settings on top of those for fast tests.
pub(super) fn start(site: &Site, settings: &[&str]) -> Result<Cluster> {
    let postgres = program("postgres")?;
    let version = programs::version(Command::new(&postgres))?;
    let folder = site.folder()?;
    let data = folder.path().join("data");
    let log = folder.path().join("log");
    let template = Template {
        name: "postgres",
        log: &log,
        version: &version,
    };
    template.make(site, &data, |data| initialise(site, data, &log))?;
    let (port, process) = retry(|| {
        let [port] = ports::free()?;
        let mut command = serve(&postgres, &data, folder.path(), port);
        let hasty: &[&str] = if site.is_durable() { &[] } else { &HASTY };
        for setting in hasty.iter().chain(settings) {
            command.args(["-c", setting]);
        }
        let process = site.spawn(command, &log, End::Quit)?;
        process.ready(START, || ask(port).map(drop))?;
        Ok((port, process))
    })?;
    Ok(Cluster {
        port,
        process,
        folder,
        version,
    })
}

fn initialise(site: &Site, data: &Path, log: &Path) -> Result {
    let mut command = Command::new(program("initdb")?);
    command
        .arg("-D")
        .arg(data)
        .args(["-U", USER, "-A", "trust"]);
    command.args(["-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]);
    site.run(command, log)
}

fn serve(postgres: &Path, data: &Path, folder: &Path, port: u16) -> Command {
    let mut command = Command::new(postgres);
    command.arg("-D").arg(data).arg("-k").arg(folder);
    command.args(["-p", &port.to_string()]);
    // Suites open many connections.
    for setting in ["listen_addresses=127.0.0.1", "max_connections=300"] {
        command.args(["-c", setting]);
    }
    command
}

/// The version that the server on this port of the loopback address answers.
pub(super) fn ask(port: u16) -> Result<String> {
    let mut command = Command::new(program("psql")?);
    command.args(["-h", "127.0.0.1", "-p", &port.to_string(), "-U", USER]);
    command.args([
        "-d",
        "postgres",
        "-X",
        "-A",
        "-t",
        "-c",
        "show server_version",
    ]);
    command.env("PGCONNECT_TIMEOUT", "5");
    let output = command.output()?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned());
    }
    Err(String::from_utf8_lossy(&output.stderr).trim().into())
}

/// A program of the newest PostgreSQL that Debian has installed, or of the one in the path.
fn program(name: &str) -> Result<PathBuf> {
    let packaged = programs::newest(Path::new("/usr/lib/postgresql"))
        .map(|folder| folder.join("bin").join(name))
        .filter(|file| file.is_file());
    packaged.map_or_else(|| programs::need(name, "postgresql"), Ok)
}
