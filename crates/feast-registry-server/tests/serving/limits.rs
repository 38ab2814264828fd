//! Clients that ask for too much, or for nothing.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tonic::Code;
use tonic_health::ServingStatus::Serving;

use crate::client::{connect, get_project, named, until};
use crate::running::{Running, options};

/// Whether the server closes a connection on which this was said.
async fn is_closed_after(said: &[u8], handshake: Duration) -> bool {
    let mut options = options();
    options.limits.handshake_time = handshake;
    let server = Running::start(options).await;
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    stream.write_all(said).await.unwrap();
    // An end or a reset.
    let mut heard = Vec::new();
    let _ = stream.read_to_end(&mut heard).await;
    heard.is_empty()
}

#[tokio::test]
async fn a_client_that_says_nothing_loses_its_connection() {
    assert!(is_closed_after(b"", Duration::from_millis(20)).await);
    assert!(is_closed_after(b"PRI * HTTP", Duration::from_millis(20)).await);
}

#[tokio::test]
async fn a_client_that_speaks_something_else_loses_its_connection() {
    let said = b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n";
    assert!(is_closed_after(said, Duration::from_secs(60)).await);
}

#[tokio::test]
async fn a_request_that_is_too_large_is_refused() {
    let mut options = options();
    options.limits.message_bytes = 1000;
    let (_server, client) = Running::ready(options).await;
    let fitting = get_project(&client, named(&"x".repeat(900))).await;
    assert_eq!(fitting.unwrap_err().code(), Code::NotFound);
    let refused = get_project(&client, named(&"x".repeat(2000)))
        .await
        .unwrap_err();
    let too_large = [Code::OutOfRange, Code::ResourceExhausted];
    assert!(too_large.contains(&refused.code()), "{refused:?}");
}

#[tokio::test]
async fn headers_without_end_are_refused() {
    let (server, client) = Running::ready(options()).await;
    let mut request = named("rides");
    for number in 0..40 {
        let key = tonic::metadata::MetadataKey::from_bytes(format!("x-{number}").as_bytes());
        request
            .metadata_mut()
            .insert(key.unwrap(), "y".repeat(1000).parse().unwrap());
    }
    assert_ne!(
        get_project(&client, request).await.unwrap_err().code(),
        Code::NotFound
    );
    // Nobody else suffers.
    let answer = get_project(&connect(server.address()).await, named("rides")).await;
    assert_eq!(answer.unwrap_err().code(), Code::NotFound);
}

#[tokio::test]
async fn a_call_has_a_time() {
    let mut options = options();
    options.limits.call_time = Duration::from_millis(20);
    let (server, client) = Running::ready(options).await;
    let _closed = server.store.gate.acquire_many(1000).await.unwrap();
    let late = get_project(&client, named("rides")).await.unwrap_err();
    assert_eq!(late.code(), Code::DeadlineExceeded);
}

#[tokio::test]
async fn a_deadline_in_the_past_is_over() {
    let (server, client) = Running::ready(options()).await;
    let _closed = server.store.gate.acquire_many(1000).await.unwrap();
    let mut request = named("rides");
    request
        .metadata_mut()
        .insert("grpc-timeout", "0n".parse().unwrap());
    let late = get_project(&client, request).await.unwrap_err();
    let over = [Code::DeadlineExceeded, Code::Cancelled];
    assert!(over.contains(&late.code()), "{late:?}");
}

#[tokio::test]
async fn calls_wait_for_each_other_and_health_checks_do_not() {
    let mut options = options();
    options.limits.calls = 1;
    let (server, client) = Running::ready(options).await;
    let closed = server.store.gate.acquire_many(1000).await.unwrap();
    let call = || {
        let client = client.clone();
        tokio::spawn(async move { get_project(&client, named("rides")).await })
    };
    let calls = [call(), call(), call()];
    server.store.arrived.acquire().await.unwrap().forget();
    until(&client, "", Serving).await;
    assert_eq!(server.store.arrived.available_permits(), 0);
    drop(closed);
    for call in calls {
        assert_eq!(call.await.unwrap().unwrap_err().code(), Code::NotFound);
    }
}

#[tokio::test]
async fn a_call_that_is_given_up_frees_its_place() {
    let mut options = options();
    options.limits.calls = 1;
    let (server, client) = Running::ready(options).await;
    let closed = server.store.gate.acquire_many(1000).await.unwrap();
    let caller = client.clone();
    let call = tokio::spawn(async move { get_project(&caller, named("rides")).await });
    server.store.arrived.acquire().await.unwrap().forget();
    call.abort();
    drop(closed);
    let answer = get_project(&client, named("rides")).await.unwrap_err();
    assert_eq!(answer.code(), Code::NotFound);
}

#[tokio::test]
async fn connections_beyond_the_limit_wait() {
    let mut options = options();
    options.limits.connections = 1;
    let server = Running::start(options).await;
    let first = connect(server.address()).await;
    until(&first, "", Serving).await;
    let address = server.address();
    let second = tokio::spawn(async move {
        let client = connect(address).await;
        get_project(&client, named("rides")).await
    });
    get_project(&first, named("rides")).await.unwrap_err();
    assert!(!second.is_finished());
    drop(first);
    assert_eq!(second.await.unwrap().unwrap_err().code(), Code::NotFound);
}
