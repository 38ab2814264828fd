//! The backend: what the facade knows of registry files.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use feast_registry_core::backend::{Backend, Opening, StoreOptions};
use feast_registry_core::{Error, ErrorKind, Result};

use crate::current::blocking;
use crate::{FileOptions, FileStore, LocalFile};

/// The first bytes of every SQLite database.
const SQLITE: &[u8] = b"SQLite format 3\0";

/// Serves paths and `file:` URLs.
#[derive(Clone, Copy, Debug, Default)]
pub struct FileBackend;

#[async_trait]
impl Backend for FileBackend {
    fn name(&self) -> &'static str {
        "file"
    }

    fn schemes(&self) -> &'static [&'static str] {
        &["file"]
    }

    /// Names lie: users call a SQLite database what Feast's templates call a registry file. So the
    /// first bytes tell.
    async fn open(&self, options: &StoreOptions) -> Result<Opening> {
        let path = path(options)?;
        let place = path.clone();
        if blocking(move || is_sqlite(&place)).await? {
            return Ok(Opening::Other {
                backend: "sqlite",
                server: format!("an SQLite database, {}", path.display()),
            });
        }
        let file = FileOptions::default().with_backup_versions(options.backup_versions);
        let store = FileStore::new(Arc::new(LocalFile::new(path)), file);
        Ok(Opening::Store(Arc::new(store)))
    }
}

fn path(options: &StoreOptions) -> Result<PathBuf> {
    let path = options.url.path().ok_or_else(|| {
        let message = format!("{} names no file", options.url);
        Error::new(ErrorKind::Config, message).with_hint("write a path, such as data/registry.db")
    })?;
    Ok(options.base.join(path))
}

/// Whatever else is wrong with the file is said when it is read.
///
/// A database with a log beside it is in use, perhaps by this process: to open and close it would end all locks that this
/// process has on it.
fn is_sqlite(path: &Path) -> bool {
    if !path.is_file() {
        return false;
    }
    if log_beside(path).is_file() {
        return true;
    }
    let mut first = Vec::new();
    let read = File::open(path).and_then(|file| file.take(16).read_to_end(&mut first));
    read.is_ok() && first == SQLITE
}

/// Where SQLite keeps the write-ahead log of a database, as long as anybody has that open.
fn log_beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push("-wal");
    name.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_that_is_in_use_is_told_without_opening_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("registry.db");
        std::fs::write(&path, "not looked at").unwrap();
        assert!(!is_sqlite(&path));
        std::fs::write(log_beside(&path), "").unwrap();
        assert!(is_sqlite(&path));
        std::fs::remove_file(log_beside(&path)).unwrap();
        std::fs::write(&path, SQLITE).unwrap();
        assert!(is_sqlite(&path));
    }
}
