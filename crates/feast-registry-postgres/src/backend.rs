//! The backend: what the facade knows of PostgreSQL.

use std::sync::Arc;

use async_trait::async_trait;

use feast_registry_core::backend::{Backend, Opening, StoreOptions};
use feast_registry_core::store::Capabilities;
use feast_registry_core::{Error, Result};
use feast_registry_sql::{Dialect, SqlStore, create_statements};

use crate::{PostgresDialect, PostgresDriver, PostgresSettings};

/// Serves `postgresql:` URLs.
#[derive(Clone, Copy, Debug, Default)]
pub struct PostgresBackend;

#[async_trait]
impl Backend for PostgresBackend {
    fn name(&self) -> &'static str {
        "postgres"
    }

    fn schemes(&self) -> &'static [&'static str] {
        &["postgresql", "postgres"]
    }

    async fn open(&self, options: &StoreOptions) -> Result<Opening> {
        let dialect = PostgresDialect::in_schema(options.schema.clone());
        open_options(options, dialect, Product::PostgreSql).await
    }

    fn schema_statements(&self, options: &StoreOptions) -> Vec<String> {
        create_statements(&PostgresDialect::in_schema(options.schema.clone()))
    }
}

/// Servers that speak PostgreSQL's protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Product {
    /// PostgreSQL, and whoever says of itself to be nothing else.
    PostgreSql,
    /// CockroachDB.
    CockroachDb,
    /// Whatever answers: the server is not asked.
    Any,
}

impl Product {
    /// What a server is, by the text of `version()`.
    fn of(version: &str) -> Self {
        match version.contains("CockroachDB") {
            true => Product::CockroachDb,
            false => Product::PostgreSql,
        }
    }

    /// The backend that serves it.
    fn backend(self) -> &'static str {
        match self {
            Product::CockroachDb => "cockroachdb",
            Product::PostgreSql | Product::Any => "postgres",
        }
    }
}

/// Opens the store of a dialect, if the server is the product that it is made for; else says which
/// backend serves it. With this, the backend of another dialect is a few lines.
///
/// # Errors
///
/// [`ErrorKind::Config`](feast_registry_core::ErrorKind::Config) for settings that make no sense,
/// [`ErrorKind::Unavailable`](feast_registry_core::ErrorKind::Unavailable) if no server
/// answers.
pub async fn open_options(
    options: &StoreOptions,
    dialect: impl Dialect,
    expected: Product,
) -> Result<Opening> {
    let settings = PostgresSettings::from_options(options)?;
    let described = |error: Error| error.context(format_args!("cannot open {}", options.url));
    let driver =
        PostgresDriver::new(&settings, dialect).map_err(|fault| described(fault.into()))?;
    let version = driver
        .version()
        .await
        .map_err(|fault| described(fault.into()))?;
    let found = Product::of(&version);
    if expected != Product::Any && expected != found {
        return Ok(Opening::Other {
            backend: found.backend(),
            server: version,
        });
    }
    Ok(Opening::Store(Arc::new(store(driver, &settings))))
}

/// A store with a dialect on a server that is not asked what it is. It connects when it is first
/// used; its tables are made by [`initialize`](feast_registry_core::Store::initialize).
///
/// # Errors
///
/// [`ErrorKind::Unavailable`](feast_registry_core::ErrorKind::Unavailable) if certificates cannot be
/// read.
pub fn open(
    settings: &PostgresSettings,
    dialect: impl Dialect,
) -> Result<SqlStore<PostgresDriver>> {
    Ok(store(PostgresDriver::new(settings, dialect)?, settings))
}

fn store(driver: PostgresDriver, settings: &PostgresSettings) -> SqlStore<PostgresDriver> {
    SqlStore::new(driver, Capabilities::default(), settings.echo)
}
