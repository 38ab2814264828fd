//! Objects to send, as protobuf JSON.

use serde_json::{Value, json};

use feast_registry_core::Kind;

/// An object of a kind with a name.
pub(crate) fn value(kind: Kind, name: &str) -> Value {
    let source =
        json!({"name": "source", "type": "BATCH_FILE", "fileOptions": {"uri": "s.parquet"}});
    let feature = |name: &str| json!({"name": name, "valueType": "INT64"});
    match kind {
        Kind::Project => json!({"spec": {"name": name, "description": "a project"}}),
        Kind::Entity => json!({"spec": {"name": name, "joinKey": "id", "valueType": "INT64"}}),
        Kind::DataSource => {
            json!({"name": name, "type": "BATCH_FILE", "fileOptions": {"uri": "s.parquet"}})
        }
        Kind::FeatureView => json!({"spec": {
            "name": name, "entities": ["driver"], "features": [feature("trips")],
            "batchSource": source, "ttl": "86400s", "online": true,
        }}),
        Kind::StreamFeatureView => json!({"spec": {
            "name": name, "entities": ["driver"], "features": [feature("trips")],
            "batchSource": source, "streamSource": {"name": "stream"}, "ttl": "86400s",
        }}),
        Kind::OnDemandFeatureView => json!({"spec": {
            "name": name, "features": [feature("ratio")], "mode": "python",
            "sources": {"request": {"requestDataSource": {"name": "request"}}},
        }}),
        Kind::LabelView => json!({"spec": {
            "name": name, "entities": ["driver"], "features": [feature("fraud")],
            "source": {"name": "labels"},
        }}),
        Kind::FeatureService => json!({"spec": {
            "name": name,
            "features": [{"featureViewName": "trips_view", "featureColumns": [feature("trips")]}],
        }}),
        Kind::SavedDataset => json!({"spec": {
            "name": name, "joinKeys": ["id"], "features": ["trips_view:trips"],
            "storage": {"fileStorage": {"uri": "s.parquet"}},
            "namespace": "team", "collection": "first",
        }}),
        Kind::ValidationReference => {
            json!({"name": name, "referenceDatasetName": "dataset", "description": "a check"})
        }
        Kind::Permission => json!({"spec": {
            "name": name, "types": ["ENTITY"], "actions": ["DESCRIBE"],
            "policy": {"name": "readers", "roleBasedPolicy": {"roles": ["reader"]}},
        }}),
        Kind::Infra => json!({"infraObjects": [{"infraObjectClassType": name}]}),
        Kind::Version | Kind::Metadata => unreachable!("nobody sends those"),
    }
}
