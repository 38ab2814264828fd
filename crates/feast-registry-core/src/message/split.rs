//! From fields to rows.

use std::collections::BTreeSet;
use std::sync::Arc;

use bytes::Bytes;
use prost::Message;

use feast_registry_proto::core::FeatureViewVersionRecord;

use super::{
    HISTORY, PROJECT_METADATA, SCHEMA_VERSION, UPDATED, VERSION_ID, kind_of_field, metadata_rows,
    object,
};
use crate::wire::{self, WireType};
use crate::{Error, Extra, Key, Kind, Record, Result, VersionExtra};

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
        // For protobuf that is a field which nobody knows, whatever its number.
        if field.wire_type != WireType::Len {
            continue;
        }
        let payload = message.slice_ref(field.payload);
        match (field.number, kind_of_field(field.number)) {
            (HISTORY, _) => split_history(&payload, &mut rows)?,
            (_, Some(Kind::Infra)) => infra = Some(payload),
            (number, _) => split_field(number, payload, default_project, &mut rows)?,
        }
    }
    if let Some(infra) = infra.filter(|infra| !infra.is_empty()) {
        let projects = rows.iter().map(|row| Arc::clone(&row.key.project));
        rows.push(infra_row(&projects.collect(), infra, default_project)?);
    }
    Ok(rows)
}

/// The rows of one field, which is neither the history nor infrastructure.
pub(super) fn split_field(
    number: u32,
    payload: Bytes,
    default_project: Option<&str>,
    rows: &mut Vec<Record>,
) -> Result<()> {
    match (number, kind_of_field(number)) {
        (PROJECT_METADATA, _) => rows.extend(metadata_rows(&payload)?),
        (_, Some(kind)) => rows.push(object(kind, payload, default_project)?),
        (SCHEMA_VERSION | VERSION_ID | UPDATED, None) => {}
        (number, None) => tracing::warn!(
            number,
            "a field of the registry file has no place here and is left out"
        ),
    }
    Ok(())
}

/// The row of infrastructure. A file holds that of one project and does not say of which.
pub(super) fn infra_row(
    projects: &BTreeSet<Arc<str>>,
    infra: Bytes,
    default_project: Option<&str>,
) -> Result<Record> {
    let owner = match (default_project, projects.first()) {
        (Some(project), _) => project.into(),
        (None, Some(project)) if projects.len() == 1 => Arc::clone(project),
        _ => {
            let message = "the file holds infrastructure, but it is not known of which project";
            return Err(Error::invalid(message).with_hint("say which with --project"));
        }
    };
    Ok(Record::new(Key::infra(owner), infra, 0))
}

fn split_history(payload: &Bytes, rows: &mut Vec<Record>) -> Result<()> {
    let records =
        wire::repeated(payload, 1).map_err(|why| Error::corrupt("the version history", why))?;
    for record in records {
        rows.push(version(payload.slice_ref(record))?);
    }
    Ok(())
}

/// The row of one record of the version history.
pub(super) fn version(record: Bytes) -> Result<Record> {
    let record = FeatureViewVersionRecord::decode(record)
        .map_err(|why| Error::corrupt("a row of the version history", why))?;
    Ok(Record {
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
    })
}
