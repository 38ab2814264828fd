//! The `feast.core.Registry` message: a whole registry in one file.

mod join;
mod read;
mod split;

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use prost_types::Timestamp;

use feast_registry_proto::core::FeatureViewVersionRecord;

pub use self::join::{Joined, Joiner, join};
pub use self::read::{Overview, Reader};
pub use self::split::split;
use crate::wire::{self, Patch};
use crate::{Error, Key, Kind, PROJECT_UUID, Record, Result};

// Fields of `feast.core.Registry` that are not objects.
/// The field of the version of the format.
pub const SCHEMA_VERSION: u32 = 3;
/// The field of the random identity of this content.
pub const VERSION_ID: u32 = 4;
/// The field of the time of the last change.
pub const UPDATED: u32 = 5;
/// The field of the identities of projects.
pub const PROJECT_METADATA: u32 = 15;
/// The field of the version history.
pub const HISTORY: u32 = 18;

/// The version of the format, which Feast has never changed.
pub const SCHEMA_VERSION_TEXT: &str = "1";

/// The kind that a field of `feast.core.Registry` repeats.
pub fn kind_of_field(number: u32) -> Option<Kind> {
    Kind::ALL
        .into_iter()
        .find(|kind| kind.spec().registry_field == number && number != 0)
}

/// Whether bytes would decode as a message of a kind.
pub fn is_readable(kind: Kind, body: &[u8]) -> bool {
    crate::model::check(kind, body).is_ok()
}

/// The row of one serialized object, keyed by what the message says of itself.
///
/// # Errors
///
/// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) if it has no name, or no project is known.
pub fn object(kind: Kind, body: Bytes, default_project: Option<&str>) -> Result<Record> {
    let spec = kind.spec();
    let text =
        |path| wire::string(&body, path).map_err(|why| Error::corrupt(format!("a {kind}"), why));
    let name: Arc<str> = text(spec.name_path)?
        .filter(|name| !name.is_empty())
        .ok_or_else(|| nameless(kind))?
        .into();
    let project = match (kind, spec.project_path) {
        (Kind::Project, _) => Some(name.to_string()),
        (_, Some(path)) => text(path)?
            .filter(|project| !project.is_empty())
            .map(|project| project.into_owned()),
        _ => None,
    };
    let project = project
        .or(default_project.map(str::to_owned))
        .ok_or_else(|| homeless(kind, &name))?;
    let stamp = match spec.updated_path.map(|path| wire::timestamp(&body, path)) {
        Some(Ok(Some(stamp))) => stamp.seconds,
        _ => 0,
    };
    Ok(Record::new(Key::new(kind, project, name), body, stamp))
}

fn nameless(kind: Kind) -> Error {
    Error::invalid(format!("a {kind} has no name"))
}

fn homeless(kind: Kind, name: &str) -> Error {
    Error::invalid(format!("{kind} `{name}` names no project"))
        .with_hint("say which with --project")
}

/// The rows in one `ProjectMetadata` message. Feast's file registry has no place for further
/// metadata and keeps it as a JSON object where the uuid belongs.
///
/// # Errors
///
/// [`ErrorKind::Corrupt`](crate::ErrorKind::Corrupt) if the message cannot be read.
pub fn metadata_rows(payload: &Bytes) -> Result<Vec<Record>> {
    let text = |number| {
        wire::string(payload, &[number]).map_err(|why| Error::corrupt("project metadata", why))
    };
    let (Some(project), Some(value)) = (text(1)?, text(2)?) else {
        return Ok(Vec::new());
    };
    let row = |key: &str, value: String| Record::new(Key::metadata(&*project, key), value, 0);
    match serde_json::from_str::<BTreeMap<String, serde_json::Value>>(&value) {
        Ok(values) => Ok(values
            .into_iter()
            .map(|(key, value)| row(&key, plain(value)))
            .collect()),
        Err(_) => Ok(vec![row(PROJECT_UUID, value.into_owned())]),
    }
}

fn plain(value: serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => text,
        other => other.to_string(),
    }
}

/// The bytes of an object with its project set, which Feast's tables keep in a column only.
///
/// # Errors
///
/// [`ErrorKind::Corrupt`](crate::ErrorKind::Corrupt) if the bytes are no message.
pub fn with_project(row: &Record) -> Result<Bytes> {
    let Some(path) = row
        .key
        .kind
        .spec()
        .project_path
        .filter(|_| row.key.kind != Kind::Version)
    else {
        return Ok(row.body.clone());
    };
    let corrupt = |why| Error::corrupt(&row.key, why);
    if wire::string(&row.body, path).map_err(corrupt)?.as_deref() == Some(&*row.key.project) {
        return Ok(row.body.clone());
    }
    Ok(Patch::default()
        .set_string(path, &row.key.project)
        .apply(&row.body)
        .map_err(corrupt)?
        .into())
}

/// A row of the version history as a message.
pub fn version_record(row: &Record) -> FeatureViewVersionRecord {
    let extra = row.version().cloned().unwrap_or_default();
    FeatureViewVersionRecord {
        feature_view_name: row.key.name.to_string(),
        project_id: row.key.project.to_string(),
        version_number: row.key.number,
        feature_view_type: extra.view_type.to_string(),
        feature_view_proto: row.body.clone(),
        created_timestamp: Some(Timestamp {
            seconds: row.stamp,
            nanos: 0,
        }),
        description: extra.description,
        version_id: extra.version_id,
    }
}
