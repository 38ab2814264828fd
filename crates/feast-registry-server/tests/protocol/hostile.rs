//! Requests that nobody in their right mind sends.

use bytes::Bytes;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use tonic::Code;

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
