//! The backend: what the facade knows of MySQL and MariaDB.

use std::sync::Arc;

use async_trait::async_trait;

use feast_registry_core::backend::{Backend, Opening, StoreOptions};
use feast_registry_core::store::Capabilities;
use feast_registry_core::{Error, Result};
use feast_registry_sql::{SqlStore, create_statements};

use crate::dialect::EitherDialect;
use crate::{MysqlDriver, MysqlSettings};

/// Serves `mysql:` and `mariadb:` URLs. Both schemes open both servers.
#[derive(Clone, Copy, Debug, Default)]
pub struct MysqlBackend;

#[async_trait]
impl Backend for MysqlBackend {
    fn name(&self) -> &'static str {
        "mysql"
    }

    fn schemes(&self) -> &'static [&'static str] {
        &["mysql", "mariadb"]
    }

    async fn open(&self, options: &StoreOptions) -> Result<Opening> {
        let settings = MysqlSettings::from_options(options)?;
        let store = open(&settings)
            .await
            .map_err(|error| error.context(format_args!("cannot open {}", options.url)))?;
        Ok(Opening::Store(Arc::new(store)))
    }

    fn schema_statements(&self, _options: &StoreOptions) -> Vec<String> {
        create_statements(&EitherDialect)
    }
}

/// Opens a database as a store; its tables are made by
/// [`initialize`](feast_registry_core::Store::initialize).
///
/// # Errors
///
/// Those of [`MysqlDriver::connect`].
pub async fn open(settings: &MysqlSettings) -> Result<SqlStore<MysqlDriver>, Error> {
    let driver = MysqlDriver::connect(settings).await?;
    // Each statement is a round trip, whenever it is sent.
    let mut capabilities = Capabilities::default().with_frugal_reads(true);
    capabilities.case_sensitive_names = driver.exact_names();
    Ok(SqlStore::new(driver, capabilities, settings.echo))
}
