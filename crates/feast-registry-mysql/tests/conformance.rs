//! The conformance suite on a MySQL or MariaDB server.
#![allow(clippy::unwrap_used, reason = "a test fails by panic")]

mod common;

use std::sync::Arc;

use async_trait::async_trait;
use feast_registry_conformance::{Harness, Opened, conformance_main};
use feast_registry_core::{Result, Store};

use common::Server;

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
        let store = self.server.open(&database).await?;
        Ok(Opened::new(store, database))
    }

    async fn reopen(&self, location: &str) -> Result<Arc<dyn Store>> {
        Ok(Arc::new(self.server.open_elsewhere(location).await?))
    }

    async fn discard(&self, location: &str) -> Result<()> {
        self.server.drop_database(location).await
    }
}

conformance_main!(MysqlHarness::from_env());
