//! Requests that nobody in their right mind sends.

use std::convert::Infallible;

use bytes::Bytes;
use http_body::Frame;
use http_body_util::StreamBody;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::Value;
use tonic::body::Body;
use tonic::codegen::http;
use tonic::{Code, Status};

use feast_registry_core::Kind;
use feast_registry_server::{Rpc, service};

use crate::client::{Client, apply_rpc, client, message, method, registry};
use crate::samples;

/// Sends bytes to an rpc of a small registry. Whatever it answers, it is not the server's fault.
fn survives(rpc: Rpc, request: Vec<u8>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime starts");
    runtime.block_on(async {
        let client = &mut client().await;
        client.apply(Kind::FeatureView, "rides", "trips").await;
        if let Err(status) = client.send(rpc, request.into()).await {
            let fault = [
                Code::Internal,
                Code::Unknown,
                Code::DataLoss,
                Code::Unavailable,
            ];
            assert!(!fault.contains(&status.code()), "{}: {status}", rpc.name());
        }
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn any_bytes(rpc in select(&Rpc::ALL), request in proptest::collection::vec(any::<u8>(), 0..64)) {
        survives(rpc, request);
    }

    #[test]
    fn requests_with_wrong_bytes(
        kind in select(&Kind::OBJECTS),
        changes in proptest::collection::vec((any::<Index>(), any::<u8>()), 1..6),
        cut in any::<Index>(),
    ) {
        let (rpc, field) = apply_rpc(kind);
        let mut request = serde_json::json!({field: samples::value(kind, "it")});
        if kind != Kind::Project {
            request["project"] = "rides".into();
        }
        let mut bytes = message(method(rpc).input_type(), request).to_vec();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        bytes.truncate(bytes.len() - cut.index(bytes.len()) / 8);
        survives(rpc, bytes);
    }
}

#[tokio::test]
async fn a_request_that_is_too_large_is_not_read() {
    let service = service(registry().await).with_max_request_bytes(1_000);
    let client = &mut Client::of(service);
    let status = client
        .send(Rpc::ApplyEntity, Bytes::from(vec![0; 1_001]))
        .await
        .unwrap_err();
    assert_eq!(status.code(), Code::ResourceExhausted);
    assert!(
        status.message().contains("larger than the 1000 bytes"),
        "{status}"
    );
}

#[tokio::test]
async fn a_request_of_no_message_or_of_many_is_refused() {
    let client = &mut client().await;
    for count in [0, 2, 1_000] {
        let messages = vec![Bytes::new(); count];
        let status = client.send_all(Rpc::Commit, messages).await.unwrap_err();
        assert_eq!(status.code(), Code::InvalidArgument, "{count}: {status}");
    }
}

/// What an rpc answers to a body that comes in these pieces.
async fn framed(pieces: &[&[u8]], encoding: &'static str) -> (Code, String) {
    let frames: Vec<_> = pieces
        .iter()
        .map(|piece| Ok::<_, Infallible>(Frame::data(Bytes::copy_from_slice(piece))))
        .collect();
    let body = Body::new(StreamBody::new(futures::stream::iter(frames)));
    let request = http::Request::post("/feast.registry.RegistryServer/Commit")
        .header("grpc-encoding", encoding)
        .body(body)
        .expect("a request");
    let mut service = service(registry().await);
    let answer = tower::Service::call(&mut service, request).await;
    let answer = answer.expect("it answers always");
    let Some(status) = Status::from_header_map(answer.headers()) else {
        return (Code::Ok, String::new());
    };
    let details: Value = serde_json::from_str(status.message()).expect("details are JSON");
    assert_eq!(details["class"], "FeastError");
    let message = details["message"].as_str().expect("a text");
    (status.code(), message.to_owned())
}

#[tokio::test]
async fn a_request_may_come_in_pieces() {
    // Field 1000, which nobody knows, with two bytes.
    let whole = [0, 0, 0, 0, 5, 0xc2, 0x3e, 2, 7, 7];
    for at in 0..whole.len() {
        let (first, second) = whole.split_at(at);
        assert_eq!(framed(&[first, second], "identity").await.0, Code::Ok);
        let (code, message) = framed(&[first], "identity").await;
        assert_eq!(code, Code::InvalidArgument, "{at}: {message}");
    }
}

#[tokio::test]
async fn a_request_that_is_not_framed_as_it_should_be_is_refused() {
    for (body, encoding, code, why) in [
        (
            &[0, 0, 0, 0, 0][..],
            "gzip",
            Code::Unimplemented,
            "uncompressed",
        ),
        (
            &[1, 0, 0, 0, 0],
            "identity",
            Code::Unimplemented,
            "uncompressed",
        ),
        (
            &[9, 0, 0, 0, 0],
            "identity",
            Code::InvalidArgument,
            "not framed",
        ),
        (
            &[0, 0, 0, 0, 1],
            "identity",
            Code::InvalidArgument,
            "ends within",
        ),
        (
            &[0, 0xff, 0, 0, 0],
            "identity",
            Code::ResourceExhausted,
            "larger than",
        ),
    ] {
        let (answered, message) = framed(&[body], encoding).await;
        assert_eq!(answered, code, "{body:?}: {message}");
        assert!(message.contains(why), "{body:?}: {message}");
    }
}

#[tokio::test]
async fn a_list_that_takes_many_pieces_comes_whole() {
    let client = &mut client().await;
    let text = "x".repeat(100_000);
    for number in 0..20 {
        let mut view = samples::value(Kind::FeatureView, &format!("view_{number:02}"));
        view["spec"]["description"] = text.clone().into();
        client.apply_value(Kind::FeatureView, "rides", view).await;
    }
    let request = serde_json::json!({"project": "rides"});
    let found = client.ok(Rpc::ListFeatureViews, request).await;
    let views = found["featureViews"].as_array().expect("views");
    assert_eq!(views.len(), 20);
    assert!(
        views
            .iter()
            .all(|view| view["spec"]["description"] == *text)
    );
}

#[tokio::test]
async fn an_object_that_nests_too_deep_is_refused() {
    let client = &mut client().await;
    // A data source in a data source in a data source.
    let mut source = Vec::new();
    for _ in 0..2_000 {
        let mut outer = Vec::new();
        feast_registry_core::wire::put_len(26, &source, &mut outer);
        source = outer;
    }
    feast_registry_core::wire::put_len(20, b"deep", &mut source);
    let mut request = Vec::new();
    feast_registry_core::wire::put_len(1, &source, &mut request);
    feast_registry_core::wire::put_len(2, b"rides", &mut request);
    let status = client.send(Rpc::ApplyDataSource, request.into()).await;
    assert_eq!(status.unwrap_err().code(), Code::InvalidArgument);
}
