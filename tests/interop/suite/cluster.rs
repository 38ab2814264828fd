//! A PostgreSQL of a test's own, which it may stop and start.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::python;

/// PostgreSQL does not run as root: then it is this user, `nobody` on every Linux.
const UNPRIVILEGED: u32 = 65_534;

/// Gone when it is dropped.
pub(crate) struct Cluster {
    programs: PathBuf,
    folder: TempDir,
    port: u16,
    server: Option<Child>,
}

impl Cluster {
    /// Makes one that puts what it acknowledges on the disk, and starts it; none if this machine has no PostgreSQL.
    pub(crate) fn start() -> Option<Self> {
        let folder = TempDir::new().unwrap();
        if is_root() {
            chown(folder.path(), Some(UNPRIVILEGED), Some(UNPRIVILEGED)).unwrap();
        }
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut cluster = Cluster {
            programs: programs()?,
            folder,
            port: free.local_addr().unwrap().port(),
            server: None,
        };
        drop(free);
        let mut initdb = cluster.command("initdb");
        initdb.args(["-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"]);
        python::output(&mut initdb);
        cluster.run();
        Some(cluster)
    }

    /// The URL of its database for administration, which holds nothing yet.
    pub(crate) fn url(&self) -> String {
        format!("postgresql://postgres@127.0.0.1:{}/postgres", self.port)
    }

    /// Starts it, and does not wait until it answers.
    pub(crate) fn run(&mut self) {
        let mut command = self.command("postgres");
        command.args(["-p", &self.port.to_string()]);
        command.args(["-c", "listen_addresses=127.0.0.1", "-k"]);
        command.arg(self.folder.path());
        self.server = Some(command.spawn().unwrap());
    }

    /// Ends it as an administrator does who is in a hurry: connections are closed, whatever they do.
    pub(crate) fn stop(&mut self) {
        self.end("-INT");
    }

    /// Ends it as a crash does: what was committed is found again in its log.
    pub(crate) fn crash(&mut self) {
        self.end("-QUIT");
    }

    fn end(&mut self, signal: &str) {
        if let Some(mut server) = self.server.take() {
            let pid = server.id().to_string();
            let asked = Command::new("kill").args([signal, &pid]).status();
            assert!(asked.unwrap().success());
            server.wait().unwrap();
        }
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.programs.join(program));
        command.arg("-D").arg(self.folder.path().join("data"));
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

/// Where the programs of PostgreSQL are: the newest that Debian has, or those in the path.
fn programs() -> Option<PathBuf> {
    let packaged = fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let packaged = packaged.filter_map(|version| Some(version.ok()?.path().join("bin")));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let has =
        |folder: &PathBuf| folder.join("postgres").is_file() && folder.join("initdb").is_file();
    let newest = packaged.filter(has).max_by_key(|folder| version(folder));
    newest.or_else(|| std::env::split_paths(&path).find(has))
}

fn version(folder: &Path) -> Option<u32> {
    folder.parent()?.file_name()?.to_str()?.parse().ok()
}
