//! The conformance suite on CockroachDB, or on a server that stands in for it.
//!
//! The harness opens stores by [`open`], which does not ask the server what it is: so the suite
//! also runs on PostgreSQL, where the dialect's isolation level makes 40001 happen as well.

use std::sync::Arc;

use async_trait::async_trait;
use feast_registry_cockroachdb::CockroachDialect;
use feast_registry_conformance::{Harness, Opened, conformance_main};
use feast_registry_core::backend::StoreOptions;
use feast_registry_core::url::RegistryUrl;
use feast_registry_core::{Error, ErrorKind, Result, Store};
use feast_registry_postgres::{PostgresDriver, PostgresSettings, open};
use feast_registry_sql::{Access, Driver, SqlStore, Step};

/// A schema for every store.
struct CockroachHarness {
    name: String,
}

impl CockroachHarness {
    fn from_env() -> Self {
        let name = std::env::var("FEAST_REGISTRY_CONFORMANCE_NAME");
        CockroachHarness {
            name: name.unwrap_or_else(|_| "cockroachdb".to_owned()),
        }
    }
}

fn store(schema: Option<&str>) -> Result<SqlStore<PostgresDriver>> {
    let settings = settings(schema)?;
    open(&settings, dialect(schema))
}

fn dialect(schema: Option<&str>) -> CockroachDialect {
    CockroachDialect::in_schema(schema.map(str::to_owned))
}

fn settings(schema: Option<&str>) -> Result<PostgresSettings> {
    const URL: &str = "FEAST_REGISTRY_CONFORMANCE_URL";
    let text = std::env::var(URL).map_err(|_| {
        Error::new(ErrorKind::Config, format!("{URL} does not name a server"))
            .with_hint("`cargo xtask conformance --backend cockroachdb` starts one")
    })?;
    let url = RegistryUrl::parse(&text)
        .map_err(|error| Error::new(ErrorKind::Config, error.to_string()))?;
    let mut options = StoreOptions::new(url);
    options.schema = schema.map(str::to_owned);
    PostgresSettings::from_options(&options)
}

async fn execute(sql: String) -> Result<()> {
    let driver = PostgresDriver::new(&settings(None)?, dialect(None))?;
    let mut connection = driver.acquire(Access::Write).await?;
    connection.run(vec![Step::control(sql)]).await?;
    drop(connection);
    Ok(driver.close().await?)
}

#[async_trait]
impl Harness for CockroachHarness {
    fn name(&self) -> &str {
        &self.name
    }

    async fn open(&self) -> Result<Opened> {
        let schema = format!("feast_registry_test_{}", uuid::Uuid::new_v4().simple());
        execute(format!("CREATE SCHEMA {schema}")).await?;
        Ok(Opened::new(store(Some(&schema))?, schema))
    }

    async fn reopen(&self, location: &str) -> Result<Arc<dyn Store>> {
        Ok(Arc::new(store(Some(location))?))
    }

    async fn discard(&self, location: &str) -> Result<()> {
        execute(format!("DROP SCHEMA {location} CASCADE")).await
    }
}

conformance_main!(CockroachHarness::from_env());
