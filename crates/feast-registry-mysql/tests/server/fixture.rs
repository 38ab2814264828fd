//! What the tests have in common: a database of their own.

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use feast_registry_conformance::proxy::Proxy;
use feast_registry_core::{Registry, RegistryOptions};
use feast_registry_mysql::MysqlDriver;
use feast_registry_sql::SqlStore;
use mysql_async::prelude::{FromValue, Queryable};

use crate::common::Server;
pub(crate) use crate::objects::{entity, view};

/// A database of one test, which is removed at its end.
pub(crate) struct Fixture {
    pub(crate) server: Arc<Server>,
    pub(crate) database: String,
}

impl Fixture {
    pub(crate) async fn new(server: &Arc<Server>) -> Self {
        Fixture {
            server: Arc::clone(server),
            database: server.create_database().await.unwrap(),
        }
    }

    pub(crate) fn url(&self) -> String {
        self.server.url(0, &self.database)
    }

    pub(crate) async fn store(&self) -> Arc<SqlStore<MysqlDriver>> {
        Arc::new(self.server.open(&self.database).await.unwrap())
    }

    pub(crate) async fn registry(&self) -> Registry {
        registry(&self.url()).await
    }

    /// A proxy before the server, and the URL of the database behind it.
    pub(crate) async fn proxy(&self) -> (String, Proxy) {
        let (host, port) = self.server.authority();
        let proxy = Proxy::start(format!("{host}:{port}")).await.unwrap();
        let url = self.server.through(&self.database, proxy.address());
        (url, proxy)
    }

    /// A registry behind a proxy.
    pub(crate) async fn behind_proxy(&self) -> (Registry, Proxy) {
        let (url, proxy) = self.proxy().await;
        (registry(&url).await, proxy)
    }

    /// Runs a statement in the database.
    pub(crate) async fn sql(&self, sql: &str) {
        let mut conn = self.server.connect(Some(&self.database)).await.unwrap();
        conn.query_drop(sql).await.unwrap();
        conn.disconnect().await.unwrap();
    }

    /// The number that a query finds in the database.
    pub(crate) async fn number(&self, sql: &str) -> u64 {
        self.value(sql).await
    }

    /// The text that a query finds in the database.
    pub(crate) async fn text(&self, sql: &str) -> String {
        self.value(sql).await
    }

    async fn value<T: FromValue + Send + 'static>(&self, sql: &str) -> T {
        let mut conn = self.server.connect(Some(&self.database)).await.unwrap();
        let value = conn.query_first(sql).await.unwrap().unwrap();
        conn.disconnect().await.unwrap();
        value
    }

    pub(crate) async fn end(self) {
        self.server.drop_database(&self.database).await.unwrap();
    }
}

/// A registry on a new store.
pub(crate) async fn registry(url: &str) -> Registry {
    let settings = crate::common::settings(url).unwrap();
    let store = feast_registry_mysql::open(&settings).await.unwrap();
    Registry::open(Arc::new(store), RegistryOptions::default())
        .await
        .unwrap()
}

/// Waits until something is so.
pub(crate) async fn until<F: Future<Output = bool>>(what: &str, mut is_so: impl FnMut() -> F) {
    let start = Instant::now();
    while !is_so().await {
        assert!(start.elapsed() < Duration::from_secs(8), "not so: {what}");
        tokio::task::yield_now().await;
    }
}
