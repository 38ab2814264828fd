//! A schema of a trial's own, and registries in it.

use std::sync::Arc;

use feast_registry_core::{Apply, Kind, Registry, RegistryOptions};
use feast_registry_postgres::testing::TestServer;
use feast_registry_postgres::{Host, PostgresDialect, PostgresDriver, PostgresSettings};
use feast_registry_proto::core::{FeatureView, FeatureViewSpec};
use feast_registry_proto::prost::Message;
use feast_registry_sql::{Connection, DriverError, Row, SqlStore, Step, Value};

/// The server of all trials.
pub(crate) fn server() -> TestServer<PostgresDialect> {
    TestServer::from_env(PostgresDialect::in_schema).unwrap()
}

/// A schema that is there as long as the trial.
pub(crate) struct Fixture {
    pub(crate) schema: String,
    pub(crate) server: TestServer<PostgresDialect>,
}

impl Fixture {
    pub(crate) async fn new() -> Self {
        let server = server();
        let schema = server.create().await.unwrap();
        Fixture { schema, server }
    }

    /// Removes the schema. A trial that fails leaves it for whoever wants to look.
    pub(crate) async fn end(self) {
        self.server.discard(&self.schema).await.unwrap();
    }

    pub(crate) fn settings(&self) -> PostgresSettings {
        self.server.settings(Some(&self.schema)).unwrap()
    }

    pub(crate) fn driver(&self) -> PostgresDriver {
        self.server.driver(&self.settings()).unwrap()
    }

    /// The name of a table in the schema.
    pub(crate) fn table(&self, name: &str) -> String {
        format!("{}.{name}", self.schema)
    }

    /// Runs a statement as the administrator.
    pub(crate) async fn execute(&self, sql: impl Into<String>) {
        self.server.execute(sql).await.unwrap();
    }

    /// The rows that a query of the administrator finds.
    pub(crate) async fn rows(&self, sql: &str) -> Vec<Row> {
        self.server.rows(sql).await.unwrap()
    }

    pub(crate) async fn registry(&self, settings: &PostgresSettings) -> TestRegistry {
        let store = Arc::new(self.server.store(settings).unwrap());
        let registry = Registry::open(Arc::clone(&store) as _, RegistryOptions::default());
        TestRegistry {
            registry: registry.await.unwrap(),
            store,
        }
    }
}

/// A registry and the store below it.
pub(crate) struct TestRegistry {
    pub(crate) registry: Registry,
    pub(crate) store: Arc<SqlStore<PostgresDriver>>,
}

/// An apply of a view of the project `p`.
pub(crate) fn view(name: &str, description: &str) -> Apply {
    let spec = FeatureViewSpec {
        name: name.to_owned(),
        entities: vec!["driver".to_owned()],
        description: description.to_owned(),
        ..Default::default()
    };
    let view = FeatureView {
        spec: Some(spec),
        meta: None,
    };
    Apply::new(Kind::FeatureView, "p", name, view.encode_to_vec())
}

pub(crate) fn query(sql: &str, parameters: Vec<Value>) -> Step {
    Step::query(&sql.into(), parameters)
}

pub(crate) fn change(sql: &str, parameters: Vec<Value>) -> Step {
    Step::execute(&sql.into(), parameters)
}

/// The rows of a query without parameters.
pub(crate) async fn rows(
    connection: &mut dyn Connection,
    sql: &str,
) -> Result<Vec<Row>, DriverError> {
    let results = connection.run(vec![query(sql, Vec::new())]).await?;
    Ok(results.into_iter().flat_map(|result| result.rows).collect())
}

/// Settings that reach the same server through a proxy of this process.
pub(crate) fn through(settings: &PostgresSettings, port: u16) -> PostgresSettings {
    let mut settings = settings.clone();
    settings.hosts = vec![Host::Tcp("localhost".to_owned(), port)];
    settings
}

/// Where the server listens.
pub(crate) fn address(settings: &PostgresSettings) -> String {
    match settings.hosts.first() {
        Some(Host::Tcp(name, port)) => format!("{name}:{port}"),
        other => panic!("the trials need a server on TCP, not {other:?}"),
    }
}
