//! A row as a document, all that is in it.

use feast_registry_core::migration::{Digest, Pair};
use feast_registry_core::{Key, Kind, Record, Shape, json, message};
use serde_json::{Map, Value};

/// The documents of a row in two registries. Protobuf JSON does not show fields that this version
/// does not know: if nothing else differs, the digests do.
pub(super) fn both(pair: &Pair) -> [Option<Value>; 2] {
    let rows = [&pair.0, &pair.1];
    let mut documents = rows.map(|row| row.as_ref().map(of));
    if documents[0] == documents[1] {
        for (document, row) in documents.iter_mut().zip(rows) {
            if let (Some(document), Some(row)) = (document, row) {
                document["digest"] = Digest::of(row).to_string().into();
            }
        }
    }
    documents
}

/// All that a row says: what and whose it is, its message, and what the row has beside it.
fn of(row: &Record) -> Value {
    let mut document = Map::new();
    let mut put = |key: &str, value: Value| {
        document.insert(key.to_owned(), value);
    };
    put("kind", row.key.kind.spec().name.into());
    put("project", (*row.key.project).into());
    put("name", (*row.key.name).into());
    if row.key.kind.spec().shape == Shape::Version {
        put("version", row.key.number.into());
    }
    put("rowUpdated", row.stamp.into());
    if let Some(metadata) = row.user_metadata() {
        put("userMetadata", text(metadata));
    }
    if let Some(version) = row.version() {
        put("viewType", (*version.view_type).into());
        put("versionId", version.version_id.as_str().into());
        put("description", version.description.as_str().into());
    }
    match body(row) {
        Value::Object(fields) => document.extend(fields),
        other => {
            document.insert("value".to_owned(), other);
        }
    }
    Value::Object(document)
}

/// The message as protobuf JSON; metadata, and what is no message, as text.
fn body(row: &Record) -> Value {
    let kind = match row.version() {
        Some(version) => Kind::from_history_type(&version.view_type),
        None => Some(row.key.kind).filter(|kind| kind.spec().shape != Shape::Metadata),
    };
    let decoded = kind.and_then(|kind| {
        let body = message::with_project(row).ok()?;
        json::to_json(kind.spec().message, &body).ok()
    });
    decoded.unwrap_or_else(|| text(&row.body))
}

fn text(bytes: &[u8]) -> Value {
    String::from_utf8_lossy(bytes).into_owned().into()
}

/// A name for the document of a row, like that of a file.
pub(super) fn path(key: &Key) -> String {
    let version = match key.kind.spec().shape {
        Shape::Version => format!("@v{}", key.number),
        _ => String::new(),
    };
    let plural = key.kind.spec().plural;
    format!("{}/{plural}/{}{version}.yaml", key.project, key.name)
}
