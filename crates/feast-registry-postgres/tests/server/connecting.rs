//! Hosts, sockets, replicas, schemas.

use feast_registry_core::backend::{Opening, StoreOptions};
use feast_registry_core::store::{Consistency, SchemaMode};
use feast_registry_core::url::Secret;
use feast_registry_core::{Freshness, Key, Kind, Registry, RegistryOptions, Store};
use feast_registry_postgres::{
    Host, PostgresDialect, PostgresDriver, PostgresSettings, Product, TargetSession, open,
    open_options,
};
use feast_registry_sql::{Access, Driver, DriverError, FaultClass, Value};
use tokio::net::{TcpListener, TcpStream, UnixListener};

use crate::fixture::{Fixture, address, rows, server, view};

/// A port on which nobody listens.
async fn closed_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    listener.local_addr().unwrap().port()
}

fn driver(settings: &PostgresSettings) -> PostgresDriver {
    PostgresDriver::new(settings, PostgresDialect::new()).unwrap()
}

async fn show(settings: &PostgresSettings, access: Access, what: &str) -> Value {
    let driver = driver(settings);
    let mut connection = driver.acquire(access).await.unwrap();
    let sql = format!("SELECT current_setting('{what}')");
    rows(&mut *connection, &sql)
        .await
        .unwrap()
        .remove(0)
        .remove(0)
}

async fn refused(settings: &PostgresSettings) -> DriverError {
    match driver(settings).acquire(Access::Read).await {
        Ok(_) => panic!("this must not connect"),
        Err(fault) => fault,
    }
}

pub(crate) async fn the_next_host_is_tried() {
    let mut settings = server().settings(None).unwrap();
    let closed = Host::Tcp("127.0.0.1".to_owned(), closed_port().await);
    settings.hosts.insert(0, closed);
    assert!(driver(&settings).version().await.is_ok());
}

pub(crate) async fn every_host_that_failed_is_named() {
    let mut settings = server().settings(None).unwrap();
    let ports = [closed_port().await, closed_port().await];
    settings.hosts = ports
        .map(|port| Host::Tcp("127.0.0.1".to_owned(), port))
        .into();
    settings.password = Some(Secret::new("hunter2"));
    let fault = refused(&settings).await;
    assert_eq!(fault.class, FaultClass::Unavailable);
    for port in ports {
        let host = format!("127.0.0.1:{port}");
        assert!(fault.message.contains(&host), "{fault}");
    }
    assert!(!format!("{fault} {settings:?}").contains("hunter2"));
}

pub(crate) async fn a_server_that_may_only_be_read_will_not_do() {
    let mut settings = server().settings(None).unwrap();
    settings.options = "-c default_transaction_read_only=on".to_owned();
    settings.target = TargetSession::ReadWrite;
    let fault = refused(&settings).await;
    assert!(fault.message.contains("does not allow writes"), "{fault}");
    settings.target = TargetSession::ReadOnly;
    assert!(driver(&settings).version().await.is_ok());
}

pub(crate) async fn a_socket_serves_as_well() {
    let mut settings = server().settings(None).unwrap();
    let server = address(&settings);
    let folder = tempfile::tempdir().unwrap();
    let listener = UnixListener::bind(folder.path().join(".s.PGSQL.5432")).unwrap();
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let mut server = TcpStream::connect(&server).await.unwrap();
            tokio::spawn(async move {
                let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
            });
        }
    });
    // There is no TLS on a socket, whatever the mode.
    settings.tls.mode = feast_registry_postgres::SslMode::Require;
    settings.hosts = vec![Host::Unix(folder.path().to_owned(), 5432)];
    assert!(driver(&settings).version().await.is_ok());
}

pub(crate) async fn reads_that_may_be_behind_go_to_the_replica() {
    let mut settings = server().settings(None).unwrap();
    let mut replica = settings.clone();
    replica.application_name = "the replica".to_owned();
    settings.replica = Some(Box::new(replica));
    let name = "application_name";
    for (access, expected) in [
        (Access::Read, "feast-registry"),
        (Access::Write, "feast-registry"),
        (Access::Replica, "the replica"),
    ] {
        assert_eq!(show(&settings, access, name).await, expected.into());
    }
}

/// Settings that leave it to `search_path` where the tables are, as Feast has it.
fn in_search_path(fixture: &Fixture) -> PostgresSettings {
    let mut settings = server().settings(None).unwrap();
    settings.options = format!("-c search_path={}", fixture.schema);
    settings
}

async fn registry(settings: &PostgresSettings) -> Registry {
    let store = open(settings, PostgresDialect::new()).unwrap();
    let registry = Registry::open(std::sync::Arc::new(store), RegistryOptions::default());
    registry.await.unwrap()
}

/// Another schema stands for a replica that has not come as far.
pub(crate) async fn the_cache_has_what_the_replica_does_not_have_yet() {
    let (primary, replica) = (Fixture::new().await, Fixture::new().await);
    for (fixture, name) in [(&primary, "new"), (&replica, "old")] {
        let registry = registry(&in_search_path(fixture)).await;
        registry.apply(view(name, "first")).await.unwrap();
    }
    let mut settings = in_search_path(&primary);
    settings.replica = Some(Box::new(in_search_path(&replica)));
    let registry = registry(&settings).await;
    registry.apply(view("own", "first")).await.unwrap();
    for (name, there) in [("new", true), ("own", true), ("old", false)] {
        let key = Key::new(Kind::FeatureView, "p", name);
        let row = registry.find(&key, Freshness::Cache).await.unwrap();
        assert_eq!(row.is_some(), there, "{name}");
        let behind = registry.store().get(&key, Consistency::Replica);
        assert_eq!(behind.await.unwrap().is_some(), name == "old", "{name}");
    }
    primary.end().await;
    replica.end().await;
}

pub(crate) async fn tables_are_in_the_current_schema_if_none_is_named() {
    let fixture = Fixture::new().await;
    let settings = in_search_path(&fixture);
    let store = open(&settings, PostgresDialect::new()).unwrap();
    store.initialize(SchemaMode::Auto).await.unwrap();
    store.initialize(SchemaMode::Verify).await.unwrap();
    let registry = registry(&settings).await;
    registry.apply(view("v", "first")).await.unwrap();
    let sql = format!(
        "SELECT feature_view_name FROM {}",
        fixture.table("feature_views")
    );
    assert_eq!(fixture.rows(&sql).await, [["v".into()]]);
    fixture.end().await;
}

pub(crate) async fn the_wrong_product_is_named() {
    let options = StoreOptions::new(server().url().clone());
    let dialect = PostgresDialect::new;
    let right = open_options(&options, dialect(), Product::Any)
        .await
        .unwrap();
    assert!(matches!(right, Opening::Store(_)));
    let products = [
        (Product::PostgreSql, "postgres"),
        (Product::CockroachDb, "cockroachdb"),
    ];
    let mut others = Vec::new();
    for (expected, _) in products {
        match open_options(&options, dialect(), expected).await.unwrap() {
            Opening::Store(_) => {}
            Opening::Other { backend, .. } => others.push(backend),
        }
    }
    assert_eq!(others.len(), 1, "one of the two is right: {others:?}");
}
