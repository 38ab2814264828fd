//! Servers for tests, of databases and of objects: private, temporary instances of the programs on
//! this machine.
//!
//! Each listens on a free port of the loopback address, keeps its data in a temporary folder and
//! is gone when its [`Running`] is dropped, when this program panics, and when it is interrupted.

mod account;
mod certificates;
mod galera;
mod greeting;
mod mariadb;
mod mysql;
mod mysql_family;
mod pgbouncer;
mod ports;
mod postgres;
mod process;
pub(crate) mod programs;
mod s3;
mod site;
mod template;
mod ward;

use std::fmt;
use std::path::Path;

pub(crate) use self::site::Site;
pub(crate) use self::ward::{Held, Ward};

use self::process::Process;
use self::site::Folder;
use crate::Result;

/// A server that this machine may have.
pub(crate) trait Server: fmt::Debug + Sync {
    /// The backend that it is for, as in `--backend`.
    fn name(&self) -> &'static str;

    /// Starts an instance and waits until it answers. The error says what is missing.
    fn start(&self, site: &Site) -> Result<Running>;
}

/// Every server there is.
pub(crate) const SERVERS: [&dyn Server; 9] = [
    &postgres::Postgres,
    &pgbouncer::PgBouncer,
    &mysql::Mysql,
    &mariadb::Mariadb,
    &galera::Galera,
    &postgres::Cockroach,
    &postgres::ThirdParty,
    &s3::Moto,
    &s3::SeaweedFs,
];

/// The server of a backend.
pub(crate) fn find(name: &str) -> Option<&'static dyn Server> {
    SERVERS.into_iter().find(|server| server.name() == name)
}

/// A server that runs until this is dropped.
#[derive(Debug)]
pub(crate) struct Running {
    /// How an administrator connects; a cluster has a URL for each node, with blanks between.
    pub(crate) url: String,
    /// What its program says of its version.
    pub(crate) version: String,
    /// What it really is, if it only takes the place of the server that it is started for.
    pub(crate) stands_in: Option<&'static str>,
    processes: Vec<Process>,
    // After the processes: they write there.
    folder: Folder,
}

impl Running {
    fn new(url: String, version: String, processes: Vec<Process>, folder: Folder) -> Self {
        Running {
            url,
            version,
            stands_in: None,
            processes,
            folder,
        }
    }

    /// Fails with the end of a log if one of its processes has ended by itself.
    pub(crate) fn check(&self) -> Result {
        self.processes.iter().try_for_each(Process::check)
    }

    /// The numbers of its processes, in the order of their start.
    pub(crate) fn pids(&self) -> Vec<u32> {
        self.processes.iter().map(Process::id).collect()
    }

    /// Where its data and its logs are. Every command line of its processes names it.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Leaves it running when this program ends.
    pub(crate) fn release(self) {
        self.processes.into_iter().for_each(Process::release);
        self.folder.release();
    }
}

/// Tries again with new ports when another program was faster.
fn retry<T>(start: impl Fn() -> Result<T>) -> Result<T> {
    const TIMES: usize = 3;
    for _ in 1..TIMES {
        match start() {
            Err(error) if ports::was_taken(&error.to_string()) => {}
            other => return other,
        }
    }
    start()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    #[test]
    fn a_start_is_tried_again_when_its_port_was_taken() {
        let tries = Cell::new(0);
        let started = retry(|| {
            tries.set(tries.get() + 1);
            match tries.get() {
                1 => Err("bind: Address already in use".into()),
                _ => Ok("started"),
            }
        });
        assert_eq!((started.unwrap(), tries.get()), ("started", 2));
    }

    #[test]
    fn another_failure_is_final() {
        let tries = Cell::new(0);
        let failed: Result = retry(|| {
            tries.set(tries.get() + 1);
            Err("no space left on device".into())
        });
        assert!(failed.is_err());
        assert_eq!(tries.get(), 1);
    }
}
