//! The conformance suite on PostgreSQL, or on what speaks its protocol.

mod common;

use std::sync::Arc;

use async_trait::async_trait;
use feast_registry_conformance::{Harness, Opened, conformance_main};
use feast_registry_core::{Result, Store};
use feast_registry_postgres::{PostgresDialect, PostgresDriver, open};
use feast_registry_sql::SqlStore;
use tokio::sync::OnceCell;

/// A schema for every store: as good as a database, and made in a fraction of the time.
struct PostgresHarness {
    name: String,
    /// What makes and drops schemas.
    administrator: OnceCell<PostgresDriver>,
}

impl PostgresHarness {
    fn from_env() -> Self {
        PostgresHarness {
            name: std::env::var("FEAST_REGISTRY_CONFORMANCE_NAME")
                .unwrap_or_else(|_| "postgres".to_owned()),
            administrator: OnceCell::new(),
        }
    }

    async fn administrator(&self) -> Result<&PostgresDriver> {
        self.administrator
            .get_or_try_init(|| async { common::driver() })
            .await
    }

    fn store(schema: &str) -> Result<SqlStore<PostgresDriver>> {
        let dialect = PostgresDialect::in_schema(Some(schema.to_owned()));
        open(&common::settings(Some(schema))?, dialect)
    }
}

#[async_trait]
impl Harness for PostgresHarness {
    fn name(&self) -> &str {
        &self.name
    }

    async fn open(&self) -> Result<Opened> {
        let schema = common::create_schema(self.administrator().await?).await?;
        Ok(Opened::new(Self::store(&schema)?, schema))
    }

    async fn reopen(&self, location: &str) -> Result<Arc<dyn Store>> {
        Ok(Arc::new(Self::store(location)?))
    }

    async fn discard(&self, location: &str) -> Result<()> {
        common::drop_schema(self.administrator().await?, location).await
    }
}

conformance_main!(PostgresHarness::from_env());
