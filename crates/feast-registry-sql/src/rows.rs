//! Rows of a table as records, and back.

use std::sync::Arc;

use bytes::Bytes;

use feast_registry_core::{Extra, Key, Kind, Record, Shape, VersionExtra};

use crate::{Row, Value};

/// The metadata row that stands for the right to rely on a project, where a dialect must
/// [write](crate::Dialect::guard_by_writing) what others only lock. It is nobody's data.
pub(crate) const GUARD: &str = "feast_registry_guard";

/// Whether a row only guards a project.
pub(crate) fn is_guard(key: &Key) -> bool {
    key.kind == Kind::Metadata && &*key.name == GUARD
}

/// Reads rows of one kind. Neighbours mostly belong to one project, whose name they then share.
#[derive(Debug)]
pub(crate) struct Reader {
    kind: Kind,
    project: Arc<str>,
}

impl Reader {
    pub(crate) fn new(kind: Kind) -> Self {
        Reader {
            kind,
            project: Arc::from(""),
        }
    }

    /// The record of a row with the columns of
    /// [`record_columns`](crate::table::record_columns).
    ///
    /// Lenient about types: another program may have written anything, and one odd row must not
    /// hide the others. What is wrong shows when the bytes are decoded.
    pub(crate) fn record(&mut self, row: Row) -> Record {
        let mut values = row.into_iter();
        let mut next = || values.next().unwrap_or(Value::Null);
        let project = text(next());
        if project != self.project {
            self.project = project;
        }
        let name = text(next());
        let stamp = integer(&next());
        let body = bytes(next());
        let mut number = 0;
        let extra = match self.kind.spec().shape {
            Shape::View => match next() {
                Value::Null => Extra::None,
                value => Extra::UserMetadata(bytes(value)),
            },
            Shape::Version => {
                number = i32::try_from(integer(&next())).unwrap_or_default();
                Extra::Version(Box::new(VersionExtra {
                    view_type: text(next()),
                    version_id: text(next()).to_string(),
                    description: text(next()).to_string(),
                }))
            }
            Shape::Named | Shape::Project | Shape::Metadata => Extra::None,
        };
        let key = Key {
            kind: self.kind,
            project: Arc::clone(&self.project),
            name,
            number,
        };
        Record {
            key,
            body,
            stamp,
            extra,
        }
    }

    pub(crate) fn records(mut self, rows: Vec<Row>) -> Vec<Record> {
        rows.into_iter().map(|row| self.record(row)).collect()
    }
}

fn text(value: Value) -> Arc<str> {
    match value {
        Value::Text(text) => text,
        Value::Bytes(bytes) => String::from_utf8_lossy(&bytes).into(),
        Value::Integer(number) => number.to_string().into(),
        Value::Null => Arc::from(""),
    }
}

fn integer(value: &Value) -> i64 {
    match value {
        Value::Integer(number) => *number,
        _ => 0,
    }
}

fn bytes(value: Value) -> Bytes {
    match value {
        Value::Bytes(bytes) => bytes,
        Value::Text(text) => Bytes::copy_from_slice(text.as_bytes()),
        Value::Integer(_) | Value::Null => Bytes::new(),
    }
}

/// The body of a record as the column holds it. Metadata is text; the rules let nothing else
/// through, and what came past them must not be changed on the way.
pub(crate) fn body_value(kind: Kind, body: &Bytes) -> Value {
    let text = match kind.spec().shape {
        Shape::Metadata => std::str::from_utf8(body).ok(),
        _ => None,
    };
    match text {
        Some(text) => Value::Text(text.into()),
        None => Value::Bytes(body.clone()),
    }
}

/// Adds the values of a record, in the order of [`record_columns`](crate::table::record_columns).
pub(crate) fn put(record: &Record, values: &mut Vec<Value>) {
    let Key {
        kind,
        project,
        name,
        number,
    } = &record.key;
    values.extend([
        project.into(),
        name.into(),
        record.stamp.into(),
        body_value(*kind, &record.body),
    ]);
    match kind.spec().shape {
        Shape::View => values.push(
            record
                .user_metadata()
                .cloned()
                .map_or(Value::Null, Value::Bytes),
        ),
        Shape::Version => {
            let of = |extra: &VersionExtra| {
                [
                    i64::from(*number).into(),
                    (&extra.view_type).into(),
                    extra.version_id.as_str().into(),
                    extra.description.as_str().into(),
                ]
            };
            values.extend(match record.version() {
                Some(extra) => of(extra),
                None => of(&VersionExtra::default()),
            });
        }
        Shape::Named | Shape::Project | Shape::Metadata => {}
    }
}
