//! Moments as the scripts write them.

use serde_json::Value;

use prost_types::Timestamp;

/// The moment in a value of RFC 3339 text.
pub(crate) fn timestamp(value: &Value) -> Timestamp {
    value.as_str().unwrap().parse().unwrap()
}

/// The interval with this number, like `common.interval` of the scripts: an hour of 2024.
pub(crate) fn interval(index: i64) -> [Timestamp; 2] {
    const BEGIN: i64 = 1_704_067_200; // 2024-01-01T00:00:00Z
    [index, index + 1].map(|hour| Timestamp {
        seconds: BEGIN + hour * 3_600,
        nanos: 0,
    })
}
