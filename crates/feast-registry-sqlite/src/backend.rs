//! The backend: what the facade knows of SQLite.

use std::sync::Arc;

use async_trait::async_trait;

use feast_registry_core::backend::{Backend, Opening, StoreOptions};
use feast_registry_core::store::Capabilities;
use feast_registry_core::{Error, Result};
use feast_registry_sql::{SqlStore, create_statements};

use crate::{SqliteDialect, SqliteDriver, SqliteSettings};

/// Serves `sqlite:` URLs.
#[derive(Clone, Copy, Debug, Default)]
pub struct SqliteBackend;

#[async_trait]
impl Backend for SqliteBackend {
    fn name(&self) -> &'static str {
        "sqlite"
    }

    fn schemes(&self) -> &'static [&'static str] {
        &["sqlite"]
    }

    async fn open(&self, options: &StoreOptions) -> Result<Opening> {
        let settings = SqliteSettings::from_options(options)?;
        let store = open(&settings)
            .map_err(|error| error.context(format_args!("cannot open {}", options.url)))?;
        Ok(Opening::Store(Arc::new(store)))
    }

    fn schema_statements(&self, _options: &StoreOptions) -> Vec<String> {
        create_statements(&SqliteDialect)
    }
}

/// Opens a database as a store; its tables are made by
/// [`initialize`](feast_registry_core::Store::initialize).
///
/// # Errors
///
/// [`ErrorKind::Unavailable`](feast_registry_core::ErrorKind::Unavailable) and
/// [`ErrorKind::Corrupt`](feast_registry_core::ErrorKind::Corrupt), naming the file and what it is.
pub fn open(settings: &SqliteSettings) -> Result<SqlStore<SqliteDriver>, Error> {
    let driver = SqliteDriver::open(settings)?;
    let on_disk = settings.file.is_some();
    let capabilities = Capabilities::default()
        .with_durable(on_disk)
        .with_frugal_reads(true)
        .with_shared(on_disk);
    Ok(SqlStore::new(driver, capabilities, settings.echo))
}
