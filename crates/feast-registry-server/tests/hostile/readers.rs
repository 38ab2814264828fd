//! Clients that ask for much and do not read it.

use feast_registry_core::{Apply, Change, Freshness, Key, Kind, json};
use feast_registry_proto::prost::Message as _;
use feast_registry_proto::registry::ListFeatureViewsRequest;
use http_body::Body as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tonic::transport::Channel;

use crate::memory::{KIB, MIB, Memory};
use crate::running::{Running, options};
use crate::{frames, samples};

const VIEWS: usize = 300;
/// What a call may hold of an answer that nobody reads: what h2 buffers of a stream, in pieces of an object each.
const A_CALL: usize = MIB;

/// A server with a list of 30 MB.
async fn serve() -> (Running, Channel) {
    let (server, client) = Running::ready(options()).await;
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
    assert!(list(&client).await > 30_000_000);
    (server, client)
}

fn request() -> Vec<u8> {
    let request = ListFeatureViewsRequest {
        project: "rides".into(),
        allow_cache: true,
        ..Default::default()
    };
    request.encode_to_vec()
}

/// Reads the whole list, and keeps nothing of it: its bytes.
async fn list(client: &Channel) -> usize {
    let body = frames::message(&request());
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

/// Asks for the list in calls of one connection, and hears no more than that it begins.
async fn ask(server: &Running, calls: u32) -> TcpStream {
    let mut stream = frames::connect(server.address()).await;
    let mut said = Vec::new();
    for call in 0..calls {
        frames::call(&mut said, 1 + 2 * call, "ListFeatureViews", &request());
    }
    stream.write_all(&said).await.unwrap();
    let mut begin = [0; 64 * KIB];
    stream.read_exact(&mut begin).await.unwrap();
    stream
}

pub(crate) async fn that_do_not_read() {
    const READERS: usize = 20;
    let (server, client) = serve().await;
    let memory = Memory::watch();
    let mut readers = Vec::new();
    for _ in 0..READERS {
        readers.push(ask(&server, 1).await);
    }
    // Others get all of it meanwhile: their own memory is that of one call.
    assert!(list(&client).await > 30_000_000);
    memory.at_most((READERS + 8) * A_CALL);
    drop(readers);
}

pub(crate) async fn one_with_many_calls() {
    const CALLS: u32 = 200;
    let (server, client) = serve().await;
    let memory = Memory::watch();
    let reader = ask(&server, CALLS).await;
    assert!(list(&client).await > 30_000_000);
    memory.at_most(CALLS as usize * A_CALL + 8 * MIB);
    drop(reader);
}
