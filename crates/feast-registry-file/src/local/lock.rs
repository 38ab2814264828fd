//! The locks that writers take. They go with the process that holds them, however that ends.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use feast_registry_core::{Error, ErrorKind, Result};

use rustix::fs::{OFlags, fcntl_getfl};

use super::place::{Place, error};
use super::replace::resemble;

/// How long a waiting writer sleeps about until it looks again, in microseconds: at first, when it mostly
/// waits for a few writes of a small file, and later. Waiting in the system would have no end where a holder
/// is stopped.
const LOOK_MICROS: [u64; 2] = [80, 600];

/// How long it waits at first.
const SOON: Duration = Duration::from_millis(20);

/// What is locked by a file of its own.
#[derive(Clone, Copy, Debug)]
pub(super) enum Lock {
    /// To decide on the newest content.
    Content,
    /// To put contents on the disk.
    Disk,
}

impl Lock {
    pub(super) fn path(self, place: &Place) -> PathBuf {
        match self {
            Lock::Content => place.lock(),
            Lock::Disk => place.disk_lock(),
        }
    }
}

/// Takes a lock, whose file is made if it is missing.
pub(super) fn acquire(place: &Place, lock: Lock, patience: Duration) -> Result<File> {
    let locked = acquire_unless(place, lock, patience, || false)?;
    locked.ok_or_else(|| busy(&lock.path(place), patience))
}

/// Takes a lock, unless there is no need to any more; `None` then.
pub(super) fn acquire_unless(
    place: &Place,
    lock: Lock,
    patience: Duration,
    mut needless: impl FnMut() -> bool,
) -> Result<Option<File>> {
    let start = Instant::now();
    let random = RandomState::new();
    let mut opened = Opened::default();
    for look in 0_u64.. {
        if needless() {
            return Ok(None);
        }
        if let Some(file) = opened.attempt(place, lock)? {
            return Ok(Some(file));
        }
        if start.elapsed() >= patience {
            break;
        }
        let about = LOOK_MICROS[usize::from(start.elapsed() > SOON)];
        let micros = about / 2 + random.hash_one(look) % about;
        std::thread::sleep(Duration::from_micros(micros));
    }
    // Perhaps this thread was held up since it looked.
    if needless() {
        return Ok(None);
    }
    Err(busy(&lock.path(place), patience))
}

/// Takes a lock, if nobody has it.
pub(super) fn attempt(place: &Place, lock: Lock) -> Result<Option<File>> {
    Opened::default().attempt(place, lock)
}

/// The file of a lock that was not free yet.
#[derive(Default)]
struct Opened(Option<File>);

impl Opened {
    fn attempt(&mut self, place: &Place, lock: Lock) -> Result<Option<File>> {
        let path = lock.path(place);
        loop {
            let file = match self.0.take() {
                Some(file) => file,
                None => open(&path, place.path())?,
            };
            match file.try_lock() {
                Ok(()) if is_at(&file, &path) => return Ok(Some(file)),
                // Whoever held it has removed the registry, and the file with it.
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    self.0 = Some(file);
                    return Ok(None);
                }
                Err(TryLockError::Error(problem)) => return Err(error("lock", &path, &problem)),
            }
        }
    }
}

/// A lock needs no right to write, which another user's file may not give.
fn open(path: &Path, registry: &Path) -> Result<File> {
    let open = |create: bool| {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create_new(create);
        options.open(path)
    };
    let opened = loop {
        match open(false) {
            Err(problem) if problem.kind() == io::ErrorKind::NotFound => match open(true) {
                Err(problem) if problem.kind() == io::ErrorKind::AlreadyExists => {}
                made => break made.inspect(|file| share(file, registry)),
            },
            Err(problem) if problem.kind() == io::ErrorKind::PermissionDenied => {
                break File::open(path).map_err(|_| problem);
            }
            opened => break opened,
        }
    };
    opened.map_err(|problem| error("lock", path, &problem))
}

/// Whoever may write the registry must be able to lock it.
fn share(lock: &File, registry: &Path) {
    if let Ok(registry) = fs::metadata(registry)
        && let Err(problem) = resemble(lock, &registry)
    {
        tracing::debug!(%problem, "the lock file gets other permissions");
    }
}

/// Whether writers can tell each other by it what they have handed on.
pub(super) fn takes_notes(lock: &File) -> bool {
    fcntl_getfl(lock).is_ok_and(|flags| flags.contains(OFlags::RDWR))
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
