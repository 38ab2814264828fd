//! The conformance suite on SQLite.

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use feast_registry_conformance::{Harness, Opened, conformance_main};
use feast_registry_core::{Error, ErrorKind, Result, Store};
use feast_registry_sqlite::{SqliteSettings, open};

struct SqliteHarness;

#[async_trait]
impl Harness for SqliteHarness {
    fn name(&self) -> &str {
        "sqlite"
    }

    async fn open(&self) -> Result<Opened> {
        let folder = tempfile::Builder::new()
            .prefix("feast-registry-sqlite-")
            .tempdir()
            .map_err(|error| Error::new(ErrorKind::Internal, error.to_string()))?;
        // `discard` removes it.
        let file = folder.keep().join("registry.db");
        Ok(Opened::new(
            open(&SqliteSettings::file(&file))?,
            file.to_string_lossy(),
        ))
    }

    async fn reopen(&self, location: &str) -> Result<Arc<dyn Store>> {
        Ok(Arc::new(open(&SqliteSettings::file(location))?))
    }

    async fn discard(&self, location: &str) -> Result<()> {
        let folder = PathBuf::from(location)
            .parent()
            .map(PathBuf::from)
            .unwrap_or_default();
        std::fs::remove_dir_all(folder)
            .map_err(|error| Error::new(ErrorKind::Internal, error.to_string()))
    }
}

conformance_main!(SqliteHarness);
