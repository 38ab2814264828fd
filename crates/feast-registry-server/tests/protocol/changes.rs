//! What is written, and when.

use serde_json::json;
use tonic::Code;

use feast_registry_core::Kind;
use feast_registry_server::Rpc;

use crate::client::{Client, client, registry};
use crate::samples;

#[tokio::test]
async fn what_is_not_committed_is_stored_all_the_same() {
    let registry = registry().await;
    let client = &mut Client::of(feast_registry_server::service(registry.clone()));
    let request = json!({
        "entity": samples::value(Kind::Entity, "driver"), "project": "rides", "commit": false,
    });
    client.ok(Rpc::ApplyEntity, request).await;
    // Feast's server drops such objects here.
    client.ok(Rpc::Refresh, json!({"project": "rides"})).await;
    for allow_cache in [false, true] {
        let get = json!({"name": "driver", "project": "rides", "allowCache": allow_cache});
        client.ok(Rpc::GetEntity, get).await;
    }
    client.ok(Rpc::Commit, json!({})).await;
    let rows = registry.export_rows(Some("rides")).await.unwrap();
    assert!(rows.iter().any(|row| row.key.kind == Kind::Entity));
}

#[tokio::test]
async fn a_project_comes_with_its_first_object() {
    let client = &mut client().await;
    let get = json!({"name": "rides"});
    let (code, class, message) = client.refused(Rpc::GetProject, get.clone()).await;
    assert_eq!(code, Code::NotFound);
    assert_eq!(class, "ProjectObjectNotFoundException");
    assert_eq!(message, "Project rides does not exist");
    client.apply(Kind::Entity, "rides", "driver").await;
    let project = client.ok(Rpc::GetProject, get).await;
    assert_eq!(project["spec"]["name"], "rides");
    let metadata = client
        .ok(Rpc::ListProjectMetadata, json!({"project": "rides"}))
        .await;
    assert_eq!(metadata["projectMetadata"][0]["project"], "rides");
    assert!(metadata["projectMetadata"][0]["projectUuid"].is_string());
}

#[tokio::test]
async fn an_unknown_project_is_empty_and_no_error() {
    let client = &mut client().await;
    let unknown = json!({"project": "None"});
    for rpc in [
        Rpc::ListEntities,
        Rpc::ListAllFeatureViews,
        Rpc::ListFeatures,
        Rpc::ListProjectMetadata,
        Rpc::GetInfra,
        Rpc::Refresh,
        Rpc::GetRegistryLineage,
        Rpc::ListDatasetJobs,
    ] {
        let reply = client.ok(rpc, unknown.clone()).await;
        let objects = reply.as_object().expect("a message");
        let empty = objects.values().all(|value| *value == json!({}));
        assert!(empty, "{}: {reply}", rpc.name());
    }
}

#[tokio::test]
async fn with_a_project_goes_everything_in_it() {
    let client = &mut client().await;
    client.apply(Kind::FeatureView, "rides", "trips").await;
    client
        .ok(Rpc::DeleteProject, json!({"name": "rides"}))
        .await;
    let list = json!({"project": "rides", "allowCache": true});
    let found = client.ok(Rpc::ListFeatureViews, list).await;
    assert_eq!(found, json!({"pagination": {}}));
}

#[tokio::test]
async fn an_interval_is_appended_to_the_stored_view() {
    let client = &mut client().await;
    let kinds = [Kind::FeatureView, Kind::StreamFeatureView];
    for (kind, get) in kinds
        .into_iter()
        .zip([Rpc::GetFeatureView, Rpc::GetStreamFeatureView])
    {
        let name = kind.to_string();
        client.apply(kind, "rides", &name).await;
        // Whatever its kind, the view travels as a feature view, of which only the name counts.
        let materialize = |day: u32| {
            json!({
                "featureView": {"spec": {"name": name, "description": "another"}}, "project": "rides",
                "startDate": format!("2026-01-0{day}T00:00:00Z"),
                "endDate": format!("2026-01-0{}T00:00:00Z", day + 1), "commit": true,
            })
        };
        for day in 1..=3 {
            client.ok(Rpc::ApplyMaterialization, materialize(day)).await;
        }
        let view = client
            .ok(get, json!({"name": name, "project": "rides"}))
            .await;
        let intervals = view["meta"]["materializationIntervals"].as_array().unwrap();
        assert_eq!(intervals.len(), 3, "{kind}");
        assert_eq!(intervals[2]["endTime"], "2026-01-04T00:00:00Z");
        assert_eq!(view["spec"].get("description"), None);
    }
}

#[tokio::test]
async fn an_interval_needs_both_ends_and_a_view_that_is_there() {
    let client = &mut client().await;
    let mut request = json!({"featureView": {"spec": {"name": "trips"}}, "project": "rides"});
    for end in ["startDate", "endDate"] {
        let (code, ..) = client
            .refused(Rpc::ApplyMaterialization, request.clone())
            .await;
        assert_eq!(code, Code::InvalidArgument);
        request[end] = "2026-01-01T00:00:00Z".into();
    }
    let (code, class, _) = client.refused(Rpc::ApplyMaterialization, request).await;
    assert_eq!(
        (code, &*class),
        (Code::NotFound, "FeatureViewNotFoundException")
    );
}

#[tokio::test]
async fn infrastructure_is_replaced() {
    let client = &mut client().await;
    for name in ["first", "second"] {
        client.apply(Kind::Infra, "rides", name).await;
    }
    let infra = client.ok(Rpc::GetInfra, json!({"project": "rides"})).await;
    assert_eq!(infra, samples::value(Kind::Infra, "second"));
}

#[tokio::test]
async fn the_whole_registry_is_one_message() {
    let client = &mut client().await;
    for (project, name) in [("rides", "driver"), ("meals", "cook")] {
        client.apply(Kind::Entity, project, name).await;
        client
            .apply(Kind::FeatureView, project, &format!("{name}_stats"))
            .await;
    }
    client.apply(Kind::Infra, "rides", "table").await;
    let whole = client.ok(Rpc::Proto, json!({})).await;
    assert_eq!(whole["infra"], samples::value(Kind::Infra, "table"));
    for field in ["projects", "entities", "featureViews", "projectMetadata"] {
        assert_eq!(whole[field].as_array().map(Vec::len), Some(2), "{field}");
    }
    assert_eq!(whole.get("featureViewVersionHistory"), None);
}

#[tokio::test]
async fn a_call_that_is_dropped_leaves_the_next_one_alone() {
    let client = &mut client().await;
    for _ in 0..20 {
        let request = json!({
            "entity": samples::value(Kind::Entity, "driver"), "project": "rides",
        });
        tokio::select! {
            biased;
            _ = client.call(Rpc::ApplyEntity, request) => {}
            () = tokio::task::yield_now() => {}
        }
    }
    client.apply(Kind::Entity, "rides", "driver").await;
    let found = client
        .ok(Rpc::ListEntities, json!({"project": "rides"}))
        .await;
    assert_eq!(found["entities"].as_array().map(Vec::len), Some(1));
}
