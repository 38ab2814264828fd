//! The rights that `docs/databases.md` says are enough: its own statements are run.

use std::sync::Arc;

use feast_registry_core::store::{SchemaMode, Teardown};
use feast_registry_core::{Delete, ErrorKind, Freshness, Key, Kind, Query, Registry, Store};
use feast_registry_mysql::MysqlDriver;
use feast_registry_proto::prost_types::Timestamp;
use feast_registry_sql::SqlStore;
use libtest_mimic::Trial;

use crate::common::{Server, settings};
use crate::fixture::{Fixture, registry, view};
use crate::trials;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/databases.md");
/// Stands before the statements on the page.
const MARK: &str = "<!-- rights: mysql -->";

pub(crate) fn trials(server: &Arc<Server>) -> Vec<Trial> {
    trials![server, "rights":
        a_server_needs_no_right_to_create,
        a_server_says_what_it_may_not_create,
        a_reader_needs_the_right_to_select,
    ]
}

/// A database with the two users of the page.
struct Users {
    fixture: Fixture,
    owner: String,
    server: String,
}

impl Users {
    async fn new(server: &Arc<Server>) -> Self {
        let fixture = Fixture::new(server).await;
        // The page makes it.
        let database = &fixture.database;
        server.drop_database(database).await.unwrap();
        // Names of users end at 32 letters.
        let id = &uuid::Uuid::new_v4().simple().to_string()[..16];
        let users = Users {
            owner: format!("owner_{id}"),
            server: format!("server_{id}"),
            fixture,
        };
        for statement in statements() {
            let statement = statement
                .replace("feast_owner", &users.owner)
                .replace("feast_server", &users.server)
                .replace("feast_registry", &users.fixture.database);
            server.administer(&statement).await.unwrap();
        }
        users
    }

    fn url(&self, user: &str, password: &str) -> String {
        let (host, port) = self.fixture.server.authority();
        let database = &self.fixture.database;
        format!("mysql://{user}:{password}@{host}:{port}/{database}")
    }

    fn owner(&self) -> String {
        self.url(&self.owner, "the-secret-of-the-owner")
    }

    fn server(&self) -> String {
        self.url(&self.server, "the-secret-of-the-server")
    }

    async fn end(self) {
        for user in [&self.owner, &self.server] {
            let drop = format!("DROP USER '{user}'@'%'");
            self.fixture.server.administer(&drop).await.unwrap();
        }
        self.fixture.end().await;
    }
}

async fn open(url: &str) -> SqlStore<MysqlDriver> {
    let settings = settings(url).unwrap();
    feast_registry_mysql::open(&settings).await.unwrap()
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

async fn a_server_needs_no_right_to_create(server: Arc<Server>) {
    let users = Users::new(&server).await;
    open(&users.owner()).await.upgrade(false).await.unwrap();

    works(&registry(&users.server()).await).await;

    let store = open(&users.server()).await;
    assert!(store.upgrade(true).await.unwrap().is_empty());
    store.teardown(Teardown::Rows).await.unwrap();
    let error = store.teardown(Teardown::Tables).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ReadOnly, "{error}");
    users.end().await;
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

async fn a_reader_needs_the_right_to_select(server: Arc<Server>) {
    let users = Users::new(&server).await;
    open(&users.owner()).await.upgrade(false).await.unwrap();
    let writer = registry(&users.server()).await;
    writer.apply(view("v", "one")).await.unwrap();

    let reader = users.server.replace("server_", "reader_");
    let database = &users.fixture.database;
    for statement in [
        format!("CREATE USER '{reader}'@'%' IDENTIFIED BY 'reads'"),
        format!("GRANT SELECT ON {database}.* TO '{reader}'@'%'"),
    ] {
        server.administer(&statement).await.unwrap();
    }
    let registry = registry(&users.url(&reader, "reads")).await;
    reads(&registry).await;
    // The cache learns of what others do.
    writer.apply(view("v", "two")).await.unwrap();
    reads(&registry).await;
    let error = registry.apply(view("v", "three")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ReadOnly, "{error}");
    let drop = format!("DROP USER '{reader}'@'%'");
    server.administer(&drop).await.unwrap();
    users.end().await;
}

async fn a_server_says_what_it_may_not_create(server: Arc<Server>) {
    let users = Users::new(&server).await;
    let store = open(&users.server()).await;
    let error = store.initialize(SchemaMode::Auto).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ReadOnly, "{error}");
    assert!(error.to_string().contains("cannot create table"), "{error}");
    users.end().await;
}
