//! Where a file really is, and the names beside it.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use feast_registry_core::{Error, ErrorKind, Result};

/// The most links that are followed: as many as Linux does.
const LINKS: usize = 40;

/// The file behind all links. A link stays what it is, what it leads to is replaced.
#[derive(Debug)]
pub(super) struct Place {
    path: PathBuf,
}

impl Place {
    /// The file that a path leads to, whether it is there or not.
    pub(super) fn of(path: &Path) -> Result<Place> {
        let mut path = path.to_owned();
        for _ in 0..LINKS {
            match fs::read_link(&path) {
                Ok(target) => path = path.parent().unwrap_or(Path::new("")).join(target),
                Err(problem) if is_no_link(&problem) => return Ok(Place { path }),
                Err(problem) => return Err(error("read", &path, &problem)),
            }
        }
        let message = format!("{}: too many symbolic links", path.display());
        Err(Error::new(ErrorKind::Unavailable, message))
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn folder(&self) -> &Path {
        match self.path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        }
    }

    /// The file that writers lock.
    pub(super) fn lock(&self) -> PathBuf {
        self.hidden("lock")
    }

    /// The file that whoever puts contents on the disk locks.
    pub(super) fn disk_lock(&self) -> PathBuf {
        self.hidden("disk")
    }

    /// The file that is put on the disk and then in place of the registry: in the same folder, since only there
    /// a rename is atomic. Only the holder of the lock of the disk uses it, so what a killed writer left is
    /// overwritten.
    pub(super) fn temporary(&self) -> PathBuf {
        self.hidden("tmp")
    }

    /// The newest content that was handed on, where others are still putting an earlier one on the disk.
    pub(super) fn next(&self) -> PathBuf {
        self.hidden("next")
    }

    /// The file that becomes [`next`](Place::next) when it is whole. Only the holder of the lock uses it.
    pub(super) fn draft(&self) -> PathBuf {
        self.hidden("draft")
    }

    /// All files beside the registry that mean nothing without their writer.
    pub(super) fn unfinished(&self) -> [PathBuf; 3] {
        [self.temporary(), self.next(), self.draft()]
    }

    fn hidden(&self, extension: &str) -> PathBuf {
        let mut name = OsString::from(".");
        name.push(self.path.file_name().unwrap_or_default());
        name.push(".");
        name.push(extension);
        self.folder().join(name)
    }
}

/// Whether there is no link, or nothing at all. What is in the way of both is told by whoever opens the file.
fn is_no_link(problem: &io::Error) -> bool {
    use io::ErrorKind as Io;
    matches!(
        problem.kind(),
        Io::InvalidInput | Io::NotFound | Io::NotADirectory | Io::PermissionDenied
    )
}

/// What an error of the file system means for a registry.
pub(super) fn error(doing: &str, path: &Path, error: &io::Error) -> Error {
    use io::ErrorKind as Io;
    let message = format!("cannot {doing} {}: {error}", path.display());
    let (kind, hint) = match error.kind() {
        Io::ReadOnlyFilesystem => (ErrorKind::ReadOnly, "the file system may only be read"),
        Io::PermissionDenied if doing == "read" => (
            ErrorKind::Unavailable,
            "this user needs the right to read it",
        ),
        Io::PermissionDenied => (
            ErrorKind::ReadOnly,
            "to write, this user needs the right to write the file and its folder: \
             a new file takes the place of the old one",
        ),
        Io::StorageFull | Io::QuotaExceeded => (
            ErrorKind::Unavailable,
            "make room; the registry is as it was",
        ),
        Io::IsADirectory => (ErrorKind::Unavailable, "name a file in the folder"),
        Io::NotADirectory => (
            ErrorKind::Unavailable,
            "a part of the path is a file, not a folder",
        ),
        _ => return Error::new(ErrorKind::Unavailable, message),
    };
    Error::new(kind, message).with_hint(hint)
}
