//! Pages, orders and filters of lists.

use serde_json::{Value, json};

use feast_registry_core::{Kind, RegistryOptions};
use feast_registry_server::{Rpc, service};

use crate::client::{Client, client, registry_with};

async fn entities(names: &[&str]) -> Client {
    let mut client = client().await;
    for name in names {
        client.apply(Kind::Entity, "rides", name).await;
    }
    client
}

fn names(found: &Value, field: &str) -> Vec<String> {
    let objects = found[field].as_array().cloned().unwrap_or_default();
    let name = |object: &Value| {
        object["spec"]["name"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    };
    objects.iter().map(name).collect()
}

async fn listed(client: &mut Client, narrowed: Value) -> (Vec<String>, Value) {
    let mut request = json!({"project": "rides"});
    for (key, value) in narrowed.as_object().expect("fields of the request") {
        request[key] = value.clone();
    }
    let found = client.ok(Rpc::ListEntities, request).await;
    (names(&found, "entities"), found["pagination"].clone())
}

#[tokio::test]
async fn a_page_says_where_it_lies() {
    let client = &mut entities(&["a", "b", "c", "d", "e"]).await;
    let page = |page: i32, limit: i32| json!({"pagination": {"page": page, "limit": limit}});
    let (found, pagination) = listed(client, page(2, 2)).await;
    assert_eq!(found, ["c", "d"]);
    let expected = json!({
        "page": 2, "limit": 2, "totalCount": 5, "totalPages": 3, "hasNext": true,
        "hasPrevious": true,
    });
    assert_eq!(pagination, expected);
    let (found, pagination) = listed(client, page(9, 2)).await;
    assert!(found.is_empty());
    assert_eq!(pagination["totalCount"], 5);
    let (found, pagination) = listed(client, page(1, 0)).await;
    assert_eq!(found.len(), 5);
    assert_eq!(pagination, json!({"totalCount": 5, "totalPages": 1}));
}

#[tokio::test]
async fn an_empty_list_has_an_empty_page() {
    let client = &mut entities(&[]).await;
    let (found, pagination) = listed(client, json!({"pagination": {"page": 1, "limit": 2}})).await;
    assert!(found.is_empty());
    assert_eq!(pagination, json!({}));
}

#[tokio::test]
async fn an_order_is_made_before_the_page() {
    let client = &mut entities(&["a", "b", "C"]).await;
    let request = json!({
        "sorting": {"sortBy": "name", "sortOrder": "desc"}, "pagination": {"page": 1, "limit": 2},
    });
    let (found, _) = listed(client, request).await;
    assert_eq!(found, ["C", "b"]);
    let (found, _) = listed(client, json!({"sorting": {"sortBy": "nonsense"}})).await;
    assert_eq!(found, ["C", "a", "b"]);
}

#[tokio::test]
async fn every_tag_has_to_match() {
    let client = &mut entities(&["plain"]).await;
    for (name, tags) in [
        ("both", json!({"team": "a", "tier": "1"})),
        ("one", json!({"team": "a"})),
        ("other", json!({"team": "b", "tier": "1"})),
    ] {
        let entity = json!({"spec": {"name": name, "joinKey": "id", "tags": tags}});
        client.apply_value(Kind::Entity, "rides", entity).await;
    }
    for allow_cache in [false, true] {
        let request = json!({"tags": {"team": "a", "tier": "1"}, "allowCache": allow_cache});
        assert_eq!(listed(client, request).await.0, ["both"]);
    }
}

#[tokio::test]
async fn protected_projects_are_not_listed() {
    let mut options = RegistryOptions::default();
    options.settings.protected_projects = vec!["kept".to_owned()];
    let client = &mut Client::of(service(registry_with(options).await));
    for (name, protected) in [("open", "no"), ("tagged", "true"), ("kept", "no")] {
        let project = json!({"spec": {
            "name": name, "tags": {"feast.dev/protected-project": protected},
        }});
        client.apply_value(Kind::Project, name, project).await;
    }
    let found = client.ok(Rpc::ListProjects, json!({})).await;
    assert_eq!(names(&found, "projects"), ["open"]);
    assert_eq!(found["pagination"]["totalCount"], 1);
}

#[tokio::test]
async fn services_of_a_view() {
    let client = &mut client().await;
    client.apply(Kind::FeatureView, "rides", "trips_view").await;
    client.apply(Kind::FeatureService, "rides", "model").await;
    let empty = json!({"spec": {"name": "empty"}});
    client
        .apply_value(Kind::FeatureService, "rides", empty)
        .await;
    for (view, expected) in [
        ("trips_view", vec!["model"]),
        ("", vec!["empty", "model"]),
        ("x", vec![]),
    ] {
        let request = json!({"project": "rides", "featureView": view});
        let found = client.ok(Rpc::ListFeatureServices, request).await;
        assert_eq!(names(&found, "featureServices"), expected, "{view}");
    }
}

#[tokio::test]
async fn datasets_of_a_namespace_and_a_collection() {
    let client = &mut client().await;
    client.apply(Kind::SavedDataset, "rides", "grouped").await;
    let alone = json!({"spec": {"name": "alone", "storage": {"fileStorage": {"uri": "x"}}}});
    client.apply_value(Kind::SavedDataset, "rides", alone).await;
    for (namespace, collection, expected) in [
        ("", "", vec!["alone", "grouped"]),
        ("team", "", vec!["grouped"]),
        ("team", "second", vec![]),
        ("", "first", vec!["grouped"]),
    ] {
        let request = json!({"project": "rides", "namespace": namespace, "collection": collection});
        let found = client.ok(Rpc::ListSavedDatasets, request).await;
        assert_eq!(names(&found, "savedDatasets"), expected);
    }
}
