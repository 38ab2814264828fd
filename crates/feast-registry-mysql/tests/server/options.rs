//! What a URL may say.

use std::sync::Arc;

use feast_registry_core::backend::StoreOptions;
use feast_registry_core::store::{Consistency, Store};
use feast_registry_core::url::RegistryUrl;
use feast_registry_core::{ErrorKind, Freshness, Key, Kind, Registry, RegistryOptions, Result};
use feast_registry_mysql::{MysqlDriver, MysqlSettings};
use feast_registry_sql::SqlStore;
use libtest_mimic::Trial;

use crate::common::{Server, settings};
use crate::fixture::{Fixture, entity, registry};

pub(crate) fn trials(server: &Arc<Server>) -> Vec<Trial> {
    crate::trials!(server, "options":
        both_schemes_open_both_servers,
        a_host_that_does_not_answer_is_passed_over,
        a_database_that_is_not_there_is_named,
        a_wrong_password_is_refused_and_not_shown,
        a_socket_serves_as_well,
        reads_that_may_be_behind_go_to_the_replica,
        the_cache_has_what_the_replica_does_not_have_yet,
        printed_statements_make_the_tables,
    )
}

/// Opens a database; what its server is.
pub(crate) async fn open(url: &str) -> Result<String> {
    let store = feast_registry_mysql::open(&settings(url)?).await?;
    store.health().await?;
    store.describe().await
}

async fn both_schemes_open_both_servers(server: Arc<Server>) {
    let fixture = Fixture::new(&server).await;
    let (_, rest) = fixture
        .url()
        .split_once("://")
        .map(|(a, b)| (a.to_owned(), b.to_owned()))
        .unwrap();
    let mut answers = Vec::new();
    for scheme in [
        "mysql",
        "mariadb",
        "mysql+pymysql",
        "mariadb+mariadbconnector",
    ] {
        answers.push(open(&format!("{scheme}://{rest}")).await.unwrap());
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");
    fixture.end().await;
}

async fn a_host_that_does_not_answer_is_passed_over(server: Arc<Server>) {
    let fixture = Fixture::new(&server).await;
    let (host, port) = server.authority();
    let from = format!("{host}:{port}");
    // Nothing listens on the first port.
    let url = fixture.url().replace(&from, &format!("127.0.0.1:1,{from}"));
    registry(&url).await.apply(entity("it", "")).await.unwrap();
    let url = fixture.url().replace(&from, "127.0.0.1:1,127.0.0.1:2");
    let error = open(&url).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    let message = error.to_string();
    assert!(
        message.contains("127.0.0.1:1:") && message.contains("127.0.0.1:2:"),
        "{message}"
    );
    fixture.end().await;
}

async fn a_database_that_is_not_there_is_named(server: Arc<Server>) {
    let error = open(&server.url(0, "nowhere_to_be_found"))
        .await
        .unwrap_err();
    assert!(error.to_string().contains("nowhere_to_be_found"), "{error}");
    let error = open(&server.url(0, "")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
}

async fn a_wrong_password_is_refused_and_not_shown(server: Arc<Server>) {
    let (host, port) = server.authority();
    let url = format!("mysql://nobody:s3cret@{host}:{port}/mysql");
    let error = open(&url).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    let shown = format!("{error} {error:?} {:?}", settings(&url).unwrap());
    assert!(!shown.contains("s3cret"), "{shown}");
}

async fn a_socket_serves_as_well(server: Arc<Server>) {
    let fixture = Fixture::new(&server).await;
    let socket = fixture.text("SELECT @@socket").await;
    let (user, database) = (&fixture.database[..30], &fixture.database);
    let account = format!("{user}@localhost");
    server
        .administer(&format!("CREATE USER {account} IDENTIFIED BY 'pw'"))
        .await
        .unwrap();
    server
        .administer(&format!("GRANT ALL ON {database}.* TO {account}"))
        .await
        .unwrap();
    let url = format!("mysql://{user}:pw@/{database}?unix_socket={socket}&charset=utf8mb4");
    registry(&url).await.apply(entity("it", "")).await.unwrap();
    server
        .administer(&format!("DROP USER {account}"))
        .await
        .unwrap();
    fixture.end().await;
}

/// A store whose replica, another database, has not come as far: there is `new` in one and `old` in the
/// other.
async fn with_replica(primary: &Fixture, replica: &Fixture) -> SqlStore<MysqlDriver> {
    for (fixture, name) in [(primary, "new"), (replica, "old")] {
        let registry = fixture.registry().await;
        registry.apply(entity(name, "")).await.unwrap();
    }
    let parse = |fixture: &Fixture| RegistryUrl::parse(&fixture.url()).unwrap();
    let mut options = StoreOptions::new(parse(primary));
    options.read_url = Some(parse(replica));
    let settings = MysqlSettings::from_options(&options).unwrap();
    feast_registry_mysql::open(&settings).await.unwrap()
}

async fn the_cache_has_what_the_replica_does_not_have_yet(server: Arc<Server>) {
    let (primary, replica) = (Fixture::new(&server).await, Fixture::new(&server).await);
    let store = with_replica(&primary, &replica).await;
    let registry = Registry::open(Arc::new(store), RegistryOptions::default());
    let registry = registry.await.unwrap();
    registry.apply(entity("own", "")).await.unwrap();
    for (name, there) in [("new", true), ("own", true), ("old", false)] {
        let key = Key::new(Kind::Entity, "p", name);
        let row = registry.find(&key, Freshness::Cache).await.unwrap();
        assert_eq!(row.is_some(), there, "{name}");
    }
    primary.end().await;
    replica.end().await;
}

async fn reads_that_may_be_behind_go_to_the_replica(server: Arc<Server>) {
    let (primary, replica) = (Fixture::new(&server).await, Fixture::new(&server).await);
    let store = with_replica(&primary, &replica).await;
    for (name, consistency, there) in [
        ("new", Consistency::Primary, true),
        ("old", Consistency::Primary, false),
        ("new", Consistency::Replica, false),
        ("old", Consistency::Replica, true),
    ] {
        let row = store
            .get(&Key::new(Kind::Entity, "p", name), consistency)
            .await;
        assert_eq!(row.unwrap().is_some(), there, "{name} {consistency:?}");
    }
    primary.end().await;
    replica.end().await;
}

async fn printed_statements_make_the_tables(server: Arc<Server>) {
    use feast_registry_core::backend::Backend as _;
    let fixture = Fixture::new(&server).await;
    let options = StoreOptions::new(RegistryUrl::parse(&fixture.url()).unwrap());
    for statement in feast_registry_mysql::MysqlBackend.schema_statements(&options) {
        fixture.sql(&statement).await;
    }
    let store = fixture.store().await;
    assert!(store.capabilities().case_sensitive_names);
    store
        .initialize(feast_registry_core::store::SchemaMode::Verify)
        .await
        .unwrap();
    assert!(store.upgrade(true).await.unwrap().is_empty());
    fixture.end().await;
}
