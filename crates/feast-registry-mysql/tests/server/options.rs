//! What a URL may say.

use std::sync::Arc;

use feast_registry_core::store::Store;
use feast_registry_core::{ErrorKind, Result};
use libtest_mimic::Trial;

use crate::common::{Server, settings};
use crate::fixture::{Fixture, entity, registry};

pub(crate) fn trials(server: &Arc<Server>) -> Vec<Trial> {
    crate::trials!(server, "options":
        both_schemes_open_both_servers,
        a_host_that_does_not_answer_is_passed_over,
        a_database_that_is_not_there_is_named,
        a_wrong_password_is_refused_and_not_shown,
        without_tls_on_the_server_required_fails_and_preferred_does_not,
        printed_statements_make_the_tables,
    )
}

async fn open(url: &str) -> Result<String> {
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

async fn without_tls_on_the_server_required_fails_and_preferred_does_not(server: Arc<Server>) {
    let fixture = Fixture::new(&server).await;
    let has_tls = fixture
        .number("SELECT COALESCE(@@ssl_cert, '') <> ''")
        .await
        == 1;
    let required = open(&format!("{}ssl_mode=REQUIRED", fixture.url())).await;
    assert_eq!(required.is_ok(), has_tls, "{required:?}");
    open(&format!("{}ssl_mode=PREFERRED", fixture.url()))
        .await
        .unwrap();
    fixture.end().await;
}

async fn printed_statements_make_the_tables(server: Arc<Server>) {
    use feast_registry_core::backend::Backend as _;
    let fixture = Fixture::new(&server).await;
    for statement in feast_registry_mysql::MysqlBackend.schema_statements() {
        fixture.sql(&statement).await;
    }
    let store = fixture.store().await;
    assert!(store.capabilities().case_sensitive_names);
    store
        .initialize(feast_registry_core::store::SchemaMode::Verify)
        .await
        .unwrap();
    fixture.end().await;
}
