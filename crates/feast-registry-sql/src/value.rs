//! The four types of values that the registry's tables hold.

use std::sync::Arc;

use bytes::Bytes;

/// A value that is bound to a statement or read from a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// NULL.
    Null,
    /// A number.
    Integer(i64),
    /// Text.
    Text(Arc<str>),
    /// Bytes.
    Bytes(Bytes),
}

/// One row of a result, in the order of the selected columns.
pub type Row = Vec<Value>;

impl From<&Arc<str>> for Value {
    fn from(text: &Arc<str>) -> Self {
        Value::Text(Arc::clone(text))
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Value::Text(text.into())
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Value::Integer(number)
    }
}

impl From<Bytes> for Value {
    fn from(bytes: Bytes) -> Self {
        Value::Bytes(bytes)
    }
}
