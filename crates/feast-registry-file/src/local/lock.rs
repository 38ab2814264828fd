//! The lock that writers take. It goes with the process that holds it, however that ends.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::{Duration, Instant};

use feast_registry_core::{Error, ErrorKind, Result};

use super::place::error;

/// How long a waiting writer sleeps about until it looks again, in microseconds: at first, when it mostly
/// waits for a few writes of a small file, and later. Waiting in the system would have no end where a holder
/// is stopped.
const LOOK_MICROS: [u64; 2] = [80, 600];

/// How long it waits at first.
const SOON: Duration = Duration::from_millis(20);

/// Locks a file, which is made if it is missing.
pub(super) fn acquire(path: &Path, patience: Duration) -> Result<File> {
    let start = Instant::now();
    let mut file = open(path)?;
    let random = RandomState::new();
    for look in 0_u64.. {
        match file.try_lock() {
            Ok(()) if is_at(&file, path) => return Ok(file),
            // Whoever held it has removed the registry, and the file with it.
            Ok(()) => file = open(path)?,
            Err(TryLockError::WouldBlock) if start.elapsed() < patience => {
                let about = LOOK_MICROS[usize::from(start.elapsed() > SOON)];
                let micros = about / 2 + random.hash_one(look) % about;
                std::thread::sleep(Duration::from_micros(micros));
            }
            Err(TryLockError::WouldBlock) => break,
            Err(TryLockError::Error(problem)) => return Err(error("lock", path, &problem)),
        }
    }
    Err(busy(path, patience))
}

/// A lock needs no right to write, which another user's file may not give.
fn open(path: &Path) -> Result<File> {
    let options = || {
        let mut options = OpenOptions::new();
        options.read(true);
        options
    };
    options()
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)
        .or_else(|problem| match problem.kind() {
            io::ErrorKind::PermissionDenied => options().open(path).map_err(|_| problem),
            _ => Err(problem),
        })
        .map_err(|problem| error("lock", path, &problem))
}

/// Whether a file is still the one at a path.
fn is_at(file: &File, path: &Path) -> bool {
    let (Ok(mine), Ok(there)) = (file.metadata(), fs::metadata(path)) else {
        return false;
    };
    (mine.dev(), mine.ino()) == (there.dev(), there.ino())
}

fn busy(path: &Path, patience: Duration) -> Error {
    let message = format!(
        "another process has held the lock {} for {} s, nothing was written",
        path.display(),
        patience.as_secs()
    );
    Error::new(ErrorKind::Contention, message).with_hint(
        "`lsof` or `fuser` shows which; a lock ends with its process, so the file itself may stay",
    )
}
