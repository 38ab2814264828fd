//! Clients that ask for too much, or for nothing.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tonic::body::Body;
use tonic::{Code, Status};
use tonic_health::ServingStatus::Serving;

use crate::client::{self, connect, get_project, named, until};
use crate::frames::{self, frame};
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
    let details = client::details(&late);
    assert!(details.contains("that this server allows"), "{details}");
}

#[tokio::test]
async fn a_request_that_does_not_arrive_is_waited_for_in_vain() {
    let mut options = options();
    options.limits.request_time = Duration::from_millis(20);
    let server = Running::start(options).await;
    let never = http_body_util::StreamBody::new(futures::stream::pending::<
        Result<http_body::Frame<bytes::Bytes>, Status>,
    >());
    let request = client::post("GetProject").body(Body::new(never)).unwrap();
    let (_, late) = client::send(server.address(), request).await;
    assert_eq!(late.code(), Code::DeadlineExceeded);
    let details = client::details(&late);
    assert!(
        details.contains("did not arrive within 0.02 s"),
        "{details}"
    );
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

#[tokio::test]
async fn calls_of_one_connection_beyond_the_limit_are_refused() {
    /// The code of a reset by which the client knows that nothing was done.
    const REFUSED_STREAM: [u8; 4] = 7_u32.to_be_bytes();
    let mut options = options();
    options.limits.streams = 2;
    let server = Running::start(options).await;
    let mut stream = frames::connect(server.address()).await;
    let mut said = Vec::new();
    for call in [1, 3, 5] {
        let block = frames::headers("GetProject");
        frame(
            &mut said,
            frames::HEADERS,
            frames::END_HEADERS,
            call,
            &block,
        );
    }
    stream.write_all(&said).await.unwrap();
    let (of, code) = loop {
        let (kind, of, payload) = frames::next(&mut stream).await;
        if kind == frames::RESET {
            break (of, payload);
        }
    };
    assert_eq!((of, &*code), (5, &REFUSED_STREAM[..]));
}

#[tokio::test]
async fn a_connection_that_does_not_answer_pings_is_closed() {
    let mut options = options();
    options.limits.keepalive_interval = Duration::from_millis(20);
    options.limits.keepalive_timeout = Duration::from_millis(500);
    let (server, client) = Running::ready(options).await;
    let mut silent = frames::connect(server.address()).await;
    frames::until_closed(&mut silent).await;
    // One that answers them goes on.
    let answer = get_project(&client, named("rides")).await.unwrap_err();
    assert_eq!(answer.code(), Code::NotFound);
}
