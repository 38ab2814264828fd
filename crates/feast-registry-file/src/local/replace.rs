//! Putting a new file in the place of another one.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, fchown};
use std::path::Path;
use std::time::SystemTime;

use feast_registry_core::Result;
use rustix::fs::{Access, access};

use super::place::{Place, error};
use super::{folder, tag};
use crate::blob::{Replaced, Version};

/// Replaces a file, if it is the expected one. The caller holds the lock, and may let go of it when it is
/// told that the file is `replaced`: what is left to do then is to put the folder on the disk.
pub(super) fn replace(
    place: &Place,
    expected: Option<&Version>,
    bytes: &[u8],
    replaced: impl FnOnce(),
) -> Result<Replaced> {
    let path = place.path();
    let failed = |problem: io::Error| error("write", path, &problem);
    let present = present(path).map_err(failed)?;
    let looks = present
        .as_ref()
        .map(|file| tag::of(file, SystemTime::now()));
    let as_expected = match (expected, &looks) {
        (None, None) => true,
        (Some(expected), Some(looks)) => tag::looks_like(expected, looks),
        _ => false,
    };
    if !as_expected {
        return Ok(Replaced::Conflict);
    }
    if present.is_some() {
        // A rename would not ask: a file that may only be read is meant to stay.
        access(path, Access::WRITE_OK).map_err(|why| failed(why.into()))?;
    }
    // The rename would free the blocks of the old file before it returns. While that is open it does not, so
    // that writers who wait need not wait for this too.
    let is_file = present.as_ref().is_some_and(Metadata::is_file);
    let old = is_file.then(|| File::open(path));
    let temporary = place.temporary();
    let written = write(&temporary, present.as_ref(), bytes)
        .and_then(|written| fs::rename(&temporary, path).map(|()| written));
    let (file, ours, time) = written.map_err(|problem| {
        let _ = fs::remove_file(&temporary);
        failed(problem)
    })?;
    let renamed = file.metadata().map_err(failed)?;
    replaced();
    drop(old);
    folder::sync(place.folder())?;
    // Feast may have written into it since: that is not what we put there.
    let is_ours = (renamed.len(), renamed.modified().ok()) == (ours.len(), ours.modified().ok());
    let metadata = if is_ours { renamed } else { ours };
    Ok(Replaced::Done(
        match metadata.modified().ok() == Some(time) {
            true => tag::of_ours(&metadata),
            false => tag::of(&metadata, SystemTime::now()),
        },
    ))
}

fn present(path: &Path) -> io::Result<Option<Metadata>> {
    match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_dir() => Err(io::ErrorKind::IsADirectory.into()),
        Ok(metadata) => Ok(Some(metadata)),
        Err(problem) if problem.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(problem) => Err(problem),
    }
}

/// Writes a new file, on the disk when this returns, that belongs to whom the old one did. Answers the time
/// that it was given, too.
fn write(
    path: &Path,
    like: Option<&Metadata>,
    bytes: &[u8],
) -> io::Result<(File, Metadata, SystemTime)> {
    // What lies there was left by a writer that was killed, or planted: never write through it.
    match fs::remove_file(path) {
        Err(problem) if problem.kind() != io::ErrorKind::NotFound => return Err(problem),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    file.write_all(bytes)?;
    let time = SystemTime::now();
    // Where that cannot be set, the file only is read once more than it need be.
    let _ = file.set_modified(time);
    if let Some(like) = like {
        let new = file.metadata()?;
        if (new.uid(), new.gid()) != (like.uid(), like.gid())
            && let Err(problem) = fchown(&file, Some(like.uid()), Some(like.gid()))
        {
            tracing::debug!(%problem, "the registry file gets another owner");
        }
        if new.permissions() != like.permissions() {
            file.set_permissions(like.permissions())?;
        }
    }
    file.sync_all()?;
    let metadata = file.metadata()?;
    Ok((file, metadata, time))
}

/// Removes a file; with the registry itself goes its lock.
pub(super) fn delete(place: &Place, with_lock: bool) -> Result<()> {
    let mut doomed = vec![place.path().to_owned()];
    if with_lock {
        doomed.push(place.lock());
    }
    for path in doomed {
        match fs::remove_file(&path) {
            Err(problem) if problem.kind() != io::ErrorKind::NotFound => {
                return Err(error("remove", &path, &problem));
            }
            _ => {}
        }
    }
    folder::sync(place.folder())
}
