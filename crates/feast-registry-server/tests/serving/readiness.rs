//! Starting before the store, outliving it, and ending.

use std::sync::atomic::Ordering;

use feast_registry_core::{Error, ErrorKind};
use feast_registry_server::Server;
use tonic::Code;
use tonic_health::ServingStatus::{NotServing, Serving};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

use crate::client::{connect, get_project, named, until};
use crate::running::{Running, options};
use crate::store::Gated;

const SERVICE: &str = "feast.registry.RegistryServer";

#[tokio::test]
async fn a_server_is_not_ready_before_its_store_is() {
    let store = Gated::new();
    store.down.store(true, Ordering::SeqCst);
    let server = Running::over(store, options()).await;
    let client = connect(server.address()).await;
    for service in ["", SERVICE] {
        until(&client, service, NotServing).await;
    }
    let refused = get_project(&client, named("rides")).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unavailable);

    server.store.down.store(false, Ordering::SeqCst);
    for service in ["", SERVICE] {
        until(&client, service, Serving).await;
    }
    let answer = get_project(&client, named("rides")).await.unwrap_err();
    assert_eq!(answer.code(), Code::NotFound);
}

#[tokio::test]
async fn a_server_outlives_its_store() {
    let (server, client) = Running::ready(options()).await;
    server.store.down.store(true, Ordering::SeqCst);
    until(&client, SERVICE, NotServing).await;
    let refused = get_project(&client, named("rides")).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unavailable);
    server.store.down.store(false, Ordering::SeqCst);
    until(&client, SERVICE, Serving).await;
}

#[tokio::test]
async fn an_unknown_service_has_no_health() {
    let server = Running::start(options()).await;
    let mut client = HealthClient::new(connect(server.address()).await);
    let request = HealthCheckRequest {
        service: "feast.Other".into(),
    };
    let status = client.check(request).await.unwrap_err();
    assert_eq!(status.code(), Code::NotFound);
}

#[tokio::test]
async fn what_no_attempt_mends_ends_the_server() {
    let server = Server::bind(options()).await.unwrap();
    let open = || async { Err(Error::new(ErrorKind::Config, "wrong settings")) };
    let ended = server.run(open, std::future::pending()).await;
    assert_eq!(ended.unwrap_err().message(), "wrong settings");
}

#[tokio::test]
async fn calls_under_way_are_answered_when_the_server_stops() {
    let server = Running::start(options()).await;
    let (client, address) = (connect(server.address()).await, server.address());
    until(&client, "", Serving).await;
    let store = server.store.clone();
    let closed = store.gate.acquire_many(1000).await.unwrap();
    let caller = client.clone();
    let call = tokio::spawn(async move { get_project(&caller, named("rides")).await });
    store.arrived.acquire().await.unwrap().forget();

    let ending = server.stop();
    until_refused(address).await;
    assert!(!ending.is_finished());
    drop(closed);
    let answer = call.await.unwrap().unwrap_err();
    assert_eq!(answer.code(), Code::NotFound);
    ending.await.unwrap().unwrap();
}

/// Waits until nobody listens.
async fn until_refused(address: std::net::SocketAddr) {
    while tokio::net::TcpStream::connect(address).await.is_ok() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_drain_ends_in_time() {
    let mut options = options();
    options.drain = std::time::Duration::from_millis(10);
    let (server, client) = Running::ready(options).await;
    let store = server.store.clone();
    let _closed = store.gate.acquire_many(1000).await.unwrap();
    let call = tokio::spawn(async move { get_project(&client, named("rides")).await });
    store.arrived.acquire().await.unwrap().forget();
    // The call is never answered.
    server.stop().await.unwrap().unwrap();
    call.abort();
}
