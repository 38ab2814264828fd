//! The conformance suite on CockroachDB, or on a server that stands in for it: PostgreSQL at
//! SERIALIZABLE.
//!
//! There, every transaction is told to start again three times, by errors 40001 of the server itself:
//! at one statement after the other, and at COMMIT. So each trial of the suite is also a trial of
//! trying again.

#![allow(clippy::unwrap_used, reason = "without a server there is no test")]

mod restarts;

use std::net::SocketAddr;
use std::sync::Arc;

use async_trait::async_trait;
use feast_registry_cockroachdb::CockroachDialect;
use feast_registry_conformance::{Harness, Opened, Server, conformance_main};
use feast_registry_core::store::Capabilities;
use feast_registry_core::{Result, Store};
use feast_registry_postgres::PostgresSettings;
use feast_registry_postgres::testing::{COMMIT, TestServer};
use feast_registry_sql::SqlStore;
use feast_registry_sql::testing::{Restarts, When};
use tokio::sync::OnceCell;

/// Every transaction meets two restarts, at one of so many statements, or at COMMIT where it has
/// fewer.
const WHEN: When = When::First {
    attempts: 2,
    places: 20,
};

/// A schema for every store.
struct CockroachHarness {
    name: String,
    stands_in: bool,
    server: TestServer<CockroachDialect>,
    made: OnceCell<()>,
}

impl CockroachHarness {
    fn from_env() -> Self {
        let name = std::env::var("FEAST_REGISTRY_CONFORMANCE_NAME");
        CockroachHarness {
            name: name.unwrap_or_else(|_| "cockroachdb".to_owned()),
            stands_in: restarts::stands_in(),
            server: TestServer::from_env(CockroachDialect::in_schema).unwrap(),
            made: OnceCell::new(),
        }
    }

    fn store(&self, settings: &PostgresSettings) -> Result<Arc<dyn Store>> {
        if !self.stands_in {
            return Ok(Arc::new(self.server.store(settings)?));
        }
        let driver = self.server.driver(settings)?;
        let driver = Restarts::new(driver, WHEN, restarts::failing());
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
                .get_or_try_init(|| restarts::let_commits_fail(&self.server))
                .await?;
        }
        let schema = self.server.create().await?;
        Ok(Opened {
            store: self.reopen(&schema).await?,
            location: schema,
        })
    }

    async fn reopen(&self, location: &str) -> Result<Arc<dyn Store>> {
        self.store(&self.server.settings(Some(location))?)
    }

    async fn discard(&self, location: &str) -> Result<()> {
        self.server.discard(location).await
    }

    fn server(&self) -> Option<&dyn Server> {
        self.server.address().is_some().then_some(self)
    }
}

#[async_trait]
impl Server for CockroachHarness {
    fn address(&self) -> String {
        self.server.address().unwrap_or_default()
    }

    /// Without restarts: a lost answer must be that of a COMMIT that was done.
    async fn through(&self, location: &str, address: SocketAddr) -> Result<Arc<dyn Store>> {
        let settings = self.server.through(location, address)?;
        Ok(Arc::new(self.server.store(&settings)?))
    }

    /// CockroachDB ends sessions of any node by numbers of its own.
    async fn kill(&self, location: &str) -> Result<usize> {
        if self.stands_in {
            return self.server.kill(location).await;
        }
        let sessions = format!(
            "SELECT session_id FROM [SHOW CLUSTER SESSIONS] WHERE application_name = '{location}'"
        );
        let killed = self.server.rows(&sessions).await?.len();
        self.server
            .execute(format!("CANCEL SESSIONS IF EXISTS ({sessions})"))
            .await?;
        Ok(killed)
    }

    fn commit(&self) -> [&[u8]; 2] {
        COMMIT
    }
}

conformance_main!(CockroachHarness::from_env());
