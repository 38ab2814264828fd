//! Feature views of every kind.

use bytes::Bytes;
use feast_registry_proto::core::{
    Aggregation, FeatureSpecV2, FeatureTransformationV2, FeatureView, FeatureViewProjection,
    FeatureViewSpec, LabelView, LabelViewSpec, OnDemandFeatureView, OnDemandFeatureViewSpec,
    OnDemandSource, StreamFeatureView, StreamFeatureViewSpec, UserDefinedFunctionV2,
    feature_transformation_v2, on_demand_source,
};
use feast_registry_proto::types::value_type;
use prost_types::Duration;

use super::objects::tags;
use super::sources::file;

/// Bytes as Python's pickle has them: no text, every value of a byte.
pub(super) fn pickle() -> Bytes {
    let mut bytes = vec![0x80, 0x04, 0x95];
    bytes.extend(0..=u8::MAX);
    bytes.into()
}

pub(super) fn feature(name: &str, r#type: value_type::Enum) -> FeatureSpecV2 {
    FeatureSpecV2 {
        name: name.to_owned(),
        value_type: r#type.into(),
        tags: [("einheit".to_owned(), "€/km".to_owned())].into(),
        description: format!("das Merkmal {name}"),
        vector_index: r#type == value_type::Enum::FloatList,
        ..Default::default()
    }
}

fn features() -> Vec<FeatureSpecV2> {
    vec![
        feature("trips", value_type::Enum::Int64),
        feature("länge", value_type::Enum::Double),
        feature("embedding", value_type::Enum::FloatList),
    ]
}

fn day() -> Duration {
    Duration {
        seconds: 86_400,
        nanos: 0,
    }
}

fn function() -> FeatureTransformationV2 {
    let function = UserDefinedFunctionV2 {
        name: "verdoppeln".to_owned(),
        body: pickle(),
        body_text: "def verdoppeln(df):\n    return df * 2  # größer\n".to_owned(),
        mode: "pandas".to_owned(),
    };
    FeatureTransformationV2 {
        transformation: Some(
            feature_transformation_v2::Transformation::UserDefinedFunction(function),
        ),
    }
}

fn aggregation() -> Aggregation {
    Aggregation {
        column: "trips".to_owned(),
        function: "sum".to_owned(),
        time_window: Some(day()),
        slide_interval: None,
        name: "trips_am_tag".to_owned(),
    }
}

pub(super) fn feature_view(name: &str) -> FeatureView {
    FeatureView {
        spec: Some(FeatureViewSpec {
            name: name.to_owned(),
            entities: vec!["driver".to_owned(), "fahrzeug".to_owned()],
            features: features(),
            tags: tags(),
            ttl: Some(day()),
            batch_source: Some(file("fahrten")),
            online: true,
            description: "was gestern gefahren wurde".to_owned(),
            owner: "zoë@example.com".to_owned(),
            entity_columns: vec![feature("driver_id", value_type::Enum::String)],
            offline: true,
            org: "verkehr".to_owned(),
            ..Default::default()
        }),
        meta: None,
    }
}

pub(super) fn stream_feature_view(name: &str) -> StreamFeatureView {
    StreamFeatureView {
        spec: Some(StreamFeatureViewSpec {
            name: name.to_owned(),
            entities: vec!["driver".to_owned()],
            features: features(),
            entity_columns: vec![feature("driver_id", value_type::Enum::String)],
            description: "was eben gefahren wird".to_owned(),
            tags: tags(),
            owner: "zoë@example.com".to_owned(),
            ttl: Some(day()),
            batch_source: Some(file("fahrten")),
            stream_source: Some(file("strom")),
            online: true,
            mode: "spark".to_owned(),
            aggregations: vec![aggregation()],
            timestamp_field: "event_timestamp".to_owned(),
            feature_transformation: Some(function()),
            enable_tiling: true,
            tiling_hop_size: Some(Duration {
                seconds: 300,
                nanos: 0,
            }),
            ..Default::default()
        }),
        meta: None,
    }
}

pub(super) fn on_demand_feature_view(name: &str) -> OnDemandFeatureView {
    let projection = FeatureViewProjection {
        feature_view_name: "trips_of_yesterday".to_owned(),
        feature_columns: vec![feature("trips", value_type::Enum::Int64)],
        ..Default::default()
    };
    let sources = [
        (
            "trips_of_yesterday",
            on_demand_source::Source::FeatureViewProjection(projection),
        ),
        (
            "anfrage",
            on_demand_source::Source::RequestDataSource(file("anfrage")),
        ),
    ];
    let sources = sources.map(|(name, source)| {
        let source = OnDemandSource {
            source: Some(source),
        };
        (name.to_owned(), source)
    });
    OnDemandFeatureView {
        spec: Some(OnDemandFeatureViewSpec {
            name: name.to_owned(),
            features: features(),
            sources: sources.into(),
            description: "wird bei der Anfrage gerechnet".to_owned(),
            tags: tags(),
            owner: "zoë@example.com".to_owned(),
            feature_transformation: Some(function()),
            mode: "python".to_owned(),
            write_to_online_store: true,
            entities: vec!["driver".to_owned()],
            singleton: true,
            ..Default::default()
        }),
        meta: None,
    }
}

pub(super) fn label_view(name: &str) -> LabelView {
    LabelView {
        spec: Some(LabelViewSpec {
            name: name.to_owned(),
            entities: vec!["driver".to_owned()],
            features: features(),
            tags: tags(),
            ttl: Some(day()),
            source: Some(file("labels")),
            online: true,
            description: "war es eine gute Fahrt?".to_owned(),
            owner: "zoë@example.com".to_owned(),
            entity_columns: vec![feature("driver_id", value_type::Enum::String)],
            labeler_field: "wer".to_owned(),
            reference_feature_view: "trips_of_yesterday".to_owned(),
            ..Default::default()
        }),
        meta: None,
    }
}
