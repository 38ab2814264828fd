//! tokio-postgres alone.

use std::sync::Arc;

use async_trait::async_trait;
use feast_registry_core::backend::StoreOptions;
use feast_registry_core::url::RegistryUrl;
use feast_registry_core::{Registry, RegistryOptions, Store};
use feast_registry_postgres::{PostgresDialect, PostgresSettings, open};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, NoTls, Statement};

use crate::Target;
use crate::raw::{Raw, RawConnection, Row};

const SELECT: &str = "SELECT project_id, feature_view_name, last_updated_timestamp, feature_view_proto, user_metadata FROM raw.feature_views";

pub(crate) struct Postgres(String);

pub(crate) struct Connection {
    client: Client,
    get: Statement,
    lock: Statement,
    update: Statement,
    history: Statement,
    list: Statement,
}

/// The registry in one schema, the raw driver in another one with the same tables.
pub(crate) async fn target(url: &str) -> Target<Postgres> {
    let raw = Postgres(url.to_owned());
    let client = raw.client().await;
    client
        .batch_execute("DROP SCHEMA IF EXISTS ours CASCADE; DROP SCHEMA IF EXISTS raw CASCADE; CREATE SCHEMA ours; CREATE SCHEMA raw")
        .await
        .unwrap();
    registry(url, "raw").await.close().await.unwrap();
    Target {
        name: "PostgreSQL",
        registry: registry(url, "ours").await,
        raw,
    }
}

async fn registry(url: &str, schema: &str) -> Registry {
    let mut options = StoreOptions::new(RegistryUrl::parse(url).unwrap());
    options.pool.max_size = crate::CONNECTIONS;
    options.schema = Some(schema.to_owned());
    let settings = PostgresSettings::from_options(&options).unwrap();
    let store = open(
        &settings,
        PostgresDialect::in_schema(Some(schema.to_owned())),
    )
    .unwrap();
    let store: Arc<dyn Store> = Arc::new(store);
    Registry::open(store, RegistryOptions::default())
        .await
        .unwrap()
}

impl Postgres {
    async fn client(&self) -> Client {
        let (client, connection) = tokio_postgres::connect(&self.0, NoTls).await.unwrap();
        tokio::spawn(connection);
        client
    }
}

#[async_trait]
impl Raw for Postgres {
    type Connection = Connection;

    async fn connect(&self) -> Connection {
        let client = self.client().await;
        let prepare = async |sql: &str| client.prepare(sql).await.unwrap();
        let key = "WHERE project_id = 'bench' AND feature_view_name = $1";
        Connection {
            get: prepare(&format!("{SELECT} {key}")).await,
            lock: prepare(&format!("{SELECT} {key} FOR UPDATE")).await,
            update: prepare(&format!("UPDATE raw.feature_views SET feature_view_proto = $2, last_updated_timestamp = 2 {key}")).await,
            history: prepare("INSERT INTO raw.feature_view_version_history (feature_view_name, project_id, version_number, feature_view_type, feature_view_proto, created_timestamp, description, version_id) VALUES ($1, 'bench', $2, 'feature_view', $3, 1, '', '00000000-0000-4000-8000-000000000000')").await,
            list: prepare(&format!("{SELECT} WHERE project_id = $1")).await,
            client,
        }
    }
}

#[async_trait]
impl RawConnection for Connection {
    async fn update(&mut self, row: Row<'_>) {
        let client = &self.client;
        client.batch_execute("BEGIN").await.unwrap();
        client.query_one(&self.lock, &[&row.name]).await.unwrap();
        if let Some(version) = row.version {
            client
                .execute(&self.history, &[&row.name, &version, &row.body])
                .await
                .unwrap();
        }
        client
            .execute(&self.update, &[&row.name, &row.body])
            .await
            .unwrap();
        client.batch_execute("COMMIT").await.unwrap();
    }

    async fn update_pipelined(&mut self, row: Row<'_>) {
        let client = &self.client;
        let (begun, _) = tokio::join!(client.batch_execute("BEGIN"), async {
            client.query_one(&self.lock, &[&row.name]).await.unwrap()
        });
        begun.unwrap();
        let (_, committed) = tokio::join!(
            async {
                client
                    .execute(&self.update, &[&row.name, &row.body])
                    .await
                    .unwrap()
            },
            client.batch_execute("COMMIT")
        );
        committed.unwrap();
    }

    async fn append(&mut self, name: &str, bytes: &[u8]) {
        let client = &self.client;
        client.batch_execute("BEGIN").await.unwrap();
        let row = client.query_one(&self.lock, &[&name]).await.unwrap();
        let mut body: Vec<u8> = row.get(3);
        body.extend_from_slice(bytes);
        client.execute(&self.update, &[&name, &body]).await.unwrap();
        client.batch_execute("COMMIT").await.unwrap();
    }

    async fn write_all(&mut self, views: &[(String, Vec<u8>)], version: i32) {
        let client = &self.client;
        client.batch_execute("BEGIN").await.unwrap();
        for chunk in views.chunks(500) {
            let names: Vec<&str> = chunk.iter().map(|(name, _)| &**name).collect();
            let bodies: Vec<&[u8]> = chunk.iter().map(|(_, body)| &**body).collect();
            let parameters: [&(dyn ToSql + Sync); 2] = [&names, &bodies];
            client
                .execute(
                    "INSERT INTO raw.feature_views (feature_view_name, project_id, last_updated_timestamp, feature_view_proto) SELECT n, 'bench', 1, b FROM unnest($1::text[], $2::bytea[]) AS v(n, b) \
                     ON CONFLICT (feature_view_name, project_id) DO UPDATE SET feature_view_proto = excluded.feature_view_proto, last_updated_timestamp = 2",
                    &parameters,
                )
                .await
                .unwrap();
            let parameters: [&(dyn ToSql + Sync); 3] = [&names, &bodies, &version];
            client
                .execute(
                    "INSERT INTO raw.feature_view_version_history (feature_view_name, project_id, version_number, feature_view_type, feature_view_proto, created_timestamp, description, version_id) \
                     SELECT n, 'bench', $3, 'feature_view', b, 1, '', '00000000-0000-4000-8000-000000000000' FROM unnest($1::text[], $2::bytea[]) AS v(n, b)",
                    &parameters,
                )
                .await
                .unwrap();
        }
        client.batch_execute("COMMIT").await.unwrap();
    }

    async fn get(&mut self, name: &str) -> usize {
        let row = self.client.query_one(&self.get, &[&name]).await.unwrap();
        row.get::<_, Vec<u8>>(3).len()
    }

    async fn list(&mut self) -> usize {
        let rows = self.client.query(&self.list, &[&"bench"]).await.unwrap();
        rows.iter()
            .map(|row| {
                let owned: (String, String, i64, Vec<u8>, Option<Vec<u8>>) =
                    (row.get(0), row.get(1), row.get(2), row.get(3), row.get(4));
                owned.3.len()
            })
            .sum()
    }
}
