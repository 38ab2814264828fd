//! A server for tests, and a schema of one's own on it.
//!
//! The server is not asked what it is, so that it may also be PostgreSQL.

use feast_registry_cockroachdb::CockroachDialect;
use feast_registry_core::backend::StoreOptions;
use feast_registry_core::url::RegistryUrl;
use feast_registry_core::{Error, ErrorKind, Result};
use feast_registry_postgres::{PostgresDriver, PostgresSettings};
use feast_registry_sql::{Access, Driver, Step};

const URL: &str = "FEAST_REGISTRY_CONFORMANCE_URL";

/// Settings for a schema on the server that the environment names.
pub(crate) fn settings(schema: Option<&str>) -> Result<PostgresSettings> {
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

/// The dialect for a schema.
pub(crate) fn dialect(schema: Option<&str>) -> CockroachDialect {
    CockroachDialect::in_schema(schema.map(str::to_owned))
}

/// A driver for a schema.
pub(crate) fn driver(schema: Option<&str>) -> Result<PostgresDriver> {
    Ok(PostgresDriver::new(&settings(schema)?, dialect(schema))?)
}

/// Runs a statement without parameters.
pub(crate) async fn execute(sql: String) -> Result<()> {
    let driver = driver(None)?;
    let mut connection = driver.acquire(Access::Write).await?;
    connection.run(vec![Step::control(sql)]).await?;
    drop(connection);
    Ok(driver.close().await?)
}

/// Makes a schema with a name of its own.
pub(crate) async fn create_schema() -> Result<String> {
    let name = format!("feast_registry_test_{}", uuid::Uuid::new_v4().simple());
    execute(format!("CREATE SCHEMA {name}")).await?;
    Ok(name)
}

/// Removes a schema that [`create_schema`] made.
pub(crate) async fn drop_schema(name: &str) -> Result<()> {
    execute(format!("DROP SCHEMA {name} CASCADE")).await
}
