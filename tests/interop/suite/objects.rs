//! Simple objects, and what the tests look at in them.

use feast_registry::proto::core::{
    Entity, EntitySpecV2, FeatureSpecV2, FeatureView, FeatureViewMeta, FeatureViewSpec,
    MaterializationInterval, StreamFeatureView,
};
use feast_registry::proto::types::value_type;
use feast_registry::{Freshness, Kind, Query, Record, Registry};

pub(crate) fn entity(name: &str) -> Entity {
    let spec = EntitySpecV2 {
        name: name.to_owned(),
        join_key: format!("{name}_id"),
        value_type: value_type::Enum::String.into(),
        ..Default::default()
    };
    Entity {
        spec: Some(spec),
        meta: None,
    }
}

pub(crate) fn feature(name: &str) -> FeatureSpecV2 {
    FeatureSpecV2 {
        name: name.to_owned(),
        value_type: value_type::Enum::Int64.into(),
        ..Default::default()
    }
}

/// A feature view without a source, on an entity.
pub(crate) fn view(name: &str, entity_name: &str) -> FeatureView {
    let key = format!("{entity_name}_id");
    let key = FeatureSpecV2 {
        value_type: value_type::Enum::String.into(),
        ..feature(&key)
    };
    let spec = FeatureViewSpec {
        name: name.to_owned(),
        entities: vec![entity_name.to_owned()],
        entity_columns: vec![key],
        features: vec![feature("trips")],
        ..Default::default()
    };
    FeatureView {
        spec: Some(spec),
        meta: None,
    }
}

/// The stored definition of a feature view.
pub(crate) async fn stored_view(registry: &Registry, project: &str, name: &str) -> FeatureView {
    registry
        .get_object(project, name, Freshness::Store)
        .await
        .unwrap()
}

pub(crate) fn spec(view: &FeatureView) -> &FeatureViewSpec {
    view.spec.as_ref().unwrap()
}

pub(crate) fn meta(view: &FeatureView) -> &FeatureViewMeta {
    view.meta.as_ref().unwrap()
}

pub(crate) fn feature_names(view: &FeatureView) -> Vec<&str> {
    spec(view)
        .features
        .iter()
        .map(|feature| feature.name.as_str())
        .collect()
}

/// The materialised intervals of a view, as text.
pub(crate) fn intervals(row: &Record) -> Vec<[String; 2]> {
    let intervals = match row.key.kind {
        Kind::StreamFeatureView => {
            let view: StreamFeatureView = feast_registry::decode(row).unwrap();
            view.meta.unwrap().materialization_intervals
        }
        _ => {
            let view: FeatureView = feast_registry::decode(row).unwrap();
            view.meta.unwrap().materialization_intervals
        }
    };
    let text = |each: &MaterializationInterval| {
        [&each.start_time, &each.end_time].map(|stamp| stamp.as_ref().unwrap().to_string())
    };
    intervals.iter().map(text).collect()
}

/// The names that a query lists; nothing may be unreadable.
pub(crate) async fn names(registry: &Registry, query: &Query) -> Vec<String> {
    let listing = registry.list(query).await.unwrap();
    assert!(listing.skipped.is_empty(), "{:?}", listing.skipped);
    listing
        .records
        .iter()
        .map(|row| row.key.name.to_string())
        .collect()
}
