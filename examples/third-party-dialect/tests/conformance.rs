//! The conformance suite on YugabyteDB, or on PostgreSQL in its place.

use std::sync::Arc;

use async_trait::async_trait;
use feast_registry_conformance::{Harness, Opened, conformance_main};
use feast_registry_core::backend::StoreOptions;
use feast_registry_core::url::RegistryUrl;
use feast_registry_core::{Error, ErrorKind, Result, Store};
use feast_registry_postgres::{PostgresDriver, PostgresSettings, open};
use feast_registry_sql::{Access, Driver, SqlStore, Step};
use feast_registry_yugabytedb::YugabyteDialect;
use tokio::sync::OnceCell;

/// The URL of a server, as somebody who may create schemas.
const URL: &str = "FEAST_REGISTRY_CONFORMANCE_URL";

/// A schema for every store.
#[derive(Default)]
struct YugabyteHarness {
    /// What makes and drops schemas.
    administrator: OnceCell<PostgresDriver>,
}

/// Settings for a schema of the server.
fn settings(schema: Option<&str>) -> Result<PostgresSettings> {
    let wrong = |text: String| Error::new(ErrorKind::Config, text);
    // Not to skip: whoever runs the suite wants to know how the database does.
    let url = std::env::var(URL).map_err(|_| wrong(format!("{URL} does not name a server")))?;
    let url = RegistryUrl::parse(&url).map_err(|error| wrong(error.to_string()))?;
    let mut options = StoreOptions::new(url);
    options.schema = schema.map(str::to_owned);
    PostgresSettings::from_options(&options)
}

fn store(schema: &str) -> Result<SqlStore<PostgresDriver>> {
    let dialect = YugabyteDialect::in_schema(Some(schema.to_owned()));
    open(&settings(Some(schema))?, dialect)
}

impl YugabyteHarness {
    async fn administrator(&self) -> Result<&PostgresDriver> {
        let connect = async || -> Result<PostgresDriver> {
            let driver = PostgresDriver::new(&settings(None)?, YugabyteDialect::default())?;
            Ok(driver)
        };
        self.administrator.get_or_try_init(connect).await
    }

    async fn execute(&self, sql: String) -> Result<()> {
        let driver = self.administrator().await?;
        let mut connection = driver.acquire(Access::Write).await?;
        connection.run(vec![Step::control(sql)]).await?;
        Ok(())
    }
}

#[async_trait]
impl Harness for YugabyteHarness {
    fn name(&self) -> &str {
        "yugabytedb"
    }

    async fn open(&self) -> Result<Opened> {
        let schema = format!("feast_registry_test_{}", uuid::Uuid::new_v4().simple());
        self.execute(format!("CREATE SCHEMA {schema}")).await?;
        Ok(Opened::new(store(&schema)?, schema))
    }

    async fn reopen(&self, location: &str) -> Result<Arc<dyn Store>> {
        Ok(Arc::new(store(location)?))
    }

    async fn discard(&self, location: &str) -> Result<()> {
        self.execute(format!("DROP SCHEMA {location} CASCADE"))
            .await
    }
}

conformance_main!(YugabyteHarness::default());
