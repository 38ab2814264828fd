//! What clients are told when something fails.

use bytes::Bytes;
use serde_json::json;
use tonic::body::Body;
use tonic::codegen::http;
use tonic::{Code, Status};

use feast_registry_core::Kind;
use feast_registry_server::{RegistrySlot, Rpc, service};

use crate::client::{Client, client, registry};
use crate::samples;

#[tokio::test]
async fn a_name_that_is_taken_by_another_kind_of_view() {
    let client = &mut client().await;
    client.apply(Kind::FeatureView, "rides", "trips").await;
    let other = json!({
        "labelView": samples::value(Kind::LabelView, "trips"), "project": "rides",
    });
    let (code, class, _) = client.refused(Rpc::ApplyFeatureView, other).await;
    assert_eq!(
        (code, &*class),
        (Code::AlreadyExists, "ConflictingFeatureViewNames")
    );
}

#[tokio::test]
async fn a_plain_feature_view_is_asked_for_and_another_is_there() {
    let client = &mut client().await;
    client
        .apply(Kind::OnDemandFeatureView, "rides", "ratio")
        .await;
    let request = json!({"name": "ratio", "project": "rides"});
    let (code, class, message) = client.refused(Rpc::GetFeatureView, request).await;
    assert_eq!(
        (code, &*class),
        (Code::NotFound, "FeatureViewNotFoundException")
    );
    assert_eq!(
        message,
        "Feature view ratio does not exist in project rides"
    );
}

#[tokio::test]
async fn an_apply_without_an_object() {
    let client = &mut client().await;
    for (rpc, what) in [
        (Rpc::ApplyEntity, "entity"),
        (Rpc::ApplyFeatureView, "feature view"),
        (Rpc::ApplyProject, "project"),
    ] {
        let (code, _, message) = client.refused(rpc, json!({})).await;
        assert_eq!(code, Code::InvalidArgument);
        assert_eq!(message, format!("the request has no {what}"));
    }
}

#[tokio::test]
async fn two_views_in_one_request() {
    let client = &mut client().await;
    // Protobuf's own encoders cannot write this: two members of a oneof.
    let mut request = Vec::new();
    for number in [1, 2] {
        feast_registry_core::wire::put_len(number, b"", &mut request);
    }
    let status = client.send(Rpc::ApplyFeatureView, request.into()).await;
    let status = status.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    assert!(status.message().contains("more than one"), "{status}");
}

#[tokio::test]
async fn a_protected_project_is_not_deleted() {
    let client = &mut client().await;
    let project = json!({"spec": {
        "name": "rides", "tags": {"feast.dev/protected-project": "true"},
    }});
    client.apply_value(Kind::Project, "rides", project).await;
    let (code, class, message) = client
        .refused(Rpc::DeleteProject, json!({"name": "rides"}))
        .await;
    assert_eq!((code, &*class), (Code::FailedPrecondition, "FeastError"));
    assert!(
        message.contains("remove"),
        "says what would help: {message}"
    );
}

#[tokio::test]
async fn jobs_need_an_offline_store() {
    let client = &mut client().await;
    for rpc in [Rpc::CreateDatasetFromRetrieval, Rpc::GetDatasetData] {
        let (code, _, message) = client.refused(rpc, json!({"name": "it"})).await;
        assert_eq!(code, Code::Unimplemented);
        assert!(message.contains("offline store"), "{message}");
    }
    let (code, class, _) = client
        .refused(Rpc::GetDatasetJobStatus, json!({"jobId": "1"}))
        .await;
    assert_eq!(
        (code, &*class),
        (Code::NotFound, "FeastObjectNotFoundException")
    );
}

#[tokio::test]
async fn an_rpc_that_there_is_not() {
    let client = &mut client().await;
    for path in [
        "/feast.registry.RegistryServer/Explode",
        "/feast.Other/GetEntity",
    ] {
        let status = client.send_to(path, Bytes::new()).await.unwrap_err();
        assert_eq!(status.code(), Code::Unimplemented, "{path}");
        // Clients that look for newer rpcs expect what any server of gRPC says.
        assert_eq!(status.message(), "there is no such rpc");
    }
}

#[tokio::test]
async fn a_registry_that_is_not_open_yet() {
    let slot = RegistrySlot::default();
    let client = &mut Client::of(service(slot.clone()));
    let (code, ..) = client.refused(Rpc::Commit, json!({})).await;
    assert_eq!(code, Code::Unavailable);
    slot.fill(registry().await);
    client.ok(Rpc::Commit, json!({})).await;
}

#[tokio::test]
async fn a_layer_in_front_decides_who_may_call() {
    let open = service(registry().await);
    let guarded = tower::service_fn(move |request: http::Request<Body>| {
        let mut open = open.clone();
        async move {
            match request.headers().contains_key("authorization") {
                true => tower::Service::call(&mut open, request).await,
                false => Ok(Status::unauthenticated("no token").into_http()),
            }
        }
    });
    let client = &mut Client::of(guarded);
    let status = client.call(Rpc::Commit, json!({})).await.unwrap_err();
    assert_eq!(status.code(), Code::Unauthenticated);
}
