//! A server for tests, and a schema of one's own on it.

use feast_registry_core::backend::StoreOptions;
use feast_registry_core::url::RegistryUrl;
use feast_registry_core::{Error, ErrorKind, Result};
use feast_registry_postgres::{PostgresDialect, PostgresDriver, PostgresSettings};
use feast_registry_sql::{Access, Driver, Step};

/// The URL of a server, as somebody who may create schemas.
const URL: &str = "FEAST_REGISTRY_CONFORMANCE_URL";
/// What begins the name of every schema that tests make.
const PREFIX: &str = "feast_registry_test_";

/// What the environment says about the server.
pub(crate) fn url() -> Result<RegistryUrl> {
    let text = std::env::var(URL).map_err(|_| {
        Error::new(ErrorKind::Config, format!("{URL} does not name a server"))
            .with_hint("`cargo xtask conformance --backend postgres` starts one")
    })?;
    RegistryUrl::parse(&text).map_err(|error| Error::new(ErrorKind::Config, error.to_string()))
}

/// Settings for a schema on that server.
pub(crate) fn settings(schema: Option<&str>) -> Result<PostgresSettings> {
    let mut options = StoreOptions::new(url()?);
    options.schema = schema.map(str::to_owned);
    PostgresSettings::from_options(&options)
}

/// A driver for statements of the tests themselves.
pub(crate) fn driver() -> Result<PostgresDriver> {
    Ok(PostgresDriver::new(
        &settings(None)?,
        PostgresDialect::new(),
    )?)
}

/// Runs a statement without parameters.
pub(crate) async fn execute(driver: &PostgresDriver, sql: String) -> Result<()> {
    let mut connection = driver.acquire(Access::Write).await?;
    connection.run(vec![Step::control(sql)]).await?;
    Ok(())
}

/// Makes a schema with a name of its own.
pub(crate) async fn create_schema(driver: &PostgresDriver) -> Result<String> {
    let name = format!("{PREFIX}{}", uuid::Uuid::new_v4().simple());
    execute(driver, format!("CREATE SCHEMA {name}")).await?;
    Ok(name)
}

/// Removes a schema that [`create_schema`] made.
pub(crate) async fn drop_schema(driver: &PostgresDriver, name: &str) -> Result<()> {
    execute(driver, format!("DROP SCHEMA {name} CASCADE")).await
}
