//! A server with a database for every test.
#![allow(dead_code, reason = "each test program uses a part of it")]

use std::net::SocketAddr;
use std::process::exit;
use std::sync::atomic::{AtomicUsize, Ordering};

use feast_registry_core::backend::StoreOptions;
use feast_registry_core::url::RegistryUrl;
use feast_registry_core::{Error, ErrorKind, Result};
use feast_registry_mysql::{MysqlDriver, MysqlSettings};
use feast_registry_sql::SqlStore;
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, OptsBuilder, Row};

const URL: &str = "FEAST_REGISTRY_CONFORMANCE_URL";

/// A server with a database for every test.
pub(crate) struct Server {
    nodes: Vec<RegistryUrl>,
    next: AtomicUsize,
}

impl Server {
    /// The server that was asked for. Without one the program fails: skipping is only ever chosen.
    #[allow(
        clippy::print_stderr,
        reason = "the message is for whoever started the test"
    )]
    pub(crate) fn from_env() -> Self {
        let Ok(urls) = std::env::var(URL) else {
            eprintln!(
                "{URL} names no server, for example mysql://root@127.0.0.1:3306/; \
                 `cargo xtask conformance --backend mariadb` starts one"
            );
            exit(1);
        };
        let nodes: std::result::Result<Vec<RegistryUrl>, _> =
            urls.split_whitespace().map(RegistryUrl::parse).collect();
        match nodes {
            Ok(nodes) if !nodes.is_empty() => Server {
                nodes,
                next: AtomicUsize::new(0),
            },
            _ => {
                eprintln!("{URL} is no URL of a server");
                exit(1);
            }
        }
    }

    /// The URL of a database on a node.
    pub(crate) fn url(&self, node: usize, database: &str) -> String {
        let url = &self.nodes[node % self.nodes.len()];
        let text = url.expose();
        let (base, query) = text.split_once('?').unwrap_or((text, ""));
        let authority = base.splitn(4, '/').take(3).collect::<Vec<_>>().join("/");
        format!("{authority}/{database}?{query}")
    }

    /// The host and port of the first node.
    pub(crate) fn authority(&self) -> (String, u16) {
        let (host, port) = self.nodes[0].hosts()[0].clone();
        (host, port.unwrap_or(3306))
    }

    /// The URL of a database on the first node by another way, that of a proxy.
    pub(crate) fn through(&self, database: &str, address: SocketAddr) -> String {
        let (host, port) = self.authority();
        let authority = format!("{host}:{port}");
        self.url(0, database)
            .replace(&authority, &address.to_string())
    }

    /// The sessions in a database, and what each is doing.
    pub(crate) async fn sessions(&self, database: &str) -> Result<Vec<(u64, String)>> {
        let mut conn = self.connect(None).await?;
        let rows: Vec<Row> = conn.query("SHOW PROCESSLIST").await.map_err(internal)?;
        conn.disconnect().await.map_err(internal)?;
        let of_it = |row: &&Row| {
            let name: Option<String> = row.get("db").flatten();
            name.as_deref() == Some(database)
        };
        let session = |row: &Row| Some((row.get("Id")?, row.get("Command")?));
        Ok(rows.iter().filter(of_it).filter_map(session).collect())
    }

    /// Ends all sessions in a database; how many.
    pub(crate) async fn kill(&self, database: &str) -> Result<usize> {
        let mut conn = self.connect(None).await?;
        let sessions = self.sessions(database).await?;
        for (session, _) in &sessions {
            match conn.query_drop(format!("KILL {session}")).await {
                // It has ended by itself.
                Err(mysql_async::Error::Server(error)) if error.code == 1094 => {}
                outcome => outcome.map_err(internal)?,
            }
        }
        conn.disconnect().await.map_err(internal)?;
        Ok(sessions.len())
    }

    /// How many nodes there are.
    pub(crate) fn nodes(&self) -> usize {
        self.nodes.len()
    }

    /// Waits until a node of a cluster has what the others have acknowledged: a database that was
    /// made on one may not be there yet, and a login does not wait for it.
    async fn catch_up(&self, node: usize) -> Result<()> {
        if self.nodes.len() == 1 {
            return Ok(());
        }
        let mut conn = log_in(&self.nodes[node], None).await?;
        let wait = "SET SESSION wsrep_sync_wait = 15";
        conn.query_drop(wait).await.map_err(internal)?;
        conn.query_drop("SELECT 1").await.map_err(internal)?;
        conn.disconnect().await.map_err(internal)
    }

    /// A connection to the first node, as whoever the URL names.
    pub(crate) async fn connect(&self, database: Option<&str>) -> Result<Conn> {
        log_in(&self.nodes[0], database).await
    }

    /// Runs a statement outside any database.
    pub(crate) async fn administer(&self, sql: &str) -> Result<()> {
        let mut conn = self.connect(None).await?;
        conn.query_drop(sql).await.map_err(internal)?;
        conn.disconnect().await.map_err(internal)
    }

    /// Makes an empty database with a name of its own.
    pub(crate) async fn create_database(&self) -> Result<String> {
        let name = format!("feast_{}", uuid::Uuid::new_v4().simple());
        self.administer(&format!("CREATE DATABASE {name}")).await?;
        Ok(name)
    }

    /// Removes a database.
    pub(crate) async fn drop_database(&self, name: &str) -> Result<()> {
        self.administer(&format!("DROP DATABASE IF EXISTS {name}"))
            .await
    }

    /// Opens a database as a store, on the first node.
    pub(crate) async fn open(&self, database: &str) -> Result<SqlStore<MysqlDriver>> {
        open(&self.url(0, database)).await
    }

    /// Opens a database as a store, on each node in turn.
    pub(crate) async fn open_elsewhere(&self, database: &str) -> Result<SqlStore<MysqlDriver>> {
        let turn = self.next.fetch_add(1, Ordering::Relaxed) + 1;
        self.open_at(turn + std::process::id() as usize, database)
            .await
    }

    /// Opens a database as a store, on this node.
    pub(crate) async fn open_at(
        &self,
        node: usize,
        database: &str,
    ) -> Result<SqlStore<MysqlDriver>> {
        let node = node % self.nodes.len();
        self.catch_up(node).await?;
        open(&self.url(node, database)).await
    }
}

/// Settings for a URL, with few connections: many tests run at once.
pub(crate) fn settings(url: &str) -> Result<MysqlSettings> {
    let url = RegistryUrl::parse(url).map_err(internal)?;
    let mut options = StoreOptions::new(url);
    options.pool.max_size = 4;
    MysqlSettings::from_options(&options)
}

async fn log_in(node: &RegistryUrl, database: Option<&str>) -> Result<Conn> {
    let (host, port) = node.hosts()[0].clone();
    let options = OptsBuilder::default()
        .ip_or_hostname(host)
        .tcp_port(port.unwrap_or(3306))
        .user(node.username())
        .pass(node.expose_password())
        .db_name(database)
        .prefer_socket(false);
    Conn::new(options).await.map_err(internal)
}

/// Opens the database of a URL as a store.
pub(crate) async fn open(url: &str) -> Result<SqlStore<MysqlDriver>> {
    feast_registry_mysql::open(&settings(url)?).await
}

fn internal(error: impl std::fmt::Display) -> Error {
    Error::new(ErrorKind::Internal, error.to_string())
}
