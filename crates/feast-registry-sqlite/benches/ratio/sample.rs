//! Feature views of the size that real ones have: 20 features, tags, a batch source, about 2 KB.

use feast_registry_proto::core::{
    DataSource, FeatureSpecV2, FeatureView, FeatureViewMeta, FeatureViewSpec,
    MaterializationInterval, data_source,
};
use feast_registry_proto::prost::Message;
use feast_registry_proto::prost_types::{Duration, Timestamp};

/// The materialised intervals of every view.
pub(crate) const INTERVALS: usize = 3;

pub(crate) fn name(index: usize) -> String {
    format!("driver_hourly_stats_{index:05}")
}

/// Views whose features differ from round to round.
pub(crate) fn views(count: usize, round: u32) -> Vec<(String, Vec<u8>)> {
    (0..count)
        .map(|index| (name(index), view(index, round)))
        .collect()
}

pub(crate) fn view(index: usize, round: u32) -> Vec<u8> {
    build(index, "Hourly statistics of one driver", round).encode_to_vec()
}

/// Views whose description alone differs from round to round.
pub(crate) fn described(index: usize, round: u32) -> Vec<u8> {
    build(
        index,
        &format!("Hourly statistics of one driver, edition {round}"),
        0,
    )
    .encode_to_vec()
}

fn build(index: usize, description: &str, round: u32) -> FeatureView {
    let feature = |number: usize| FeatureSpecV2 {
        name: format!("average_of_something_{number:02}"),
        value_type: 1 + i32::try_from(number % 6).unwrap(),
        description: format!("What the feature means, revision {round}"),
        tags: [("unit".to_owned(), "km".to_owned())].into(),
        ..Default::default()
    };
    let source = DataSource {
        r#type: data_source::SourceType::BatchFile.into(),
        name: format!("source_{index:05}"),
        timestamp_field: "event_timestamp".into(),
        created_timestamp_column: "created".into(),
        options: Some(data_source::Options::FileOptions(
            data_source::FileOptions {
                uri: format!("s3://bucket/path/to/the/data/of/driver_{index}.parquet"),
                ..Default::default()
            },
        )),
        ..Default::default()
    };
    let interval = |hour: i64| MaterializationInterval {
        start_time: Some(Timestamp {
            seconds: 1_700_000_000 + hour * 3_600,
            nanos: 0,
        }),
        end_time: Some(Timestamp {
            seconds: 1_700_003_600 + hour * 3_600,
            nanos: 0,
        }),
    };
    FeatureView {
        spec: Some(FeatureViewSpec {
            name: name(index),
            entities: vec!["driver".into()],
            features: (0..20).map(feature).collect(),
            tags: [
                ("team".to_owned(), "driver_performance".to_owned()),
                ("tier".to_owned(), "1".to_owned()),
            ]
            .into(),
            ttl: Some(Duration {
                seconds: 86_400,
                nanos: 0,
            }),
            batch_source: Some(source),
            online: true,
            description: description.to_owned(),
            owner: "someone@example.com".into(),
            ..Default::default()
        }),
        meta: Some(FeatureViewMeta {
            materialization_intervals: (0..INTERVALS as i64).map(interval).collect(),
            ..Default::default()
        }),
    }
}
