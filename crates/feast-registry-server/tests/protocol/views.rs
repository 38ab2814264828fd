//! Views of any kind, and their features.

use serde_json::{Value, json};
use tonic::Code;

use feast_registry_core::Kind;
use feast_registry_server::Rpc;

use crate::client::{Client, client};
use crate::samples;

/// A view of each kind, and a service of the plain one.
async fn filled() -> Client {
    let mut client = client().await;
    for (kind, name) in [
        (Kind::FeatureView, "trips_view"),
        (Kind::StreamFeatureView, "stream_view"),
        (Kind::OnDemandFeatureView, "ratio_view"),
        (Kind::LabelView, "label_view"),
        (Kind::FeatureService, "model"),
    ] {
        client.apply(kind, "rides", name).await;
    }
    client
}

/// The names of the views in an answer, whatever their kind.
fn names(found: &Value) -> Vec<String> {
    let views = found["featureViews"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let name = |view: &Value| {
        let one = view
            .as_object()
            .and_then(|view| view.values().next().cloned());
        let one = one.expect("a view of some kind");
        one["spec"]["name"].as_str().unwrap_or_default().to_owned()
    };
    views.iter().map(name).collect()
}

#[tokio::test]
async fn a_view_is_found_whatever_its_kind() {
    let client = &mut filled().await;
    for (name, field) in [
        ("trips_view", "featureView"),
        ("stream_view", "streamFeatureView"),
        ("ratio_view", "onDemandFeatureView"),
        ("label_view", "labelView"),
    ] {
        let request = json!({"name": name, "project": "rides", "allowCache": true});
        let found = client.ok(Rpc::GetAnyFeatureView, request).await;
        assert_eq!(found["anyFeatureView"][field]["spec"]["name"], name);
    }
    let request = json!({"name": "nothing", "project": "rides"});
    let (code, class, _) = client.refused(Rpc::GetAnyFeatureView, request).await;
    assert_eq!(
        (code, &*class),
        (Code::NotFound, "FeatureViewNotFoundException")
    );
}

#[tokio::test]
async fn all_are_listed_but_label_views() {
    let client = &mut filled().await;
    let found = client
        .ok(Rpc::ListAllFeatureViews, json!({"project": "rides"}))
        .await;
    assert_eq!(names(&found), ["trips_view", "stream_view", "ratio_view"]);
    assert_eq!(found["pagination"]["totalCount"], 3);
    let sorted = json!({
        "project": "rides", "sorting": {"sortBy": "name"}, "pagination": {"page": 1, "limit": 2},
    });
    let found = client.ok(Rpc::ListAllFeatureViews, sorted).await;
    assert_eq!(names(&found), ["ratio_view", "stream_view"]);
}

#[tokio::test]
async fn every_filter_has_to_fit() {
    let client = &mut filled().await;
    for (filter, expected) in [
        (
            json!({"entity": "driver"}),
            vec!["trips_view", "stream_view"],
        ),
        (json!({"entity": "nobody"}), vec![]),
        (json!({"feature": "ratio"}), vec!["ratio_view"]),
        (json!({"featureService": "model"}), vec!["trips_view"]),
        (json!({"featureService": "missing"}), vec![]),
        (
            json!({"dataSource": "source"}),
            vec!["trips_view", "stream_view"],
        ),
        (json!({"dataSource": "stream"}), vec!["stream_view"]),
        (json!({"dataSource": "request"}), vec!["ratio_view"]),
        (json!({"dataSource": "source", "feature": "ratio"}), vec![]),
        (
            json!({"updatedSince": "2026-01-01T00:00:00Z"}),
            vec!["trips_view", "stream_view", "ratio_view"],
        ),
        (json!({"updatedSince": "9999-01-01T00:00:00Z"}), vec![]),
    ] {
        for allow_cache in [false, true] {
            let mut request = filter.clone();
            request["project"] = "rides".into();
            request["allowCache"] = allow_cache.into();
            let found = client.ok(Rpc::ListAllFeatureViews, request).await;
            assert_eq!(names(&found), expected, "{filter}");
        }
    }
}

#[tokio::test]
async fn columns_of_entities_count_where_no_entity_is_named() {
    let client = &mut client().await;
    for (kind, name) in [
        (Kind::OnDemandFeatureView, "without_entities"),
        (Kind::FeatureView, "with_entities"),
    ] {
        let mut view = samples::value(kind, name);
        view["spec"]["entityColumns"] = json!([{"name": "rider_id", "valueType": "INT64"}]);
        client.apply_value(kind, "rides", view).await;
    }
    let request = json!({"project": "rides", "entity": "rider_id"});
    let found = client.ok(Rpc::ListAllFeatureViews, request).await;
    assert_eq!(names(&found), ["without_entities"]);
}

#[tokio::test]
async fn features_of_every_kind_of_view_are_listed() {
    let client = &mut filled().await;
    let feature = |feature: &Value| {
        let text = |key: &str| feature[key].as_str().unwrap_or_default().to_owned();
        format!(
            "{} {} {} {}",
            text("kind"),
            text("featureView"),
            text("name"),
            text("type")
        )
    };
    for (filter, expected) in [
        (
            json!({}),
            vec![
                "feature trips_view trips Int64",
                "feature stream_view trips Int64",
                "feature ratio_view ratio Int64",
                "label label_view fraud Int64",
            ],
        ),
        (
            json!({"kind": "label"}),
            vec!["label label_view fraud Int64"],
        ),
        (json!({"kind": "bogus"}), vec![]),
        (
            json!({"name": "ratio"}),
            vec!["feature ratio_view ratio Int64"],
        ),
        (
            json!({"featureView": "stream_view"}),
            vec!["feature stream_view trips Int64"],
        ),
        (
            json!({"sorting": {"sortBy": "name"}, "pagination": {"page": 1, "limit": 1}}),
            vec!["label label_view fraud Int64"],
        ),
    ] {
        let mut request = filter.clone();
        request["project"] = "rides".into();
        let found = client.ok(Rpc::ListFeatures, request).await;
        let features = found["features"].as_array().cloned().unwrap_or_default();
        let found: Vec<String> = features.iter().map(feature).collect();
        assert_eq!(found, expected, "{filter}");
    }
}

#[tokio::test]
async fn a_feature_is_found_by_view_and_name() {
    let client = &mut filled().await;
    let request =
        |name: &str| json!({"project": "rides", "featureView": "trips_view", "name": name});
    let feature = client.ok(Rpc::GetFeature, request("trips")).await;
    assert_eq!(feature["type"], "Int64");
    let (code, class, message) = client.refused(Rpc::GetFeature, request("ratio")).await;
    assert_eq!(
        (code, &*class),
        (Code::NotFound, "FeastObjectNotFoundException")
    );
    assert_eq!(
        message,
        "Feature ratio not found in feature view trips_view in project rides"
    );
}
