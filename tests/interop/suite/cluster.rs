//! A database server of a test's own, which it may stop and start.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::python;
use crate::served::free_port;
use crate::trials::Ground;

/// Servers do not run as root: then they are this user, `nobody` on every Linux.
const UNPRIVILEGED: u32 = 65_534;

/// What such a server may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum System {
    Postgres,
    Mariadb,
}

impl System {
    pub(crate) const ALL: [System; 2] = [System::Postgres, System::Mariadb];

    /// The programs that make its data and serve it.
    fn programs(self) -> [&'static str; 2] {
        match self {
            System::Postgres => ["initdb", "postgres"],
            System::Mariadb => ["mariadb-install-db", "mariadbd"],
        }
    }

    /// Where its server is, if there is also what makes its data: for PostgreSQL the newest that Debian
    /// has, else in the path, and where Debian keeps servers.
    fn folder(self) -> Option<PathBuf> {
        let [makes, serves] = self.programs();
        let packaged = fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
        let packaged = packaged.filter_map(|version| Some(version.ok()?.path().join("bin")));
        let both = |folder: &PathBuf| has(folder, makes) && has(folder, serves);
        if let Some(newest) = packaged.filter(both).max_by_key(|folder| version(folder)) {
            return Some(newest);
        }
        let path = std::env::var_os("PATH").unwrap_or_default();
        let path = std::env::split_paths(&path).chain([PathBuf::from("/usr/sbin")]);
        let path: Vec<PathBuf> = path.collect();
        path.iter().find(|folder| has(folder, makes))?;
        path.into_iter().find(|folder| has(folder, serves))
    }

    /// The arguments that let it serve its data on a port of the loopback address.
    fn serve(self, command: &mut Command, folder: &Path, port: u16) {
        match self {
            System::Postgres => {
                command.arg("-D").arg(folder.join("data"));
                command.args(["-p", &port.to_string()]);
                command.args(["-c", "listen_addresses=127.0.0.1", "-k"]);
                command.arg(folder);
            }
            System::Mariadb => {
                let option =
                    |name: &str, file: &str| format!("--{name}={}", folder.join(file).display());
                command.args(["--no-defaults", "--skip-grant-tables"]);
                command.args(["--bind-address=127.0.0.1", &format!("--port={port}")]);
                command.args([option("datadir", "data"), option("socket", "socket")]);
                command.args([option("pid-file", "pid"), option("init-file", "init.sql")]);
            }
        }
    }

    /// The signals of an administrator who is in a hurry, and of a crash.
    fn signals(self) -> [&'static str; 2] {
        match self {
            System::Postgres => ["-INT", "-QUIT"],
            System::Mariadb => ["-TERM", "-KILL"],
        }
    }
}

impl Ground for System {
    fn name(self) -> &'static str {
        match self {
            System::Postgres => "postgres",
            System::Mariadb => "mariadb",
        }
    }

    fn missing(self) -> Option<String> {
        let [makes, serves] = self.programs();
        let reason = || format!("a server that is stopped needs `{makes}` and `{serves}`");
        self.folder().is_none().then(reason)
    }
}

/// Gone when it is dropped.
pub(crate) struct Cluster {
    system: System,
    programs: PathBuf,
    folder: TempDir,
    port: u16,
    server: Option<Child>,
}

impl Cluster {
    /// Makes one that puts what it acknowledges on the disk, and starts it.
    ///
    /// # Panics
    ///
    /// If this machine has no such server.
    pub(crate) fn start(system: System) -> Self {
        let folder = TempDir::new().unwrap();
        if is_root() {
            chown(folder.path(), Some(UNPRIVILEGED), Some(UNPRIVILEGED)).unwrap();
        }
        let mut cluster = Cluster {
            system,
            programs: system.folder().unwrap(),
            folder,
            port: free_port(),
            server: None,
        };
        python::output(&mut cluster.initialise());
        cluster.run();
        cluster
    }

    /// The URL of a database that holds nothing yet.
    pub(crate) fn url(&self) -> String {
        match self.system {
            System::Postgres => format!("postgresql://postgres@127.0.0.1:{}/postgres", self.port),
            System::Mariadb => format!("mysql://root@127.0.0.1:{}/registry", self.port),
        }
    }

    /// Starts it, and does not wait until it answers.
    pub(crate) fn run(&mut self) {
        let [_, serves] = self.system.programs();
        let mut command = self.command(&self.programs.join(serves));
        self.system
            .serve(&mut command, self.folder.path(), self.port);
        self.server = Some(command.spawn().unwrap());
    }

    /// Ends it as an administrator does who is in a hurry: connections are closed, whatever they do.
    pub(crate) fn stop(&mut self) {
        let [hurry, _] = self.system.signals();
        self.end(hurry);
    }

    /// Ends it as a crash does: what was committed is found again in its log.
    pub(crate) fn crash(&mut self) {
        let [_, crash] = self.system.signals();
        self.end(crash);
    }

    fn end(&mut self, signal: &str) {
        if let Some(mut server) = self.server.take() {
            let pid = server.id().to_string();
            let asked = Command::new("kill").args([signal, &pid]).status();
            assert!(asked.unwrap().success());
            server.wait().unwrap();
        }
    }

    /// What makes its data.
    fn initialise(&self) -> Command {
        let data = self.folder.path().join("data");
        match self.system {
            System::Postgres => {
                let mut command = self.command(&self.programs.join("initdb"));
                command.arg("-D").arg(data);
                command.args(["-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"]);
                command
            }
            System::Mariadb => {
                let create = "CREATE DATABASE IF NOT EXISTS registry;\n";
                fs::write(self.folder.path().join("init.sql"), create).unwrap();
                // It is a script, in another folder than the server.
                let mut command = self.command(Path::new("mariadb-install-db"));
                command.args(["--no-defaults", "--skip-test-db"]);
                command.arg(format!("--datadir={}", data.display()));
                command
            }
        }
    }

    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.folder.path());
        command.stdin(Stdio::null()).stdout(Stdio::null());
        command.stderr(Stdio::null());
        if is_root() {
            command.uid(UNPRIVILEGED).gid(UNPRIVILEGED);
        }
        command
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.crash();
    }
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}

fn has(folder: &Path, program: &str) -> bool {
    folder.join(program).is_file()
}

fn version(folder: &Path) -> Option<u32> {
    folder.parent()?.file_name()?.to_str()?.parse().ok()
}
