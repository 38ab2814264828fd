//! Reading a whole file that others may be writing.

use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

use feast_registry_core::{Error, ErrorKind, Result};

use super::place::error;
use super::tag;
use crate::blob::{Loaded, Version};

/// How long a file is looked at that changes while it is read, and how long is waited in between.
const PATIENCE: Duration = Duration::from_secs(5);
const LOOK_AGAIN: Duration = Duration::from_millis(2);

/// How long a file stays empty at most until its writer writes it: a disk may be slow to empty it. There is
/// more time for one that is known to have been more.
const EMPTY: Duration = Duration::from_secs(1);
const EMPTIED: Duration = Duration::from_secs(4);

/// The content of a file, unless it is the known one.
///
/// Feast empties a file and then writes it, so one that is empty, or changes while it is read, is
/// read again.
pub(super) fn load(
    path: &Path,
    known: Option<&Version>,
    had_content: impl Fn() -> bool,
) -> Result<Loaded> {
    let start = Instant::now();
    while start.elapsed() < PATIENCE {
        let looked = look(path, known, &had_content).or_else(|problem| match problem.kind() {
            io::ErrorKind::NotFound => Ok(Some(Loaded::Absent)),
            _ => Err(error("read", path, &problem)),
        })?;
        match looked {
            Some(loaded) => return Ok(loaded),
            None => std::thread::sleep(LOOK_AGAIN),
        }
    }
    let message = format!("{} changes all the time while it is read", path.display());
    Err(Error::new(ErrorKind::Unavailable, message).with_hint("try again"))
}

/// One look at a file; `None` if somebody is writing it.
fn look(
    path: &Path,
    known: Option<&Version>,
    had_content: impl Fn() -> bool,
) -> io::Result<Option<Loaded>> {
    let now = SystemTime::now();
    // Before it is opened: opening something else than a file may wait for ever.
    let before = checked(fs::metadata(path)?)?;
    let version = tag::of(&before, now);
    if known.is_some_and(|known| tag::is_certain(known) && tag::looks_like(known, &version)) {
        return Ok(Some(Loaded::Unchanged));
    }
    let mut file = File::open(path)?;
    let size = usize::try_from(before.len()).unwrap_or(usize::MAX);
    let mut bytes = Vec::new();
    bytes
        .try_reserve_exact(size)
        .map_err(|_| io::Error::from(io::ErrorKind::OutOfMemory))?;
    file.by_ref().take(before.len()).read_to_end(&mut bytes)?;
    let after = tag::of(&file.metadata()?, now);
    let whole = bytes.len() == size && tag::looks_like(&version, &after);
    let is_young = |than| tag::is_younger(&before, now, than);
    let is_emptied = || is_young(EMPTY) || (is_young(EMPTIED) && had_content());
    if !whole || (bytes.is_empty() && is_emptied()) {
        return Ok(None);
    }
    let bytes = bytes.into();
    Ok(Some(Loaded::Content { bytes, version }))
}

fn checked(metadata: Metadata) -> io::Result<Metadata> {
    if metadata.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    if !metadata.is_file() {
        return Err(io::Error::other("it is not a file"));
    }
    Ok(metadata)
}
