//! Where servers are started: who they run as, and who cleans up after them.

use std::fs::{self, File};
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use super::account::Account;
use super::process::{End, Process};
use super::ward::{Held, Ward};
use crate::Result;

/// How long a program may take that prepares a server.
const PREPARATION: Duration = Duration::from_secs(120);

/// The bytes that servers may take in memory.
const ROOM: u64 = 4 << 30;

/// What every start of a server needs. A clone is the same site.
#[derive(Clone, Debug)]
pub(crate) struct Site {
    ward: Ward,
    account: Option<Account>,
    durable: bool,
}

impl Site {
    /// Makes the unprivileged account, if this program is run by root and there is none yet.
    pub(crate) fn new(ward: Ward) -> Result<Self> {
        let account = Account::for_servers()?;
        Ok(Site {
            ward,
            account,
            durable: false,
        })
    }

    /// Servers that put what they acknowledge on the disk, as in use; else nobody needs the data
    /// after a crash, and they are as fast as they can be.
    pub(crate) fn durable(mut self) -> Self {
        self.durable = true;
        self
    }

    /// Servers run as the user of this program: they must reach what only that one may read, and do
    /// not mind to be run by root.
    pub(super) fn for_this_user(mut self) -> Self {
        self.account = None;
        self
    }

    /// Whether servers put what they acknowledge on the disk.
    pub(super) fn is_durable(&self) -> bool {
        self.durable
    }

    /// An empty folder of the server's user, removed when it is dropped. Its path is short: the
    /// path of a Unix socket ends at 107 bytes.
    pub(crate) fn folder(&self) -> Result<Folder> {
        let folder = self.folder_in(&self.parent())?;
        self.give(folder.path())?;
        // Clients of other users come in through the socket.
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755))?;
        Ok(folder)
    }

    /// Where folders of servers are. Tables are made and dropped by the thousand, each of them a file
    /// that is synced even where commits are not: in memory that takes a fraction of the time.
    fn parent(&self) -> PathBuf {
        let memory = Path::new("/dev/shm");
        let room = rustix::fs::statvfs(memory).map_or(0, |space| space.f_bavail * space.f_frsize);
        match !self.durable && room > ROOM {
            true => memory.to_owned(),
            false => std::env::temp_dir(),
        }
    }

    /// An empty folder of this program's user in another one, removed when it is dropped.
    pub(super) fn folder_in(&self, parent: &Path) -> Result<Folder> {
        let mut builder = tempfile::Builder::new();
        let make = || {
            let folder = builder.prefix("frdb-").tempdir_in(parent);
            folder.map(tempfile::TempDir::keep)
        };
        let (path, held) = self.ward.hold(make, |path| {
            let path = path.clone();
            Box::new(move || {
                let _ = fs::remove_dir_all(path);
            })
        })?;
        Ok(Folder { path, held })
    }

    /// Makes the user of the servers the owner of a file or folder.
    pub(crate) fn give(&self, path: &Path) -> Result {
        if let Some(Account { uid, gid }) = self.account {
            chown(path, Some(uid), Some(gid))?;
        }
        Ok(())
    }

    /// A file that the servers' user owns.
    pub(crate) fn write(&self, path: &Path, text: &str) -> Result {
        fs::write(path, text)?;
        self.give(path)
    }

    /// Starts a server as the unprivileged user; what it prints is added to a log file.
    pub(crate) fn spawn(&self, mut command: Command, log: &Path, end: End) -> Result<Process> {
        let file = File::options().create(true).append(true).open(log)?;
        self.give(log)?;
        if let Some(Account { uid, gid }) = self.account {
            command.uid(uid).gid(gid);
        }
        command
            .stdin(Stdio::null())
            .stdout(file.try_clone()?)
            .stderr(file)
            .current_dir(log.parent().unwrap_or(Path::new("/")))
            // Ctrl-C goes to the group of the terminal: the ward stops servers, in its order.
            .process_group(0);
        Process::start(&self.ward, command, log, end)
    }

    /// Copies a folder with its owners and rights: servers refuse data that others may read.
    pub(super) fn copy(&self, from: &Path, to: &Path, log: &Path) -> Result {
        let mut command = Command::new("cp");
        let file = File::options().create(true).append(true).open(log)?;
        self.give(log)?;
        command.arg("-a").arg(from).arg(to).process_group(0);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(file);
        Process::start(&self.ward, command, log, End::Kill)?.finish(PREPARATION)
    }

    /// Runs a program to its end as the unprivileged user; a failure shows the end of its log.
    pub(crate) fn run(&self, command: Command, log: &Path) -> Result {
        self.spawn(command, log, End::Kill)?.finish(PREPARATION)
    }
}

/// A temporary folder of a server.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    held: Held,
}

impl Folder {
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Leaves it on the disk.
    pub(crate) fn release(self) {
        self.held.release();
    }
}
