//! The conformance suite on a MySQL or MariaDB server.
#![allow(clippy::unwrap_used, reason = "a test fails by panic")]

mod common;

use std::net::SocketAddr;
use std::sync::Arc;

use async_trait::async_trait;
use feast_registry_conformance::{self as conformance, Harness, Opened, conformance_main};
use feast_registry_core::{Result, Store};

use common::{Server, open};

struct MysqlHarness {
    name: String,
    server: Server,
}

impl MysqlHarness {
    fn from_env() -> Self {
        MysqlHarness {
            name: std::env::var("FEAST_REGISTRY_CONFORMANCE_NAME")
                .unwrap_or_else(|_| "mysql".to_owned()),
            server: Server::from_env(),
        }
    }
}

#[async_trait]
impl Harness for MysqlHarness {
    fn name(&self) -> &str {
        &self.name
    }

    async fn open(&self) -> Result<Opened> {
        let database = self.server.create_database().await?;
        let store = self.server.open_elsewhere(&database).await?;
        Ok(Opened::new(store, database))
    }

    async fn reopen(&self, location: &str) -> Result<Arc<dyn Store>> {
        Ok(Arc::new(self.server.open_elsewhere(location).await?))
    }

    async fn discard(&self, location: &str) -> Result<()> {
        self.server.drop_database(location).await
    }

    fn server(&self) -> Option<&dyn conformance::Server> {
        Some(self)
    }
}

#[async_trait]
impl conformance::Server for MysqlHarness {
    fn address(&self) -> String {
        let (host, port) = self.server.authority();
        format!("{host}:{port}")
    }

    async fn through(&self, location: &str, address: SocketAddr) -> Result<Arc<dyn Store>> {
        Ok(Arc::new(
            open(&self.server.through(location, address)).await?,
        ))
    }

    async fn kill(&self, location: &str) -> Result<usize> {
        self.server.kill(location).await
    }

    /// A command has its kind before its text. Each is answered before the next one is sent.
    fn commit(&self) -> [&[u8]; 2] {
        [b"\x03COMMIT", b""]
    }
}

conformance_main!(MysqlHarness::from_env());
