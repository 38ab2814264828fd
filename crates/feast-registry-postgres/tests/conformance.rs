//! The conformance suite on PostgreSQL, or on what speaks its protocol.
#![allow(clippy::unwrap_used, reason = "without a server there is no test")]

use std::net::SocketAddr;
use std::sync::Arc;

use async_trait::async_trait;
use feast_registry_conformance::{Harness, Opened, Server, conformance_main};
use feast_registry_core::{Result, Store};
use feast_registry_postgres::PostgresDialect;
use feast_registry_postgres::testing::{COMMIT, TestServer};

/// A schema for every store.
struct PostgresHarness {
    name: String,
    server: TestServer<PostgresDialect>,
}

impl PostgresHarness {
    fn from_env() -> Self {
        PostgresHarness {
            name: std::env::var("FEAST_REGISTRY_CONFORMANCE_NAME")
                .unwrap_or_else(|_| "postgres".to_owned()),
            server: TestServer::from_env(PostgresDialect::in_schema).unwrap(),
        }
    }
}

#[async_trait]
impl Harness for PostgresHarness {
    fn name(&self) -> &str {
        &self.name
    }

    async fn open(&self) -> Result<Opened> {
        let schema = self.server.create().await?;
        let settings = self.server.settings(Some(&schema))?;
        Ok(Opened::new(self.server.store(&settings)?, schema))
    }

    async fn reopen(&self, location: &str) -> Result<Arc<dyn Store>> {
        let settings = self.server.settings(Some(location))?;
        Ok(Arc::new(self.server.store(&settings)?))
    }

    async fn discard(&self, location: &str) -> Result<()> {
        self.server.discard(location).await
    }

    fn server(&self) -> Option<&dyn Server> {
        self.server.address().is_some().then_some(self)
    }
}

#[async_trait]
impl Server for PostgresHarness {
    fn address(&self) -> String {
        self.server.address().unwrap_or_default()
    }

    async fn through(&self, location: &str, address: SocketAddr) -> Result<Arc<dyn Store>> {
        let settings = self.server.through(location, address)?;
        Ok(Arc::new(self.server.store(&settings)?))
    }

    async fn kill(&self, location: &str) -> Result<usize> {
        self.server.kill(location).await
    }

    fn commit(&self) -> [&[u8]; 2] {
        COMMIT
    }
}

conformance_main!(PostgresHarness::from_env());
