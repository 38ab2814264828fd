//! TLS, as libpq's `sslmode` has it.

use std::time::Duration;

use feast_registry_postgres::{
    PostgresDialect, PostgresDriver, PostgresSettings, RootCertificates, SslMode,
};
use feast_registry_sql::{Access, Driver, DriverError};
use tokio::time::timeout;

use crate::certificates::{Authority, Identity};
use crate::fixture::{address, query, server, through};
use crate::leftovers::{gone, process};
use crate::tls_proxy::{Offer, start};

/// Settings for a server with this certificate.
async fn before(
    identity: &Identity,
    clients: Option<&Authority>,
    offer: Offer,
) -> PostgresSettings {
    let settings = server().settings(None).unwrap();
    let port = start(address(&settings), identity, clients, offer).await;
    through(&settings, port)
}

fn with(settings: &PostgresSettings, mode: SslMode, roots: Option<&Authority>) -> PostgresSettings {
    let mut settings = settings.clone();
    settings.tls.mode = mode;
    if let Some(authority) = roots {
        settings.tls.roots = RootCertificates::File(authority.file());
    }
    settings
}

async fn connect(settings: &PostgresSettings) -> Result<String, DriverError> {
    let driver = PostgresDriver::new(settings, PostgresDialect::new())?;
    driver.version().await
}

async fn refused(settings: &PostgresSettings) -> String {
    connect(settings).await.unwrap_err().message
}

pub(crate) async fn any_certificate_will_do_unless_asked() {
    let authority = Authority::new();
    let settings = before(&authority.sign("elsewhere"), None, Offer::Only).await;
    connect(&with(&settings, SslMode::Require, None))
        .await
        .unwrap();
    // libpq takes a root that is given for a wish to verify.
    let other = Authority::new();
    let message = refused(&with(&settings, SslMode::Require, Some(&other))).await;
    assert!(message.contains("certificate"), "{message}");
}

pub(crate) async fn a_known_root_is_enough_for_verify_ca() {
    let authority = Authority::new();
    let settings = before(&authority.sign("elsewhere"), None, Offer::Only).await;
    connect(&with(&settings, SslMode::VerifyCa, Some(&authority)))
        .await
        .unwrap();
}

pub(crate) async fn the_host_must_fit_for_verify_full() {
    let authority = Authority::new();
    let full = |settings: &PostgresSettings| with(settings, SslMode::VerifyFull, Some(&authority));
    let wrong = before(&authority.sign("elsewhere"), None, Offer::Only).await;
    let message = refused(&full(&wrong)).await;
    assert!(message.contains("localhost"), "{message}");
    let right = before(&authority.sign("localhost"), None, Offer::Only).await;
    connect(&full(&right)).await.unwrap();
}

pub(crate) async fn an_unknown_root_is_refused() {
    let (authority, other) = (Authority::new(), Authority::new());
    let settings = before(&authority.sign("localhost"), None, Offer::Only).await;
    for mode in [SslMode::VerifyCa, SslMode::VerifyFull] {
        let message = refused(&with(&settings, mode, Some(&other))).await;
        assert!(message.contains("certificate"), "{message}");
    }
}

pub(crate) async fn a_certificate_may_be_its_own_root() {
    let authority = Authority::new();
    let identity = authority.self_signed("localhost");
    let mut settings = before(&identity, None, Offer::Only).await;
    settings.tls.roots = RootCertificates::File(identity.files[0].clone());
    for mode in [SslMode::VerifyCa, SslMode::VerifyFull] {
        connect(&with(&settings, mode, None)).await.unwrap();
    }
}

pub(crate) async fn the_client_shows_its_certificate() {
    let authority = Authority::new();
    let identity = authority.sign("localhost");
    let settings = before(&identity, Some(&authority), Offer::Only).await;
    let mut settings = with(&settings, SslMode::VerifyFull, Some(&authority));
    assert!(connect(&settings).await.is_err(), "without a certificate");
    let [certificate, key] = authority.sign("somebody").files;
    settings.tls.certificate = Some(certificate);
    let message = refused(&settings).await;
    assert!(message.contains("sslkey"), "{message}");
    settings.tls.key = Some(key);
    connect(&settings).await.unwrap();
}

pub(crate) async fn prefer_and_allow_take_what_the_server_offers() {
    let identity = Authority::new().sign("localhost");
    for (offer, refused) in [
        (Offer::Only, SslMode::Disable),
        (Offer::None, SslMode::Require),
    ] {
        let settings = before(&identity, None, offer).await;
        for mode in [SslMode::Prefer, SslMode::Allow] {
            connect(&with(&settings, mode, None)).await.unwrap();
        }
        let outcome = connect(&with(&settings, refused, None)).await;
        assert!(outcome.is_err(), "{refused:?} with {offer:?}");
    }
}

pub(crate) async fn a_statement_is_cancelled_through_tls() {
    let identity = Authority::new().sign("localhost");
    let settings = before(&identity, None, Offer::Only).await;
    let settings = with(&settings, SslMode::Require, None);
    let driver = PostgresDriver::new(&settings, PostgresDialect::new()).unwrap();
    let mut connection = driver.acquire(Access::Read).await.unwrap();
    let process = process(&mut *connection).await;
    let sleep = vec![query("SELECT pg_sleep(600)", Vec::new())];
    let run = timeout(Duration::from_millis(100), connection.run(sleep)).await;
    assert!(run.is_err());
    drop(connection);
    gone(
        &server().driver(&server().settings(None).unwrap()).unwrap(),
        &process,
    )
    .await;
}
