//! The rights that `docs/databases.md` says are enough: its own statements are run.

use feast_registry_core::backend::{Backend, StoreOptions};
use feast_registry_core::store::{SchemaMode, Teardown};
use feast_registry_core::url::{RegistryUrl, Secret};
use feast_registry_core::{Delete, ErrorKind, Freshness, Key, Kind, Query, Registry, Store};
use feast_registry_postgres::{
    PostgresBackend, PostgresDialect, PostgresDriver, PostgresSettings, open,
};
use feast_registry_proto::prost_types::Timestamp;
use feast_registry_sql::{Access, Driver, SqlStore, Step};

use crate::fixture::{Fixture, view};

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/databases.md");
/// Stands before the statements on the page.
const MARK: &str = "<!-- rights: postgres -->";

/// A schema with the two roles of the page.
struct Roles {
    fixture: Fixture,
    owner: String,
    server: String,
}

impl Roles {
    async fn new() -> Self {
        let fixture = Fixture::new().await;
        // The page makes it.
        let schema = &fixture.schema;
        fixture.execute(format!("DROP SCHEMA {schema}")).await;
        let id = uuid::Uuid::new_v4().simple();
        let (owner, server) = (format!("owner_{id}"), format!("server_{id}"));
        for statement in statements() {
            let statement = statement
                .replace("feast_owner", &owner)
                .replace("feast_server", &server)
                .replace("feast_registry", schema);
            fixture.execute(statement).await;
        }
        Roles {
            fixture,
            owner,
            server,
        }
    }

    fn settings(&self, role: &str, password: &str) -> PostgresSettings {
        let mut settings = self.fixture.settings();
        settings.user = Some(role.to_owned());
        settings.password = Some(Secret::new(password));
        settings
    }

    fn store(&self, settings: &PostgresSettings) -> SqlStore<PostgresDriver> {
        let dialect = PostgresDialect::in_schema(Some(self.fixture.schema.clone()));
        open(settings, dialect).unwrap()
    }

    fn as_owner(&self) -> SqlStore<PostgresDriver> {
        self.store(&self.settings(&self.owner, "the secret of the owner"))
    }

    fn as_server(&self) -> SqlStore<PostgresDriver> {
        self.store(&self.settings(&self.server, "the secret of the server"))
    }

    /// Removes the roles with the schema, which holds all that they own.
    async fn end(self) {
        let drop = format!("DROP ROLE {}, {}", self.owner, self.server);
        let schema = &self.fixture.schema;
        self.fixture
            .execute(format!("DROP SCHEMA {schema} CASCADE"))
            .await;
        self.fixture.execute(drop).await;
    }
}

/// The statements of the page, one a line.
fn statements() -> Vec<String> {
    let page = std::fs::read_to_string(PAGE).unwrap();
    let (_, behind) = page.split_once(MARK).unwrap();
    let block = behind.split("```").nth(1).unwrap();
    let lines = block.lines().skip(1);
    lines
        .map(|line| line.trim_end_matches(';').to_owned())
        .collect()
}

pub(crate) async fn a_server_needs_no_right_to_create() {
    let roles = Roles::new().await;
    let owner = roles.as_owner();
    owner.upgrade(false).await.unwrap();

    let settings = roles.settings(&roles.server, "the secret of the server");
    let registry = roles.fixture.registry(&settings).await.registry;
    works(&registry).await;

    let server = roles.as_server();
    assert!(server.upgrade(true).await.unwrap().is_empty());
    server.teardown(Teardown::Rows).await.unwrap();
    let error = server.teardown(Teardown::Tables).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ReadOnly, "{error}");
    drop(registry);
    roles.end().await;
}

pub(crate) async fn printed_statements_make_the_tables() {
    let roles = Roles::new().await;
    let mut options = StoreOptions::new(RegistryUrl::parse("postgresql://db/feast").unwrap());
    options.schema = Some(roles.fixture.schema.clone());
    let owner = PostgresDriver::new(
        &roles.settings(&roles.owner, "the secret of the owner"),
        PostgresDialect::new(),
    );
    let owner = owner.unwrap();
    let mut connection = owner.acquire(Access::Write).await.unwrap();
    for statement in PostgresBackend.schema_statements(&options) {
        connection
            .run(vec![Step::control(statement)])
            .await
            .unwrap();
    }
    drop(connection);
    let server = roles.as_server();
    server.initialize(SchemaMode::Verify).await.unwrap();
    assert!(server.upgrade(true).await.unwrap().is_empty());
    roles.end().await;
}

/// What a registry does in a day.
async fn works(registry: &Registry) {
    registry.apply(view("v", "one")).await.unwrap();
    registry.apply(view("v", "two")).await.unwrap();
    let second = |seconds| Timestamp { seconds, nanos: 0 };
    let materialized = registry.apply_materialization("p", "v", second(1), second(2));
    materialized.await.unwrap();
    reads(registry).await;
    let delete = Delete::new(Kind::FeatureView, "p", "v");
    registry.delete(delete).await.unwrap();
}

/// What one does that is only read.
async fn reads(registry: &Registry) {
    let key = Key::new(Kind::FeatureView, "p", "v");
    for freshness in [Freshness::Store, Freshness::Cache] {
        registry.refresh().await.unwrap();
        registry.get(&key, freshness).await.unwrap();
        let views = Query::new(Kind::FeatureView, "p").freshness(freshness);
        assert_eq!(registry.list(&views).await.unwrap().records.len(), 1);
    }
}

pub(crate) async fn a_reader_needs_the_right_to_select() {
    let roles = Roles::new().await;
    roles.as_owner().upgrade(false).await.unwrap();
    let settings = roles.settings(&roles.server, "the secret of the server");
    let writer = roles.fixture.registry(&settings).await.registry;
    writer.apply(view("v", "one")).await.unwrap();

    let (schema, reader) = (
        &roles.fixture.schema,
        format!("{}_reader", roles.fixture.schema),
    );
    for statement in [
        format!("CREATE ROLE {reader} LOGIN PASSWORD 'reads'"),
        format!("GRANT USAGE ON SCHEMA {schema} TO {reader}"),
        format!("GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {reader}"),
    ] {
        roles.fixture.execute(statement).await;
    }
    let settings = roles.settings(&reader, "reads");
    let registry = roles.fixture.registry(&settings).await.registry;
    reads(&registry).await;
    // The cache learns of what others do.
    writer.apply(view("v", "two")).await.unwrap();
    reads(&registry).await;
    let error = registry.apply(view("v", "three")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ReadOnly, "{error}");
    for statement in [
        format!("DROP OWNED BY {reader}"),
        format!("DROP ROLE {reader}"),
    ] {
        roles.fixture.execute(statement).await;
    }
    roles.end().await;
}

pub(crate) async fn a_server_says_what_it_may_not_create() {
    let roles = Roles::new().await;
    let server = roles.as_server();
    let error = server.initialize(SchemaMode::Auto).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ReadOnly, "{error}");
    assert!(error.to_string().contains("cannot create table"), "{error}");
    roles.end().await;
}
