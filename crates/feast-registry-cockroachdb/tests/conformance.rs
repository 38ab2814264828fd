//! The conformance suite on CockroachDB, or on a server that stands in for it: PostgreSQL at
//! SERIALIZABLE.
//!
//! There, every transaction is told to start again three times, by errors 40001 of the server itself:
//! at one statement after the other, and at COMMIT. So each trial of the suite is also a trial of
//! trying again.

mod common;
mod restarts;

use std::sync::Arc;

use async_trait::async_trait;
use feast_registry_conformance::{Harness, Opened, conformance_main};
use feast_registry_core::store::Capabilities;
use feast_registry_core::{Result, Store};
use feast_registry_postgres::open;
use feast_registry_sql::SqlStore;
use feast_registry_sql::testing::{Failing, Restarts, When};
use tokio::sync::OnceCell;

/// Set if the server only takes the place of the real one.
const STANDS_IN: &str = "FEAST_REGISTRY_CONFORMANCE_STANDS_IN";

/// Every transaction meets three restarts, at one of so many statements, or at COMMIT where it has
/// fewer.
const WHEN: When = When::First {
    attempts: 3,
    places: 9,
};

/// A schema for every store.
struct CockroachHarness {
    name: String,
    stands_in: bool,
    made: OnceCell<()>,
}

impl CockroachHarness {
    fn from_env() -> Self {
        let name = std::env::var("FEAST_REGISTRY_CONFORMANCE_NAME");
        CockroachHarness {
            name: name.unwrap_or_else(|_| "cockroachdb".to_owned()),
            stands_in: std::env::var_os(STANDS_IN).is_some(),
            made: OnceCell::new(),
        }
    }

    fn store(&self, schema: &str) -> Result<Arc<dyn Store>> {
        if !self.stands_in {
            let settings = common::settings(Some(schema))?;
            return Ok(Arc::new(open(&settings, common::dialect(Some(schema)))?));
        }
        let failing = Failing {
            at_once: restarts::FAILS_AT_ONCE.into(),
            at_commit: restarts::FAILS_AT_COMMIT.into(),
        };
        let driver = Restarts::new(common::driver(Some(schema))?, WHEN, failing);
        let store = SqlStore::new(driver, Capabilities::default(), false);
        Ok(Arc::new(store))
    }
}

#[async_trait]
impl Harness for CockroachHarness {
    fn name(&self) -> &str {
        &self.name
    }

    async fn open(&self) -> Result<Opened> {
        if self.stands_in {
            self.made
                .get_or_try_init(restarts::let_commits_fail)
                .await?;
        }
        let schema = common::create_schema().await?;
        Ok(Opened {
            store: self.store(&schema)?,
            location: schema,
        })
    }

    async fn reopen(&self, location: &str) -> Result<Arc<dyn Store>> {
        self.store(location)
    }

    async fn discard(&self, location: &str) -> Result<()> {
        common::drop_schema(location).await
    }
}

conformance_main!(CockroachHarness::from_env());
