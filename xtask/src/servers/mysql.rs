//! Oracle's MySQL: installed on the system, or unpacked somewhere with libraries of its own.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::mysql_family::{option, serve, url, write_users};
use super::site::Site;
use super::template::Template;
use super::{Running, Server, programs};
use crate::{Result, workspace_root};

/// The folder below which MySQL is unpacked, as `usr/sbin/mysqld` or `bin/mysqld`.
const PREFIX_VARIABLE: &str = "FEAST_REGISTRY_MYSQL_PREFIX";
/// Where `.ci/mysql-from-sid` unpacks it.
const UNPACKED: &str = "target/servers/mysql";

/// MySQL as it comes. MariaDB is never taken for it, whatever its program is called.
#[derive(Debug)]
pub(crate) struct Mysql;

impl Server for Mysql {
    fn name(&self) -> &'static str {
        "mysql"
    }

    fn start(&self, site: &Site) -> Result<Running> {
        let (mysqld, version) = Mysqld::find()?;
        let folder = site.folder()?;
        let data = folder.path().join("data");
        let template = Template {
            name: "mysql",
            log: &folder.path().join("log"),
            version: &version,
        };
        template.make(site, &data, |data| {
            initialise(site, &mysqld, folder.path(), data)
        })?;
        let (port, process) = serve(site, folder.path(), || {
            let mut command = mysqld.command(&data);
            command.args(["--mysqlx=OFF", "--performance-schema=OFF"]);
            command
        })?;
        Ok(Running::new(
            url("mysql", port),
            version,
            vec![process],
            folder,
        ))
    }
}

fn initialise(site: &Site, mysqld: &Mysqld, folder: &Path, data: &Path) -> Result {
    let users = folder.join("users.sql");
    write_users(site, &users)?;
    let mut command = mysqld.command(data);
    command.arg("--initialize-insecure");
    command.arg(option("init-file", &users));
    site.run(command, &folder.join("log"))
}

/// How MySQL's server is called.
#[derive(Debug)]
struct Mysqld {
    program: PathBuf,
    arguments: Vec<OsString>,
    /// Where the files are that belong to it, if not where it was built for.
    base: Option<PathBuf>,
}

impl Mysqld {
    /// The server to take and what it says of its version.
    fn find() -> Result<(Self, String)> {
        if let Some(prefix) = std::env::var_os(PREFIX_VARIABLE) {
            let prefix = PathBuf::from(prefix);
            let mysqld = Self::below(&prefix).ok_or_else(|| {
                let prefix = prefix.display();
                format!("{PREFIX_VARIABLE}={prefix}: neither usr/sbin/mysqld nor bin/mysqld there")
            })?;
            return mysqld.checked();
        }
        if let Some(mysqld) = Self::below(&workspace_root().join(UNPACKED)) {
            return mysqld.checked();
        }
        let program = programs::find("mysqld").ok_or_else(|| how_to_get("is not installed"))?;
        Self::plain(program, None).checked()
    }

    fn plain(program: PathBuf, base: Option<PathBuf>) -> Self {
        Mysqld {
            program,
            arguments: Vec::new(),
            base,
        }
    }

    /// The server below a folder: unpacked packages of Debian, or a tar archive of MySQL.
    fn below(prefix: &Path) -> Option<Self> {
        let archived = prefix.join("bin/mysqld");
        if archived.is_file() {
            return Some(Self::plain(archived, Some(prefix.to_owned())));
        }
        let program = prefix.join("usr/sbin/mysqld");
        if !program.is_file() {
            return None;
        }
        let base = prefix.join("usr");
        let Some((loader, libraries)) = loader(&base) else {
            return Some(Self::plain(program, Some(base)));
        };
        // Through its own loader it takes its own C library instead of the system's older one.
        let arguments = vec!["--library-path".into(), libraries.into(), program.into()];
        Some(Mysqld {
            program: loader,
            arguments,
            base: Some(base),
        })
    }

    fn checked(self) -> Result<(Self, String)> {
        let version = programs::version(self.bare())?;
        if version.contains("MariaDB") {
            let why = format!("is not here: {} is MariaDB", self.program.display());
            return Err(how_to_get(&why).into());
        }
        Ok((self, version))
    }

    fn bare(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments);
        command
    }

    /// The server on its data, without the settings of where it listens.
    fn command(&self, data: &Path) -> Command {
        let mut command = self.bare();
        // It must come first.
        command.arg("--no-defaults").arg(option("datadir", data));
        if let Some(base) = &self.base {
            command.arg(option("basedir", base));
            for (name, file) in [
                ("lc-messages-dir", "share/mysql"),
                ("plugin-dir", "lib/mysql/plugin"),
                ("character-sets-dir", "share/mysql/charsets"),
            ] {
                let file = base.join(file);
                if file.exists() {
                    command.arg(option(name, &file));
                }
            }
        }
        command.args([
            "--innodb-doublewrite=OFF",
            "--innodb-redo-log-capacity=16M",
            "--skip-log-bin",
            // Its default is a folder that need not be there.
            "--secure-file-priv=NULL",
        ]);
        command
    }
}

fn how_to_get(why: &str) -> String {
    format!(
        "MySQL {why}; `.ci/mysql-from-sid` unpacks it into {UNPACKED}, or {PREFIX_VARIABLE} says \
         where it is"
    )
}

/// The dynamic loader below a folder, and the libraries that are there with it.
fn loader(base: &Path) -> Option<(PathBuf, PathBuf)> {
    let loader = ["lib64", "lib"]
        .iter()
        .find_map(|folder| entry(&base.join(folder), |name| name.starts_with("ld-linux")))?;
    let libraries = entry(&base.join("lib"), |name| name.ends_with("-linux-gnu"))?;
    Some((loader, libraries))
}

fn entry(folder: &Path, wanted: impl Fn(&str) -> bool) -> Option<PathBuf> {
    let mut entries = fs::read_dir(folder).ok()?.flatten();
    entries
        .find(|entry| wanted(&entry.file_name().to_string_lossy()))
        .map(|entry| entry.path())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn touch(file: &Path) {
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, "").unwrap();
    }

    #[test]
    fn unpacked_packages_run_on_their_own_libraries() {
        let folder = tempfile::tempdir().unwrap();
        let base = folder.path().join("usr");
        touch(&base.join("sbin/mysqld"));
        touch(&base.join("lib64/ld-linux-x86-64.so.2"));
        touch(&base.join("lib/x86_64-linux-gnu/libc.so.6"));
        let mysqld = Mysqld::below(folder.path()).unwrap();
        assert_eq!(mysqld.program, base.join("lib64/ld-linux-x86-64.so.2"));
        assert_eq!(mysqld.arguments[1], base.join("lib/x86_64-linux-gnu"));
    }

    #[test]
    fn a_tar_archive_runs_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        touch(&folder.path().join("bin/mysqld"));
        let mysqld = Mysqld::below(folder.path()).unwrap();
        assert!(mysqld.arguments.is_empty());
        assert!(Mysqld::below(&folder.path().join("bin")).is_none());
    }
}
