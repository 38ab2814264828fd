//! Putting a new file in the place of another one.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, fchown};
use std::path::Path;
use std::time::SystemTime;

use feast_registry_core::{Error, ErrorKind, Result};
use rustix::fs::{Access, access};

use super::place::{Place, error};
use super::{folder, tag};
use crate::blob::{Replaced, Version};

/// Replaces a file, if it is the expected one. A new one gets the permissions of the registry. The caller
/// holds both locks.
pub(super) fn replace(
    place: &Place,
    registry: &Path,
    expected: Option<&Version>,
    bytes: &[u8],
) -> Result<Replaced> {
    let path = place.path();
    let present = present(path)?;
    if !is_expected(expected, present.as_ref()) {
        return Ok(Replaced::Conflict);
    }
    check_rights(path, present.as_ref())?;
    let temporary = place.temporary();
    let like = present.or_else(|| fs::metadata(registry).ok());
    let written = write(&temporary, like.as_ref(), bytes).and_then(|written| {
        written.sync()?;
        written.take_place(&temporary, path)
    });
    let version = written.map_err(|problem| {
        let _ = fs::remove_file(&temporary);
        error("write", path, &problem)
    })?;
    // It is there already, and others may have seen it.
    folder::sync(place.folder()).map_err(unknown)?;
    Ok(Replaced::Done(version))
}

/// What became of something that was seen, and may be gone if the machine stops now.
pub(super) fn unknown(error: Error) -> Error {
    Error::new(ErrorKind::UnknownOutcome, error.message().to_owned())
        .with_hint("it is there now, but may be gone if the machine stops")
}

/// Whether a file, with its metadata if it is there, looks like the expected one.
pub(super) fn is_expected(expected: Option<&Version>, present: Option<&Metadata>) -> bool {
    match (expected, present) {
        (None, None) => true,
        (Some(expected), Some(file)) => {
            tag::looks_like(expected, &tag::of(file, SystemTime::now()))
        }
        _ => false,
    }
}

/// A rename would not ask: a file that may only be read is meant to stay.
pub(super) fn check_rights(path: &Path, present: Option<&Metadata>) -> Result<()> {
    match present {
        Some(_) => access(path, Access::WRITE_OK).map_err(|why| error("write", path, &why.into())),
        None => Ok(()),
    }
}

/// The metadata of a file, if it is there.
pub(super) fn present(path: &Path) -> Result<Option<Metadata>> {
    match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_dir() => {
            Err(error("write", path, &io::ErrorKind::IsADirectory.into()))
        }
        Ok(metadata) => Ok(Some(metadata)),
        Err(problem) if problem.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(problem) => Err(error("write", path, &problem)),
    }
}

/// A new content, whole, in a file that nobody reads yet.
pub(super) struct Written {
    file: File,
    /// The time that it was given; `None` if somebody else did.
    time: Option<SystemTime>,
}

impl Written {
    /// One that another writer has left.
    pub(super) fn found(path: &Path) -> io::Result<Written> {
        let file = File::open(path)?;
        Ok(Written { file, time: None })
    }

    /// Waits until it is on the disk.
    pub(super) fn sync(&self) -> io::Result<()> {
        self.file.sync_all()
    }

    /// Makes it the file at a path; what that is called then.
    ///
    /// # Errors
    ///
    /// With any, nothing has changed there.
    pub(super) fn take_place(self, from: &Path, path: &Path) -> io::Result<Version> {
        let ours = self.file.metadata()?;
        // The rename would free the blocks of the old file before it returns. While that is open it does not, so
        // that writers who wait need not wait for this too.
        let is_file = fs::symlink_metadata(path).is_ok_and(|old| old.is_file());
        let old = is_file.then(|| File::open(path));
        fs::rename(from, path)?;
        let renamed = self.file.metadata();
        drop(old);
        // Feast may have written into it since: that is not what we put there.
        let looks = |file: &Metadata| (file.len(), file.modified().ok());
        let renamed = renamed
            .ok()
            .filter(|renamed| looks(renamed) == looks(&ours));
        let metadata = renamed.unwrap_or(ours);
        Ok(
            match self.time.is_some() && metadata.modified().ok() == self.time {
                true => tag::of_ours(&metadata),
                false => tag::of(&metadata, SystemTime::now()),
            },
        )
    }
}

/// Writes a new file that belongs to whom the old one did, and that nobody may read who may not read that.
pub(super) fn write(path: &Path, like: Option<&Metadata>, bytes: &[u8]) -> io::Result<Written> {
    // What lies there was left by a writer that was killed, or planted: never write through it.
    remove(path)?;
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    if like.is_some() {
        options.mode(0o600);
    }
    let mut file = options.open(path)?;
    if let Some(like) = like {
        resemble(&file, like)?;
    }
    file.write_all(bytes)?;
    let time = SystemTime::now();
    // Where that cannot be set, the file only is read once more than it need be.
    let _ = file.set_modified(time);
    let time = Some(time);
    Ok(Written { file, time })
}

/// Gives a file the owner, as far as that is possible, and the permissions of another one.
pub(super) fn resemble(file: &File, like: &Metadata) -> io::Result<()> {
    let new = file.metadata()?;
    // Who may not give it to another owner may still give it to one of his groups.
    let owners = [
        (new.gid() != like.gid()).then_some((None, Some(like.gid()))),
        (new.uid() != like.uid()).then_some((Some(like.uid()), None)),
    ];
    for (uid, gid) in owners.into_iter().flatten() {
        if let Err(problem) = fchown(file, uid, gid) {
            tracing::debug!(%problem, "the registry file gets another owner");
        }
    }
    // After the owner, whose change would take some of them away.
    file.set_permissions(like.permissions())
}

/// Removes a file, if it is there.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(problem) if problem.kind() != io::ErrorKind::NotFound => Err(problem),
        _ => Ok(()),
    }
}

/// Removes a file; with the registry itself go its locks.
pub(super) fn delete(place: &Place, is_registry: bool) -> Result<()> {
    let mut doomed = vec![place.path().to_owned()];
    if is_registry {
        doomed.extend(place.unfinished());
        doomed.extend([place.lock(), place.disk_lock()]);
    }
    for path in doomed {
        remove(&path).map_err(|problem| error("remove", &path, &problem))?;
    }
    folder::sync(place.folder())
}
