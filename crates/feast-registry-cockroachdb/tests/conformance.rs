//! The conformance suite on CockroachDB, or on a server that stands in for it: PostgreSQL, where
//! the dialect's isolation level makes 40001 happen as well.

mod common;

use std::sync::Arc;

use async_trait::async_trait;
use feast_registry_conformance::{Harness, Opened, conformance_main};
use feast_registry_core::{Result, Store};
use feast_registry_postgres::{PostgresDriver, open};
use feast_registry_sql::SqlStore;

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

fn store(schema: &str) -> Result<SqlStore<PostgresDriver>> {
    open(
        &common::settings(Some(schema))?,
        common::dialect(Some(schema)),
    )
}

#[async_trait]
impl Harness for CockroachHarness {
    fn name(&self) -> &str {
        &self.name
    }

    async fn open(&self) -> Result<Opened> {
        let schema = common::create_schema().await?;
        Ok(Opened::new(store(&schema)?, schema))
    }

    async fn reopen(&self, location: &str) -> Result<Arc<dyn Store>> {
        Ok(Arc::new(store(location)?))
    }

    async fn discard(&self, location: &str) -> Result<()> {
        common::drop_schema(location).await
    }
}

conformance_main!(CockroachHarness::from_env());
