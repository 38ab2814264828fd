//! Relations between objects.

use serde_json::{Value, json};
use tonic::Code;

use feast_registry_core::Kind;
use feast_registry_server::Rpc;

use crate::client::{Client, client};

async fn filled() -> Client {
    let mut client = client().await;
    client.apply(Kind::FeatureView, "rides", "trips_view").await;
    client.apply(Kind::FeatureService, "rides", "model").await;
    client
}

fn texts(relations: &Value) -> Vec<String> {
    let end = |end: &Value| format!("{}:{}", end["type"], end["name"]).replace('"', "");
    let relations = relations.as_array().cloned().unwrap_or_default();
    let text = |relation: &Value| {
        format!(
            "{} -> {}",
            end(&relation["source"]),
            end(&relation["target"])
        )
    };
    relations.iter().map(text).collect()
}

#[tokio::test]
async fn direct_and_indirect_ones_have_pages_of_their_own() {
    let client = &mut filled().await;
    let request = json!({
        "project": "rides", "pagination": {"page": 1, "limit": 2},
        "sorting": {"sortBy": "source.type", "sortOrder": "desc"},
    });
    let lineage = client.ok(Rpc::GetRegistryLineage, request).await;
    assert_eq!(
        texts(&lineage["relationships"]),
        [
            "featureView:trips_view -> featureService:model",
            "feature:trips -> featureView:trips_view",
        ]
    );
    assert_eq!(lineage["relationshipsPagination"]["totalCount"], 4);
    assert_eq!(lineage["relationshipsPagination"]["hasNext"], true);
    let indirect = texts(&lineage["indirectRelationships"]);
    assert_eq!(indirect.len(), 2);
    assert_eq!(indirect[0], "feature:trips -> featureService:model");
    assert_eq!(lineage["indirectRelationshipsPagination"]["limit"], 2);
}

#[tokio::test]
async fn type_and_name_filter_together_only() {
    let client = &mut filled().await;
    let mut request = json!({"project": "rides", "filterObjectType": "featureService"});
    let all = client.ok(Rpc::GetRegistryLineage, request.clone()).await;
    assert_eq!(texts(&all["relationships"]).len(), 4);
    request["filterObjectName"] = "model".into();
    let some = client.ok(Rpc::GetRegistryLineage, request).await;
    assert_eq!(
        texts(&some["relationships"]),
        ["featureView:trips_view -> featureService:model"]
    );
}

#[tokio::test]
async fn those_of_one_object() {
    let client = &mut filled().await;
    let mut request = json!({
        "project": "rides", "objectType": "entity", "objectName": "driver", "allowCache": true,
    });
    let direct = client
        .ok(Rpc::GetObjectRelationships, request.clone())
        .await;
    assert_eq!(
        texts(&direct["relationships"]),
        ["entity:driver -> featureView:trips_view"]
    );
    request["includeIndirect"] = true.into();
    let both = client
        .ok(Rpc::GetObjectRelationships, request.clone())
        .await;
    assert_eq!(texts(&both["relationships"]).len(), 3);
    request["objectName"] = "nobody".into();
    let none = client.ok(Rpc::GetObjectRelationships, request).await;
    assert_eq!(texts(&none["relationships"]).len(), 0);
}

#[tokio::test]
async fn a_type_that_there_is_not() {
    let client = &mut filled().await;
    let request = json!({"project": "rides", "objectType": "bogus", "objectName": "it"});
    let (code, _, message) = client.refused(Rpc::GetObjectRelationships, request).await;
    assert_eq!(code, Code::InvalidArgument);
    assert!(
        message.starts_with("'bogus' is not a valid FeastObjectType"),
        "{message}"
    );
}
