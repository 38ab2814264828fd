//! Clients that ask for much and do not read it.

use std::time::Duration;

use feast_registry_core::{Apply, Change, Freshness, Key, Kind, json};
use feast_registry_proto::prost::Message as _;
use feast_registry_proto::registry::ListFeatureViewsRequest;
use feast_registry_server::Options;
use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use http_body::Body as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tonic::Code;
use tonic::transport::Channel;

use crate::client::{get_project, named};
use crate::memory::{KIB, MIB, Memory};
use crate::running::{Running, options};
use crate::{frames, samples};

const VIEWS: usize = 300;
/// What a call may hold of an answer that nobody reads: what h2 buffers of a stream, in pieces of an object each.
const A_CALL: usize = MIB;

/// The bytes of the list, and of everything, which is the list and little more.
const ANSWER: usize = 30_000_000;

/// A server with a list of 30 MB.
async fn serve(options: Options) -> (Running, Channel) {
    let (server, client) = Running::ready(options).await;
    let registry = server.store.registry().await.unwrap();
    let text = "x".repeat(100 * KIB);
    let view = |number| {
        let name = format!("view_{number}");
        let mut view = samples::value(Kind::FeatureView, &name);
        view["spec"]["description"] = text.clone().into();
        let body = json::from_json("feast.core.FeatureView", view).unwrap();
        Change::Apply(Apply::new(Kind::FeatureView, "rides", name, body))
    };
    registry
        .commit((0..VIEWS).map(view).collect())
        .await
        .unwrap();
    let key = Key::new(Kind::FeatureView, "rides", "view_0");
    registry.get(&key, Freshness::Store).await.unwrap();
    // What the server caches is no part of what its clients cost.
    assert!(list(&client).await > ANSWER);
    (server, client)
}

fn request(allow_cache: bool) -> Vec<u8> {
    let request = ListFeatureViewsRequest {
        project: "rides".into(),
        allow_cache,
        ..Default::default()
    };
    request.encode_to_vec()
}

/// Reads the whole list, and keeps nothing of it: its bytes.
async fn list(client: &Channel) -> usize {
    let body = frames::message(&request(true));
    let request =
        tonic::codegen::http::Request::post("/feast.registry.RegistryServer/ListFeatureViews")
            .header("content-type", "application/grpc")
            .header("te", "trailers")
            .body(tonic::body::Body::new(http_body_util::Full::from(body)))
            .unwrap();
    let mut client = client.clone();
    std::future::poll_fn(|cx| tower::Service::poll_ready(&mut client, cx))
        .await
        .unwrap();
    let answer = tower::Service::call(&mut client, request).await.unwrap();
    let mut body = std::pin::pin!(answer.into_body());
    let mut bytes = 0;
    while let Some(frame) = std::future::poll_fn(|cx| body.as_mut().poll_frame(cx)).await {
        bytes += frame.unwrap().data_ref().map_or(0, |data| data.len());
    }
    bytes
}

/// Asks for the cached list in calls of one connection, and hears no more than that it begins.
async fn ask(server: &Running, calls: u32) -> TcpStream {
    ask_for(server, calls, "ListFeatureViews", &request(true)).await
}

async fn ask_for(server: &Running, calls: u32, rpc: &str, request: &[u8]) -> TcpStream {
    let mut stream = frames::connect(server.address()).await;
    let mut said = Vec::new();
    for call in 0..calls {
        frames::call(&mut said, 1 + 2 * call, rpc, request);
    }
    stream.write_all(&said).await.unwrap();
    let mut begin = [0; 64 * KIB];
    stream.read_exact(&mut begin).await.unwrap();
    stream
}

pub(crate) async fn that_do_not_read() {
    const READERS: usize = 20;
    let (server, client) = serve(options()).await;
    let memory = Memory::watch();
    let mut readers = Vec::new();
    for _ in 0..READERS {
        readers.push(ask(&server, 1).await);
    }
    // Others get all of it meanwhile: their own memory is that of one call.
    assert!(list(&client).await > ANSWER);
    memory.at_most((READERS + 8) * A_CALL);
    drop(readers);
}

pub(crate) async fn one_with_many_calls() {
    const CALLS: u32 = 200;
    let (server, client) = serve(options()).await;
    let memory = Memory::watch();
    let reader = ask(&server, CALLS).await;
    assert!(list(&client).await > ANSWER);
    memory.at_most(CALLS as usize * A_CALL + 8 * MIB);
    drop(reader);
}

pub(crate) async fn of_everything() {
    hold_no_more_than_their_places("Proto", b"").await;
}

pub(crate) async fn of_what_is_not_cached() {
    hold_no_more_than_their_places("ListFeatureViews", &request(false)).await;
}

/// Answers that are in nobody else's memory are there for readers who have a place.
async fn hold_no_more_than_their_places(rpc: &str, request: &[u8]) {
    const PLACES: usize = 2;
    const READERS: usize = 10;
    let mut options = options();
    options.limits.calls = PLACES;
    let (server, _client) = serve(options).await;
    let memory = Memory::watch();
    let asking = (0..READERS).map(|_| ask_for(&server, 1, rpc, request));
    let mut answered: FuturesUnordered<_> = asking.collect();
    let mut held = Vec::new();
    while held.len() < PLACES {
        held.push(answered.next().await);
    }
    // Nobody else is answered meanwhile.
    let one_more = timeout(Duration::from_millis(300), answered.next()).await;
    assert!(one_more.is_err(), "there was one more place");
    // Everything is copied once more as it is put together.
    memory.at_most(3 * PLACES * ANSWER);
    drop(held);
    assert!(answered.next().await.is_some());
}

/// HTTP/2 has no room for the answer, though the client reads all that comes, and answers pings.
pub(crate) async fn without_a_window() {
    let mut options = options();
    options.limits.calls = 1;
    // Nothing else ends the connection.
    options.limits.keepalive_interval = Duration::from_secs(600);
    options.limits.answer_time = Duration::from_millis(500);
    options.metrics_port = Some(0);
    let (server, client) = Running::ready(options).await;
    let mut reader = frames::connect_with(server.address(), 0).await;
    let mut said = Vec::new();
    frames::call(&mut said, 1, "Proto", b"");
    reader.write_all(&said).await.unwrap();
    server.until_told("grpc_server_in_flight 1").await;
    let answer = get_project(&client, named("rides")).await.unwrap_err();
    assert_eq!(answer.code(), Code::NotFound, "{answer}");
    frames::until_closed(&mut reader).await;
}

pub(crate) async fn that_stop() {
    let mut options = options();
    options.limits.calls = 1;
    // Nothing else ends the connection.
    options.limits.keepalive_interval = Duration::from_secs(600);
    options.limits.answer_time = Duration::from_secs(1);
    options.metrics_port = Some(0);
    let (server, client) = serve(options).await;
    let mut reader = ask(&server, 1).await;
    server.until_told("grpc_server_in_flight 1").await;
    // There is no place for others as long as it has its own.
    assert!(list(&client).await > ANSWER);
    frames::until_closed(&mut reader).await;
    let counted = "{grpc_method=\"ListFeatureViews\",grpc_code=\"Canceled\"} 1";
    server
        .until_told(&format!("grpc_server_handled_total{counted}"))
        .await;
}
