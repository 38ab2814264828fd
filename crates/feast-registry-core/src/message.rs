//! The `feast.core.Registry` message: a whole registry in one file.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bytes::Bytes;
use prost::Message;
use prost_types::Timestamp;

use feast_registry_proto::core::FeatureViewVersionRecord;

use crate::wire::{self, Patch};
use crate::{Error, Extra, Key, Kind, LAST_UPDATED, PROJECT_UUID, Record, Result, VersionExtra};

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

/// The rows that a `Registry` message holds.
///
/// An object that names no project belongs to `default_project`.
///
/// # Errors
///
/// [`ErrorKind::Corrupt`](crate::ErrorKind::Corrupt) if the message cannot be split into objects,
/// or an object has no name or no project.
pub fn split(message: &Bytes, default_project: Option<&str>) -> Result<Vec<Record>> {
    let mut rows = Vec::new();
    let mut infra = None;
    for field in wire::fields(message) {
        let field = field.map_err(|why| Error::corrupt("the registry", why))?;
        let payload = message.slice_ref(field.payload);
        match (field.number, kind_of_field(field.number)) {
            (HISTORY, _) => split_history(&payload, &mut rows)?,
            (PROJECT_METADATA, _) => rows.extend(metadata_rows(&payload)?),
            (_, Some(Kind::Infra)) => infra = Some(payload),
            (_, Some(kind)) => rows.push(object(kind, payload, default_project)?),
            (SCHEMA_VERSION | VERSION_ID | UPDATED, None) => {}
            (number, None) => tracing::warn!(
                number,
                "a field of the registry file has no place here and is left out"
            ),
        }
    }
    if let Some(infra) = infra.filter(|infra| !infra.is_empty()) {
        rows.push(Record::new(
            Key::infra(owner_of_infra(&rows, default_project)?),
            infra,
            0,
        ));
    }
    Ok(rows)
}

/// A file holds the infrastructure of one project and does not say of which.
fn owner_of_infra(rows: &[Record], default_project: Option<&str>) -> Result<Arc<str>> {
    let projects: BTreeSet<&Arc<str>> = rows.iter().map(|row| &row.key.project).collect();
    match (default_project, projects.first()) {
        (Some(project), _) => Ok(project.into()),
        (None, Some(project)) if projects.len() == 1 => Ok(Arc::clone(project)),
        _ => Err(Error::invalid(
            "the file holds infrastructure, but it is not known of which project",
        )
        .with_hint("say which with --project")),
    }
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

fn split_history(payload: &Bytes, rows: &mut Vec<Record>) -> Result<()> {
    let records =
        wire::repeated(payload, 1).map_err(|why| Error::corrupt("the version history", why))?;
    for record in records {
        let record = FeatureViewVersionRecord::decode(payload.slice_ref(record))
            .map_err(|why| Error::corrupt("a row of the version history", why))?;
        rows.push(Record {
            key: Key::version(
                record.project_id,
                record.feature_view_name,
                record.version_number,
            ),
            body: record.feature_view_proto,
            stamp: record.created_timestamp.map_or(0, |stamp| stamp.seconds),
            extra: Extra::Version(Box::new(VersionExtra {
                view_type: record.feature_view_type.into(),
                version_id: record.version_id,
                description: record.description,
            })),
        });
    }
    Ok(())
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

/// A `Registry` message, and what it could not hold.
#[derive(Clone, Debug, Default)]
pub struct Joined {
    /// The serialized message.
    pub message: Vec<u8>,
    /// One sentence for each thing that the format has no place for.
    pub losses: BTreeSet<String>,
}

/// Writes rows into one `Registry` message, as Feast's file registry keeps it.
///
/// # Errors
///
/// [`ErrorKind::Corrupt`](crate::ErrorKind::Corrupt) if a row cannot be patched with its project.
pub fn join<'a>(
    rows: impl IntoIterator<Item = &'a Record>,
    version_id: &str,
    updated: &Timestamp,
) -> Result<Joined> {
    let mut joined = Joined::default();
    let mut history = Vec::new();
    let mut infra = None;
    let out = &mut joined.message;
    for row in rows {
        joined.losses.extend(loss(row));
        match row.key.kind {
            Kind::Version => wire::put_len(1, &version_record(row).encode_to_vec(), &mut history),
            Kind::Metadata if *row.key.name == *PROJECT_UUID => {
                wire::put_len(PROJECT_METADATA, &metadata(row), out)
            }
            Kind::Metadata => {}
            Kind::Infra if row.body.is_empty() => {}
            Kind::Infra if infra.is_some() => {
                joined
                    .losses
                    .insert("a Feast file holds the infrastructure of one project only".to_owned());
            }
            Kind::Infra => infra = Some(row),
            kind => wire::put_len(kind.spec().registry_field, &with_project(row)?, out),
        }
    }
    if let Some(infra) = infra {
        wire::put_len(Kind::Infra.spec().registry_field, &infra.body, out);
    }
    if !history.is_empty() {
        wire::put_len(HISTORY, &history, out);
    }
    wire::put_len(SCHEMA_VERSION, SCHEMA_VERSION_TEXT.as_bytes(), out);
    wire::put_len(VERSION_ID, version_id.as_bytes(), out);
    wire::put_len(UPDATED, &updated.encode_to_vec(), out);
    Ok(joined)
}

fn loss(row: &Record) -> Option<String> {
    match row.key.kind {
        Kind::Metadata if ![PROJECT_UUID, LAST_UPDATED].contains(&&*row.key.name) => Some(format!(
            "metadata `{}` of project `{}`",
            row.key.name, row.key.project
        )),
        kind if kind.is_view() && row.user_metadata().is_some() => {
            Some(format!("the user metadata of {}", row.key))
        }
        _ => None,
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

fn metadata(row: &Record) -> Vec<u8> {
    let mut out = Vec::new();
    wire::put_len(1, row.key.project.as_bytes(), &mut out);
    wire::put_len(2, &row.body, &mut out);
    out
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
