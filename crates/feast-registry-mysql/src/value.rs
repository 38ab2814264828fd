//! Values as the protocol has them, and back.

use std::sync::Arc;

use bytes::Bytes;
use mysql_async::Column;
use mysql_async::Value as Wire;
use mysql_async::consts::ColumnType;

use feast_registry_sql::{Row, Value};

/// The number of the character set that stands for bytes.
const BINARY: u16 = 63;

/// A parameter.
pub(crate) fn to_wire(value: Value) -> Wire {
    match value {
        Value::Null => Wire::NULL,
        Value::Integer(number) => Wire::Int(number),
        Value::Text(text) => Wire::Bytes(text.as_bytes().to_vec()),
        Value::Bytes(bytes) => Wire::Bytes(bytes.into()),
    }
}

/// The bytes that a parameter takes in a packet.
pub(crate) fn size(value: &Value) -> usize {
    // The length in front of it takes up to nine, its type two.
    11 + match value {
        Value::Null | Value::Integer(_) => 0,
        Value::Text(text) => text.len(),
        Value::Bytes(bytes) => bytes.len(),
    }
}

/// A row of a result.
pub(crate) fn row(row: mysql_async::Row) -> Row {
    let columns = row.columns();
    row.unwrap()
        .into_iter()
        .zip(columns.iter())
        .map(|(value, column)| from_wire(value, column))
        .collect()
}

fn from_wire(value: Wire, column: &Column) -> Value {
    match value {
        Wire::NULL => Value::Null,
        Wire::Int(number) => Value::Integer(number),
        Wire::UInt(number) => Value::Integer(i64::try_from(number).unwrap_or(i64::MAX)),
        Wire::Float(number) => Value::Integer(whole(f64::from(number))),
        Wire::Double(number) => Value::Integer(whole(number)),
        Wire::Bytes(bytes) => from_bytes(bytes, column),
        date => Value::Text(date.as_sql(true).into()),
    }
}

/// Sums come as decimals, in digits. Text and bytes differ in their character set only.
fn from_bytes(bytes: Vec<u8>, column: &Column) -> Value {
    let decimal = matches!(
        column.column_type(),
        ColumnType::MYSQL_TYPE_NEWDECIMAL | ColumnType::MYSQL_TYPE_DECIMAL
    );
    if !decimal && column.character_set() == BINARY {
        return Value::Bytes(Bytes::from(bytes));
    }
    let text = match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => return Value::Bytes(Bytes::from(error.into_bytes())),
    };
    match text.parse() {
        Ok(number) if decimal => Value::Integer(number),
        _ => Value::Text(Arc::from(text)),
    }
}

/// Nothing of Feast's is a fraction; whole seconds are what a stamp would be.
#[allow(clippy::cast_possible_truncation)]
fn whole(number: f64) -> i64 {
    number as i64
}
