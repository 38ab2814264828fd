//! MariaDB.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::mysql_family::{option, serve, url, write_users};
use super::site::Site;
use super::template::Template;
use super::{Running, Server, programs};
use crate::Result;

const PACKAGE: &str = "mariadb-server";

/// MariaDB as it comes.
#[derive(Debug)]
pub(crate) struct Mariadb;

impl Server for Mariadb {
    fn name(&self) -> &'static str {
        "mariadb"
    }

    fn start(&self, site: &Site) -> Result<Running> {
        let (program, version) = program()?;
        let folder = site.folder()?;
        let data = folder.path().join("data");
        initialise(site, folder.path(), &data, &version)?;
        let (port, process) = serve(site, folder.path(), || command(&program, &data))?;
        Ok(Running::new(
            url("mariadb", port),
            version,
            vec![process],
            folder,
        ))
    }
}

/// MariaDB's server and what it says of its version. On many systems it is called `mysqld` too.
pub(super) fn program() -> Result<(PathBuf, String)> {
    for name in ["mariadbd", "mysqld"] {
        let Some(program) = programs::find(name) else {
            continue;
        };
        let version = programs::version(Command::new(&program))?;
        if version.contains("MariaDB") {
            return Ok((program, version));
        }
    }
    programs::need("mariadbd", PACKAGE).map(|program| (program, String::new()))
}

/// Makes the data folder, with the administrator of the suites.
pub(super) fn initialise(site: &Site, folder: &Path, data: &Path, version: &str) -> Result {
    let template = Template {
        name: "mariadb",
        log: &folder.join("log"),
        version,
    };
    template.make(site, data, |data| {
        let users = folder.join("users.sql");
        write_users(site, &users)?;
        let mut command = Command::new(programs::need("mariadb-install-db", PACKAGE)?);
        command.args(["--no-defaults", "--auth-root-authentication-method=normal"]);
        command.args(["--skip-test-db"]);
        command.arg(option("datadir", data));
        command.arg(option("extra-file", &users));
        site.run(command, &folder.join("log"))
    })
}

/// The server on its data, without the settings of where it listens.
pub(super) fn command(program: &Path, data: &Path) -> Command {
    let mut command = Command::new(program);
    // It must come first.
    command.arg("--no-defaults").arg(option("datadir", data));
    command
}
