//! The edits that rules make to messages: stamps, project, version, state, intervals.

use std::sync::Arc;

use prost_types::Timestamp;

use crate::wire::{self, Patch, WireError};
use crate::{Error, Key, Kind, Record, Result};

/// Sets the two stamps of an object, where its message has them.
pub(super) fn stamped(
    mut patch: Patch,
    kind: Kind,
    created: Timestamp,
    updated: Timestamp,
) -> Patch {
    let spec = kind.spec();
    if let Some(path) = spec.created_path {
        patch = patch.set_timestamp(path, &created);
    }
    if let Some(path) = spec.updated_path {
        patch = patch.set_timestamp(path, &updated);
    }
    patch
}

/// Sets the project of an object, where its message has one.
pub(super) fn with_project(patch: Patch, kind: Kind, project: &str) -> Patch {
    match kind.spec().project_path {
        Some(path) => patch.set_string(path, project),
        None => patch,
    }
}

/// The row of a new object.
pub(super) fn new_row(
    key: Key,
    body: &[u8],
    now: Timestamp,
    edits: Patch,
) -> Result<Record, WireError> {
    let patch = with_project(edits, key.kind, &key.project);
    let body = stamped(patch, key.kind, now, now).apply(body)?;
    Ok(Record::new(key, body, now.seconds))
}

/// The row of a changed object: it keeps the time of its creation, and its stamp never goes back.
pub(super) fn changed_row(
    before: &Record,
    body: &[u8],
    now: Timestamp,
    edits: Patch,
) -> Result<Record> {
    let kind = before.key.kind;
    let stored =
        |path| read_stamp(&before.body, path).map_err(|why| Error::corrupt(&before.key, why));
    let updated = later(now, stored(kind.spec().updated_path)?);
    let created = stored(kind.spec().created_path)?.unwrap_or(updated);
    let patch = stamped(
        with_project(edits, kind, &before.key.project),
        kind,
        created,
        updated,
    );
    let body = patch
        .apply(body)
        .map_err(|why| Error::invalid(format!("the message cannot be read: {why}")))?;
    Ok(Record {
        key: before.key.clone(),
        body: body.into(),
        stamp: updated.seconds.max(before.stamp),
        extra: before.extra.clone(),
    })
}

fn read_stamp(body: &[u8], path: Option<&[u32]>) -> Result<Option<Timestamp>, WireError> {
    path.map_or(Ok(None), |path| wire::timestamp(body, path))
}

fn later(now: Timestamp, stored: Option<Timestamp>) -> Timestamp {
    match stored {
        Some(stored) if (stored.seconds, stored.nanos) > (now.seconds, now.nanos) => stored,
        _ => now,
    }
}

/// A row of the version history that holds these bytes.
pub(crate) fn version_row(view: &Record, number: i32, second: i64, version_id: String) -> Record {
    let history_type = view.key.kind.view().map_or("", |spec| spec.history_type);
    Record {
        key: Key::version(
            Arc::clone(&view.key.project),
            Arc::clone(&view.key.name),
            number,
        ),
        body: view.body.clone(),
        stamp: second,
        extra: crate::Extra::Version(Box::new(crate::VersionExtra {
            view_type: history_type.into(),
            version_id,
            description: String::new(),
        })),
    }
}
