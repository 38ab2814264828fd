//! The conformance suite on YugabyteDB, or on PostgreSQL in its place.

use std::net::SocketAddr;
use std::sync::Arc;

use async_trait::async_trait;
use feast_registry_conformance::{Harness, Opened, Server, conformance_main};
use feast_registry_core::{Result, Store};
use feast_registry_postgres::testing::{COMMIT, TestServer};
use feast_registry_yugabytedb::YugabyteDialect;

/// A schema for every store.
struct YugabyteHarness {
    server: TestServer<YugabyteDialect>,
}

impl YugabyteHarness {
    /// Not to skip: whoever runs the suite wants to know how the database does.
    fn from_env() -> Self {
        let server = TestServer::from_env(YugabyteDialect::in_schema);
        YugabyteHarness {
            server: server.expect("FEAST_REGISTRY_CONFORMANCE_URL names a server"),
        }
    }
}

#[async_trait]
impl Harness for YugabyteHarness {
    fn name(&self) -> &str {
        "yugabytedb"
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

/// For the trials of connections that break.
#[async_trait]
impl Server for YugabyteHarness {
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

conformance_main!(YugabyteHarness::from_env());
