//! What a server tells of itself.

use std::net::SocketAddr;
use std::sync::atomic::Ordering;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tonic_health::ServingStatus::{NotServing, Serving};

use crate::client::{connect, get_project, named, until};
use crate::running::{Running, options};

/// What is answered to an HTTP request.
async fn get(address: SocketAddr, path: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

async fn with_metrics() -> Running {
    let mut options = options();
    options.metrics_port = Some(0);
    Running::start(options).await
}

#[tokio::test]
async fn calls_are_counted() {
    let server = with_metrics().await;
    let client = connect(server.address()).await;
    until(&client, "", Serving).await;
    get_project(&client, named("rides")).await.unwrap_err();
    let text = get(server.metrics(), "/metrics").await;
    for line in [
        "grpc_server_handled_total{grpc_method=\"GetProject\",grpc_code=\"NotFound\"} 1",
        "grpc_server_handling_seconds_count{grpc_method=\"GetProject\",grpc_code=\"NotFound\"} 1",
        "feast_registry_cache_rows 0",
        "feast_registry_cache_hits_total 0",
        "feast_registry_cache_refresh_seconds_total 0",
        "feast_registry_store_undone_writes_total 0",
        "# EOF",
    ] {
        assert!(text.contains(line), "no {line} in {text}");
    }
}

#[tokio::test]
async fn probes_say_whether_the_server_is_of_use() {
    let server = with_metrics().await;
    let client = connect(server.address()).await;
    until(&client, "", Serving).await;
    assert!(
        get(server.metrics(), "/readyz")
            .await
            .starts_with("HTTP/1.1 200")
    );
    server.store.down.store(true, Ordering::SeqCst);
    until(&client, "", NotServing).await;
    let answer = get(server.metrics(), "/readyz").await;
    assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
    assert!(answer.contains("the store is down"), "{answer}");
    assert!(
        get(server.metrics(), "/healthz")
            .await
            .starts_with("HTTP/1.1 200")
    );
}

#[tokio::test]
async fn a_call_has_an_id() {
    let (_server, client) = Running::ready(options()).await;
    let mut request = named("rides");
    request
        .metadata_mut()
        .insert("x-request-id", "of-the-client".parse().unwrap());
    let answer = get_project(&client, request).await.unwrap_err();
    assert_eq!(
        answer.metadata().get("x-request-id").unwrap(),
        "of-the-client"
    );
    let answer = get_project(&client, named("rides")).await.unwrap_err();
    assert!(!answer.metadata().get("x-request-id").unwrap().is_empty());
}
