//! Every rpc at least once.

use serde_json::{Value, json};
use tonic::Code;

use feast_registry_core::{ErrorKind, Kind};
use feast_registry_server::Rpc;

use crate::client::{Client, apply_rpc, client, method, rpc};
use crate::samples;

/// `feature-views` is `featureViews`.
fn camel(plural: &str) -> String {
    let mut words = plural.split('-');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |text, word| {
        let (head, tail) = word.split_at(1);
        text + &head.to_uppercase() + tail
    })
}

/// `feature-views` is `FeatureViews`.
fn pascal(plural: &str) -> String {
    let camel = camel(plural);
    let (head, tail) = camel.split_at(1);
    head.to_uppercase() + tail
}

fn named(kind: Kind, name: &str) -> Value {
    match kind {
        Kind::Project => json!({"name": name}),
        _ => json!({"name": name, "project": "rides"}),
    }
}

fn delete_rpc(kind: Kind) -> Rpc {
    if kind.is_view() {
        Rpc::DeleteFeatureView
    } else {
        rpc(&format!("Delete{kind}"))
    }
}

fn without_stamps(mut object: Value) -> Value {
    if let Some(object) = object.as_object_mut() {
        object.remove("meta");
        object.remove("project");
        if let Some(spec) = object.get_mut("spec").and_then(Value::as_object_mut) {
            spec.remove("project");
        }
    }
    object
}

#[tokio::test]
async fn an_object_of_every_kind_goes_in_comes_out_and_is_deleted() {
    for kind in Kind::OBJECTS {
        let client = &mut client().await;
        client.apply(kind, "rides", "it").await;
        let get = rpc(&format!("Get{kind}"));
        for cached in [false, true] {
            let mut request = named(kind, "it");
            request["allowCache"] = cached.into();
            let stored = client.ok(get, request).await;
            let sent = samples::value(kind, "it");
            assert_eq!(without_stamps(stored), without_stamps(sent), "{kind}");
            assert_eq!(listed(client, kind, cached).await, ["it"], "{kind}");
        }

        client.ok(delete_rpc(kind), named(kind, "it")).await;
        for request in [get, delete_rpc(kind)] {
            let (code, class, _) = client.refused(request, named(kind, "it")).await;
            assert_eq!(code, Code::NotFound, "{kind}");
            let expected = ErrorKind::NotFound(kind).report().feast_class;
            assert_eq!(Some(&*class), expected, "{kind}");
        }
        assert!(listed(client, kind, true).await.is_empty(), "{kind}");
    }
}

async fn listed(client: &mut Client, kind: Kind, cached: bool) -> Vec<String> {
    let plural = kind.spec().plural;
    let mut request = json!({"allowCache": cached});
    if kind != Kind::Project {
        request["project"] = "rides".into();
    }
    let found = client
        .ok(rpc(&format!("List{}", pascal(plural))), request)
        .await;
    let objects = found[camel(plural)].as_array().cloned().unwrap_or_default();
    let name = |object: &Value| {
        let name = object["spec"]["name"].as_str().or(object["name"].as_str());
        name.unwrap_or_default().to_owned()
    };
    objects.iter().map(name).collect()
}

#[tokio::test]
async fn fields_that_this_build_does_not_know_survive() {
    // Field 3000, a text: what a newer client may send.
    let unknown = [0xc2, 0xbb, 0x01, 0x05, b'n', b'e', b'w', b'e', b'r'];
    for kind in Kind::OBJECTS.into_iter().chain([Kind::Infra]) {
        let client = &mut client().await;
        let (rpc_of_apply, field) = apply_rpc(kind);
        let object = samples::value(kind, "it");
        let mut body = crate::client::message(kind.spec().message, object).to_vec();
        body.extend_from_slice(&unknown);
        let request = wrapped(rpc_of_apply, field, &body);
        client.send(rpc_of_apply, request.into()).await.unwrap();

        let get = rpc(&format!("Get{kind}"));
        let request = match kind {
            Kind::Infra => json!({"project": "rides"}),
            _ => named(kind, "it"),
        };
        let request = crate::client::message(method(get).input_type(), request);
        let stored = client.send(get, request).await.unwrap();
        let survived = stored.windows(unknown.len()).any(|part| part == unknown);
        assert!(survived, "{kind}");
    }
}

/// A request of an apply rpc whose object is these bytes.
fn wrapped(rpc: Rpc, field: &str, object: &[u8]) -> Vec<u8> {
    let number = match (rpc, field) {
        (Rpc::ApplyFeatureView, "onDemandFeatureView") => 2,
        (Rpc::ApplyFeatureView, "streamFeatureView") => 3,
        (Rpc::ApplyFeatureView, "labelView") => 6,
        _ => 1,
    };
    let mut request = Vec::new();
    feast_registry_core::wire::put_len(number, object, &mut request);
    let project = match rpc {
        Rpc::ApplyProject => return request,
        Rpc::ApplyFeatureView => 4,
        _ => 2,
    };
    feast_registry_core::wire::put_len(project, b"rides", &mut request);
    request
}

#[tokio::test]
async fn an_empty_request_is_answered_by_every_rpc() {
    let client = &mut client().await;
    for rpc in Rpc::ALL {
        let Err(status) = client.call(rpc, json!({})).await else {
            continue;
        };
        let jobs = matches!(rpc, Rpc::CreateDatasetFromRetrieval | Rpc::GetDatasetData);
        let name = rpc.name();
        match status.code() {
            Code::Unimplemented => assert!(jobs, "{name}: {status}"),
            Code::NotFound | Code::InvalidArgument => {}
            _ => panic!("{name}: {status}"),
        }
    }
}
