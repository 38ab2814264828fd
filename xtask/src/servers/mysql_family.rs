//! What MySQL and MariaDB have in common: users, settings, how they are started and asked.

use std::path::Path;
use std::process::Command;

use super::process::{End, Process};
use super::site::Site;
use super::{certificates, greeting, ports, retry};
use crate::Result;

pub(super) use super::postgres::START;

/// The administrator of the suites and its password.
pub(super) const USER: &str = "feast";
/// The password is no secret: the server listens on loopback, for a minute.
pub(super) const PASSWORD: &str = "feast";
const DATABASE: &str = "feast";
/// What makes a server fast whose data nobody needs after a crash.
pub(super) const HASTY: [&str; 2] = [
    "--innodb-flush-log-at-trx-commit=0",
    "--innodb-file-per-table=OFF",
];

/// Writes the statements that make the administrator and a database to connect to.
pub(super) fn write_users(site: &Site, file: &Path) -> Result {
    site.write(
        file,
        &format!(
            // MariaDB is set up without its tables of rights, and takes no user before it has them.
            "FLUSH PRIVILEGES;\n\
             CREATE DATABASE {DATABASE};\n\
             CREATE USER '{USER}'@'%' IDENTIFIED BY '{PASSWORD}';\n\
             GRANT ALL ON *.* TO '{USER}'@'%' WITH GRANT OPTION;\n"
        ),
    )
}

/// The URL of a server of this family on the loopback address.
pub(super) fn url(scheme: &str, port: u16) -> String {
    format!("{scheme}://{USER}:{PASSWORD}@127.0.0.1:{port}/{DATABASE}")
}

/// The settings of every server, on a port and in a folder with its data.
pub(super) fn settings(command: &mut Command, folder: &Path, port: u16) {
    command
        .arg(option("socket", &folder.join("s.sock")))
        .arg(option("pid-file", &folder.join("pid")))
        .arg(format!("--port={port}"))
        .args([
            "--bind-address=127.0.0.1",
            "--skip-name-resolve",
            "--max-connections=300",
            "--innodb-buffer-pool-size=512M",
        ]);
}

/// An option whose value is a path.
pub(super) fn option(name: &str, path: &Path) -> String {
    format!("--{name}={}", path.display())
}

/// Starts a server on a free port, in the folder of its data, and waits for its greeting. It has TLS for
/// those who want it.
pub(super) fn serve(
    site: &Site,
    folder: &Path,
    command: impl Fn() -> Command,
) -> Result<(u16, Process)> {
    let log = folder.join("log");
    let certificates = certificates::write(site, folder)?;
    retry(|| {
        let [port] = ports::free()?;
        let mut command = command();
        settings(&mut command, folder, port);
        command.args(&certificates);
        if !site.is_durable() {
            command.args(HASTY);
        }
        let process = site.spawn(command, &log, End::Kill)?;
        process.ready(START, || greeting::version(port).map(drop))?;
        Ok((port, process))
    })
}
