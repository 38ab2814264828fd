//! Objects to put into a registry.
#![allow(dead_code, reason = "each test program uses a part of it")]

use feast_registry_core::{Apply, Kind};
use feast_registry_proto::core::{
    Entity, EntitySpecV2, FeatureSpecV2, FeatureView, FeatureViewSpec,
};
use feast_registry_proto::prost::Message;

/// An entity with a description.
pub(crate) fn entity(name: &str, description: &str) -> Apply {
    let spec = EntitySpecV2 {
        name: name.to_owned(),
        join_key: "id".to_owned(),
        description: description.to_owned(),
        ..Default::default()
    };
    let entity = Entity {
        spec: Some(spec),
        meta: None,
    };
    Apply::new(Kind::Entity, "p", name, entity.encode_to_vec())
}

/// A view with a description.
pub(crate) fn view(name: &str, description: &str) -> Apply {
    let spec = FeatureViewSpec {
        name: name.to_owned(),
        entities: vec!["driver".to_owned()],
        description: description.to_owned(),
        features: vec![FeatureSpecV2 {
            name: "f".to_owned(),
            value_type: 4,
            ..Default::default()
        }],
        ..Default::default()
    };
    let view = FeatureView {
        spec: Some(spec),
        meta: None,
    };
    Apply::new(Kind::FeatureView, "p", name, view.encode_to_vec())
}
