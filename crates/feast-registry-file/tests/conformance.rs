//! The conformance suite on registry files.

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use feast_registry_conformance::{Harness, Opened, conformance_main};
use feast_registry_core::{Error, ErrorKind, Result, Store};
use feast_registry_file::{FileOptions, FileStore, LocalFile};

struct FileHarness;

fn open(path: &str) -> FileStore {
    FileStore::new(Arc::new(LocalFile::new(path)), FileOptions::default())
}

fn internal(error: std::io::Error) -> Error {
    Error::new(ErrorKind::Internal, error.to_string())
}

#[async_trait]
impl Harness for FileHarness {
    fn name(&self) -> &str {
        "file"
    }

    async fn open(&self) -> Result<Opened> {
        let folder = tempfile::Builder::new()
            .prefix("feast-registry-file-")
            .tempdir()
            .map_err(internal)?;
        // `discard` removes it.
        let path = folder.keep().join("registry.db");
        let path = path.to_string_lossy();
        Ok(Opened::new(open(&path), path))
    }

    async fn reopen(&self, location: &str) -> Result<Arc<dyn Store>> {
        Ok(Arc::new(open(location)))
    }

    async fn discard(&self, location: &str) -> Result<()> {
        let folder = PathBuf::from(location).parent().map(PathBuf::from);
        std::fs::remove_dir_all(folder.unwrap_or_default()).map_err(internal)
    }
}

conformance_main!(FileHarness);
