//! mysql_async alone.

use std::sync::Arc;

use async_trait::async_trait;
use feast_registry_core::backend::StoreOptions;
use feast_registry_core::url::RegistryUrl;
use feast_registry_core::{Registry, RegistryOptions, Store};
use feast_registry_mysql::{MysqlSettings, open};
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Opts, OptsBuilder, Params, Statement, Value};

use crate::Target;
use crate::raw::{Raw, RawConnection, Row};

const SELECT: &str = "SELECT project_id, feature_view_name, last_updated_timestamp, feature_view_proto, user_metadata FROM feature_views";
type Tuple = (String, String, i64, Vec<u8>, Option<Vec<u8>>);

pub(crate) struct Mysql(Opts);

pub(crate) struct Connection {
    conn: Conn,
    get: Statement,
    lock: Statement,
    update: Statement,
    history: Statement,
    list: Statement,
    /// Of as many rows as its number says.
    upserts: Option<(usize, Statement, Statement)>,
}

/// The registry in one database, the raw driver in another one with the same tables.
pub(crate) async fn target(url: &str) -> Target<Mysql> {
    let url = url.replacen("mariadb:", "mysql:", 1);
    let administrator = Opts::from_url(&url).unwrap();
    let mut conn = Conn::new(administrator.clone()).await.unwrap();
    for name in ["ours", "raw"] {
        conn.query_drop(format!("DROP DATABASE IF EXISTS bench_{name}"))
            .await
            .unwrap();
        conn.query_drop(format!("CREATE DATABASE bench_{name}"))
            .await
            .unwrap();
    }
    registry(&url, "bench_raw").await.close().await.unwrap();
    // By the address of the URL, as the registry: without being told, the driver takes a socket that it is offered.
    let opts = OptsBuilder::from_opts(administrator)
        .db_name(Some("bench_raw"))
        .prefer_socket(false);
    Target {
        name: "MySQL or MariaDB",
        registry: registry(&url, "bench_ours").await,
        raw: Mysql(opts.into()),
    }
}

async fn registry(url: &str, database: &str) -> Registry {
    let (server, _) = url.rsplit_once('/').unwrap();
    let url = RegistryUrl::parse(&format!("{server}/{database}")).unwrap();
    let mut options = StoreOptions::new(url);
    options.pool.max_size = crate::CONNECTIONS;
    let settings = MysqlSettings::from_options(&options).unwrap();
    let store: Arc<dyn Store> = Arc::new(open(&settings).await.unwrap());
    Registry::open(store, RegistryOptions::default())
        .await
        .unwrap()
}

#[async_trait]
impl Raw for Mysql {
    type Connection = Connection;

    async fn connect(&self) -> Connection {
        let mut conn = Conn::new(self.0.clone()).await.unwrap();
        conn.query_drop("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED")
            .await
            .unwrap();
        let key = "WHERE project_id = 'bench' AND feature_view_name = ?";
        Connection {
            get: conn.prep(format!("{SELECT} {key}")).await.unwrap(),
            lock: conn.prep(format!("{SELECT} {key} FOR UPDATE")).await.unwrap(),
            update: conn.prep(format!("UPDATE feature_views SET feature_view_proto = ?, last_updated_timestamp = 2 {key}")).await.unwrap(),
            history: conn.prep("INSERT INTO feature_view_version_history (feature_view_name, project_id, version_number, feature_view_type, feature_view_proto, created_timestamp, description, version_id) VALUES (?, 'bench', ?, 'feature_view', ?, 1, '', '00000000-0000-4000-8000-000000000000')").await.unwrap(),
            list: conn.prep(format!("{SELECT} WHERE project_id = ?")).await.unwrap(),
            upserts: None,
            conn,
        }
    }
}

#[async_trait]
impl RawConnection for Connection {
    async fn update(&mut self, row: Row<'_>) {
        let conn = &mut self.conn;
        conn.query_drop("BEGIN").await.unwrap();
        let _: Option<Tuple> = conn.exec_first(&self.lock, (row.name,)).await.unwrap();
        if let Some(version) = row.version {
            conn.exec_drop(&self.history, (row.name, version, row.body))
                .await
                .unwrap();
        }
        conn.exec_drop(&self.update, (row.body, row.name))
            .await
            .unwrap();
        conn.query_drop("COMMIT").await.unwrap();
    }

    async fn append(&mut self, name: &str, bytes: &[u8]) {
        let conn = &mut self.conn;
        conn.query_drop("BEGIN").await.unwrap();
        let row: Option<Tuple> = conn.exec_first(&self.lock, (name,)).await.unwrap();
        let mut body = row.unwrap().3;
        body.extend_from_slice(bytes);
        conn.exec_drop(&self.update, (body, name)).await.unwrap();
        conn.query_drop("COMMIT").await.unwrap();
    }

    async fn write_all(&mut self, views: &[(String, Vec<u8>)], version: i32) {
        self.conn.query_drop("BEGIN").await.unwrap();
        for chunk in views.chunks(500) {
            let (upsert, history) = self.upserts(chunk.len()).await;
            let rows = chunk
                .iter()
                .flat_map(|(name, body)| [Value::from(name), Value::from(body)]);
            let rows = Params::Positional(rows.collect());
            self.conn.exec_drop(&upsert, rows).await.unwrap();
            let rows = chunk.iter().flat_map(|(name, body)| {
                [Value::from(name), Value::from(version), Value::from(body)]
            });
            let rows = Params::Positional(rows.collect());
            self.conn.exec_drop(&history, rows).await.unwrap();
        }
        self.conn.query_drop("COMMIT").await.unwrap();
    }

    async fn get(&mut self, name: &str) -> usize {
        let row: Option<Tuple> = self.conn.exec_first(&self.get, (name,)).await.unwrap();
        row.unwrap().3.len()
    }

    async fn list(&mut self) -> usize {
        let rows: Vec<Tuple> = self.conn.exec(&self.list, ("bench",)).await.unwrap();
        rows.iter().map(|row| row.3.len()).sum()
    }
}

impl Connection {
    async fn upserts(&mut self, rows: usize) -> (Statement, Statement) {
        if let Some((of, upsert, history)) = &self.upserts
            && *of == rows
        {
            return (upsert.clone(), history.clone());
        }
        let tuples = |tuple: &str| vec![tuple; rows].join(", ");
        let upsert = format!(
            "INSERT INTO feature_views (feature_view_name, project_id, last_updated_timestamp, feature_view_proto) VALUES {} \
             ON DUPLICATE KEY UPDATE feature_view_proto = VALUES(feature_view_proto), last_updated_timestamp = 2",
            tuples("(?, 'bench', 1, ?)")
        );
        let history = format!(
            "INSERT INTO feature_view_version_history (feature_view_name, project_id, version_number, feature_view_type, feature_view_proto, created_timestamp, description, version_id) VALUES {}",
            tuples(
                "(?, 'bench', ?, 'feature_view', ?, 1, '', '00000000-0000-4000-8000-000000000000')"
            )
        );
        let upsert = self.conn.prep(upsert).await.unwrap();
        let history = self.conn.prep(history).await.unwrap();
        self.upserts = Some((rows, upsert.clone(), history.clone()));
        (upsert, history)
    }
}
