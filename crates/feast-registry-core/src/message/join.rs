//! From rows to fields.

use std::collections::BTreeSet;

use prost::Message;
use prost_types::Timestamp;

use super::{
    HISTORY, PROJECT_METADATA, SCHEMA_VERSION, SCHEMA_VERSION_TEXT, UPDATED, VERSION_ID,
    version_record, with_project,
};
use crate::wire;
use crate::{Key, Kind, LAST_UPDATED, PROJECT_UUID, Record, Result};

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
    let mut joiner = Joiner::default();
    for row in rows {
        joined.losses.extend(joiner.put(row, &mut joined.message)?);
    }
    joiner.end(version_id, updated, &mut joined.message);
    Ok(joined)
}

/// Writes rows into a `Registry` message while they come.
#[derive(Debug, Default)]
pub struct Joiner {
    /// Whose infrastructure is in.
    infra: Option<Key>,
}

impl Joiner {
    /// Appends the field of a row; answers in one sentence what the format has no place for.
    ///
    /// Of the version history each row is a field of its own: protobuf makes one message of them.
    ///
    /// # Errors
    ///
    /// Those of [`with_project`].
    pub fn put(&mut self, row: &Record, out: &mut Vec<u8>) -> Result<Option<String>> {
        match row.key.kind {
            Kind::Version => {
                let mut history = Vec::new();
                wire::put_len(1, &version_record(row).encode_to_vec(), &mut history);
                wire::put_len(HISTORY, &history, out);
            }
            Kind::Metadata if *row.key.name == *PROJECT_UUID => {
                wire::put_len(PROJECT_METADATA, &metadata(row), out);
            }
            Kind::Metadata => {}
            Kind::Infra if row.body.is_empty() => {}
            Kind::Infra if self.infra.is_some() => {
                let loss = "a Feast file holds the infrastructure of one project only";
                return Ok(Some(loss.to_owned()));
            }
            Kind::Infra => {
                self.infra = Some(row.key.clone());
                wire::put_len(Kind::Infra.spec().registry_field, &row.body, out);
            }
            kind => wire::put_len(kind.spec().registry_field, &with_project(row)?, out),
        }
        Ok(loss(row))
    }

    /// Appends what is about the whole.
    pub fn end(self, version_id: &str, updated: &Timestamp, out: &mut Vec<u8>) {
        wire::put_len(SCHEMA_VERSION, SCHEMA_VERSION_TEXT.as_bytes(), out);
        wire::put_len(VERSION_ID, version_id.as_bytes(), out);
        wire::put_len(UPDATED, &updated.encode_to_vec(), out);
    }
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

fn metadata(row: &Record) -> Vec<u8> {
    let mut out = Vec::new();
    wire::put_len(1, row.key.project.as_bytes(), &mut out);
    wire::put_len(2, &row.body, &mut out);
    out
}
