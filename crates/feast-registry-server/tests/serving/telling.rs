//! What a server tells of itself.

use std::io;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

use tonic::Code;
use tonic_health::ServingStatus::{NotServing, Serving};
use tracing::subscriber::DefaultGuard;

use crate::client::{self, connect, get_project, named, until};
use crate::running::{Running, options};

/// What this thread logs, in lines.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Takes what is logged from `level` on, as long as the guard lives.
    fn begin(level: tracing::Level) -> (Self, DefaultGuard) {
        let log = Log::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(level)
            .with_ansi(false)
            .with_writer(move || writer.clone());
        (log, tracing::subscriber::set_default(subscriber.finish()))
    }

    /// The lines that hold all of these.
    fn lines(&self, parts: &[&str]) -> Vec<String> {
        let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        let lines = text.lines().map(str::to_owned);
        lines
            .filter(|line| parts.iter().all(|part| line.contains(part)))
            .collect()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
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
    let text = server.told("/metrics").await;
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
async fn what_the_store_and_the_cache_count_is_told() {
    let server = with_metrics().await;
    until(&connect(server.address()).await, "", Serving).await;
    let text = server.told("/metrics").await;
    for line in [
        "feast_registry_store_statements_total 11",
        "feast_registry_store_retries_total 12",
        "feast_registry_store_conflicts_total 13",
        "feast_registry_store_failures_total 14",
        "feast_registry_store_connections 15",
        "feast_registry_store_connections_idle 16",
        "feast_registry_store_connections_waiting 17",
        "feast_registry_store_connections_most 18",
    ] {
        assert!(text.contains(&format!("{line}\n")), "no {line} in {text}");
    }
    // There is no cache yet, and so it has no age.
    assert!(!text.contains("cache_age_seconds"), "{text}");
    let request = tonic::Request::new(feast_registry_proto::registry::GetProjectRequest {
        name: "rides".into(),
        allow_cache: true,
    });
    let client = connect(server.address()).await;
    get_project(&client, request).await.unwrap_err();
    let text = server.told("/metrics").await;
    assert!(
        text.contains("\nfeast_registry_cache_age_seconds "),
        "{text}"
    );
}

#[tokio::test]
async fn probes_say_whether_the_server_is_of_use() {
    let server = with_metrics().await;
    let client = connect(server.address()).await;
    until(&client, "", Serving).await;
    assert!(server.told("/readyz").await.starts_with("HTTP/1.1 200"));
    server.store.down.store(true, Ordering::SeqCst);
    until(&client, "", NotServing).await;
    let answer = server.told("/readyz").await;
    assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
    // Anybody may ask: hosts and settings are for the log.
    assert!(!answer.contains("the store is down"), "{answer}");
    assert!(answer.contains("cannot reach its store"), "{answer}");
    assert!(server.told("/healthz").await.starts_with("HTTP/1.1 200"));
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

#[tokio::test]
async fn why_a_call_failed_is_logged_once_with_its_id() {
    let (log, _guard) = Log::begin(tracing::Level::INFO);
    let (server, client) = Running::ready(options()).await;
    server.store.down.store(true, Ordering::SeqCst);
    let mut request = named("rides");
    request
        .metadata_mut()
        .insert("x-request-id", "of-the-client".parse().unwrap());
    let answer = get_project(&client, request).await.unwrap_err();
    assert_eq!(answer.code(), Code::Unavailable);
    assert!(!answer.message().contains("the store is down"), "{answer}");
    let lines = log.lines(&["a call failed"]);
    assert_eq!(lines.len(), 1, "{lines:?}");
    for part in ["of-the-client", "the store is down", "GetProject"] {
        assert!(lines[0].contains(part), "no {part} in {lines:?}");
    }
}

#[tokio::test]
async fn why_the_server_is_not_ready_is_logged() {
    let (log, _guard) = Log::begin(tracing::Level::WARN);
    let (server, client) = Running::ready(options()).await;
    server.store.down.store(true, Ordering::SeqCst);
    until(&client, "", NotServing).await;
    let lines = log.lines(&["does not answer", "the store is down"]);
    assert_eq!(lines.len(), 1, "{lines:?}");
}

#[tokio::test]
async fn a_time_of_the_client_that_is_over_is_told_counted_and_logged() {
    let (log, _guard) = Log::begin(tracing::Level::INFO);
    let server = with_metrics().await;
    until(&connect(server.address()).await, "", Serving).await;
    let _closed = server.store.gate.acquire_many(1000).await.unwrap();
    let request = client::post("GetProject")
        .header("grpc-timeout", "20m")
        .header("x-request-id", "in-a-hurry")
        .body(client::message(b""));
    let (headers, status) = client::send(server.address(), request.unwrap()).await;
    assert_eq!(status.code(), Code::DeadlineExceeded);
    let details = client::details(&status);
    assert!(details.contains("its client allows"), "{details}");
    assert_eq!(headers["x-request-id"], "in-a-hurry");
    let counted = "{grpc_method=\"GetProject\",grpc_code=\"DeadlineExceeded\"} 1";
    server
        .until_told(&format!("grpc_server_handled_total{counted}"))
        .await;
    assert_eq!(log.lines(&["a call failed", "in-a-hurry"]).len(), 1);
}

#[tokio::test]
async fn a_call_that_is_worked_on_is_in_flight() {
    let server = with_metrics().await;
    let client = connect(server.address()).await;
    until(&client, "", Serving).await;
    let closed = server.store.gate.acquire_many(1000).await.unwrap();
    let call = tokio::spawn(async move { get_project(&client, named("rides")).await });
    server.until_told("grpc_server_in_flight 1").await;
    drop(closed);
    call.await.unwrap().unwrap_err();
    server.until_told("grpc_server_in_flight 0").await;
}
