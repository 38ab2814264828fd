//! A schema of a trial's own, and registries in it.

use std::sync::Arc;

use feast_registry_core::{Apply, Kind, Registry, RegistryOptions};
use feast_registry_postgres::{Host, PostgresDialect, PostgresDriver, PostgresSettings, open};
use feast_registry_proto::core::{FeatureView, FeatureViewSpec};
use feast_registry_proto::prost::Message;
use feast_registry_sql::{Access, Connection, Driver, DriverError, Row, SqlStore, Step, Value};

use crate::common;

/// A schema that is there as long as the trial.
pub(crate) struct Fixture {
    pub(crate) schema: String,
    pub(crate) administrator: PostgresDriver,
}

impl Fixture {
    pub(crate) async fn new() -> Self {
        let administrator = common::driver().unwrap();
        let schema = common::create_schema(&administrator).await.unwrap();
        Fixture {
            schema,
            administrator,
        }
    }

    /// Removes the schema. A trial that fails leaves it for whoever wants to look.
    pub(crate) async fn end(self) {
        common::drop_schema(&self.administrator, &self.schema)
            .await
            .unwrap();
    }

    pub(crate) fn settings(&self) -> PostgresSettings {
        common::settings(Some(&self.schema)).unwrap()
    }

    pub(crate) fn driver(&self) -> PostgresDriver {
        PostgresDriver::new(&self.settings(), PostgresDialect::new()).unwrap()
    }

    /// The name of a table in the schema.
    pub(crate) fn table(&self, name: &str) -> String {
        format!("{}.{name}", self.schema)
    }

    /// Runs a statement as the administrator.
    pub(crate) async fn execute(&self, sql: impl Into<String>) {
        common::execute(&self.administrator, sql.into())
            .await
            .unwrap();
    }

    /// The rows that a query of the administrator finds.
    pub(crate) async fn rows(&self, sql: &str) -> Vec<Row> {
        let mut connection = self.administrator.acquire(Access::Read).await.unwrap();
        rows(&mut *connection, sql).await.unwrap()
    }

    pub(crate) async fn registry(&self, settings: &PostgresSettings) -> TestRegistry {
        let dialect = PostgresDialect::in_schema(Some(self.schema.clone()));
        let store = Arc::new(open(settings, dialect).unwrap());
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
