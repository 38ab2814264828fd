//! From rows to bytes.

use std::sync::Arc;

use bytes::Bytes;
use feast_registry_core::message::{
    HISTORY, PROJECT_METADATA, SCHEMA_VERSION, SCHEMA_VERSION_TEXT, UPDATED, VERSION_ID,
};
use feast_registry_core::wire::{self, Patch};
use feast_registry_core::{Error, ErrorKind, Kind, PROJECT_UUID, Record, Result};
use prost::Message;
use prost_types::Timestamp;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::own::{INFRA_OWNER, OwnRow, ROWS, WRITES, Writes};
use crate::ring::{Ring, WriteId};
use crate::row::{Place, Row};
use crate::state::State;

/// The largest message that protobuf reads.
const MAX_BYTES: usize = i32::MAX as usize;

/// More than the tag and the length of a field take.
const FIELD_BYTES: usize = 16;

/// A content that is about to be written.
#[derive(Debug)]
pub(crate) struct Encoded {
    pub(crate) bytes: Bytes,
    /// The ring with this write.
    pub(crate) ring: Ring,
    pub(crate) write: WriteId,
}

/// A file with these rows. Each content has a `version_id` of its own, so that no two are equal.
///
/// # Errors
///
/// [`ErrorKind::TooLarge`] if protobuf could not read it, [`ErrorKind::Corrupt`] if metadata that
/// was there cannot be edited.
pub(crate) fn encode(state: &State, id: Uuid, now: &Timestamp) -> Result<Encoded> {
    let parts = Parts::new(state)?;
    let (ring, write) = state.ring.with(id);
    let mut out = Vec::with_capacity(parts.room(state));
    for row in state.rows.values() {
        let kind = row.record.key.kind;
        if matches!(row.place, Place::Feast { .. }) && Kind::OBJECTS.contains(&kind) {
            wire::put_len(kind.spec().registry_field, &row.record.body, &mut out);
        }
    }
    parts.write(state, &mut out);
    let schema_version = state.rest.schema_version.as_deref();
    let schema_version = schema_version.unwrap_or(SCHEMA_VERSION_TEXT.as_bytes());
    wire::put_len(SCHEMA_VERSION, schema_version, &mut out);
    wire::put_len(VERSION_ID, id.to_string().as_bytes(), &mut out);
    wire::put_len(UPDATED, &now.encode_to_vec(), &mut out);
    wire::put_len(WRITES, &Writes::from(&ring).encode_to_vec(), &mut out);
    if out.len() > MAX_BYTES {
        return Err(too_large(out.len()));
    }
    Ok(Encoded {
        bytes: out.into(),
        ring,
        write,
    })
}

fn too_large(bytes: usize) -> Error {
    let message = format!("the registry would have {bytes} bytes, and a file takes {MAX_BYTES}");
    Error::new(ErrorKind::TooLarge, message)
        .with_hint("delete old versions, or move the registry into a database")
}

/// What is not simply the bodies of rows.
struct Parts<'a> {
    history: Vec<&'a Bytes>,
    history_bytes: usize,
    metadata: Vec<Vec<u8>>,
    infra: Option<&'a Record>,
    own: Vec<OwnRow>,
}

impl<'a> Parts<'a> {
    fn new(state: &'a State) -> Result<Self> {
        let mut history = Vec::new();
        let mut own = Vec::new();
        let infra = infra(state);
        for row in state.rows.values() {
            match &row.place {
                Place::History(raw) => history.push(raw),
                Place::Own => own.push(OwnRow::whole(&row.record)),
                Place::Feast { .. } if is_other_infra(row, infra) => {
                    own.push(OwnRow::whole(&row.record));
                }
                Place::Feast { stamp } if row.is_more_than_its_message() => {
                    own.push(OwnRow::note(&row.record, *stamp));
                }
                Place::Feast { .. } => {}
            }
        }
        let unknown = state.rest.unknown_history.iter().map(Bytes::len);
        let history_bytes = history
            .iter()
            .map(|raw| len_field_bytes(1, raw.len()))
            .chain(unknown)
            .sum();
        Ok(Parts {
            history,
            history_bytes,
            metadata: metadata(state)?,
            infra,
            own,
        })
    }

    /// Never less than the file takes, so that its bytes are not moved while it grows.
    fn room(&self, state: &State) -> usize {
        let rows = state.records().map(|row| row.body.len() + FIELD_BYTES);
        let metadata = self.metadata.iter().map(|one| one.len() + FIELD_BYTES);
        let own = self.own.iter().map(|one| one.encoded_len() + FIELD_BYTES);
        let unknown = state.rest.unknown.iter().map(Bytes::len);
        let few = 4_096;
        rows.chain(metadata)
            .chain(own)
            .chain(unknown)
            .sum::<usize>()
            + self.history_bytes
            + few
    }

    fn write(&self, state: &State, out: &mut Vec<u8>) {
        if let Some(infra) = self.infra {
            wire::put_len(Kind::Infra.spec().registry_field, &infra.body, out);
            wire::put_len(INFRA_OWNER, infra.key.project.as_bytes(), out);
        }
        for metadata in &self.metadata {
            wire::put_len(PROJECT_METADATA, metadata, out);
        }
        if self.history_bytes > 0 {
            wire::put_tag(HISTORY, wire::WireType::Len, out);
            wire::put_varint(self.history_bytes as u64, out);
            for raw in &self.history {
                wire::put_len(1, raw, out);
            }
            for raw in &state.rest.unknown_history {
                out.extend_from_slice(raw);
            }
        }
        for own in &self.own {
            wire::put_len(ROWS, &own.encode_to_vec(), out);
        }
        for raw in &state.rest.unknown {
            out.extend_from_slice(raw);
        }
    }
}

/// The bytes of a length-delimited field with a payload of so many bytes.
fn len_field_bytes(number: u32, payload: usize) -> usize {
    let mut head = Vec::with_capacity(FIELD_BYTES);
    wire::put_tag(number, wire::WireType::Len, &mut head);
    wire::put_varint(payload as u64, &mut head);
    head.len() + payload
}

/// The infrastructure that Feast's field holds: that of the project which had it, else the first.
fn infra(state: &State) -> Option<&Record> {
    let all = || {
        state.rows.values().filter_map(|row| {
            let readable = matches!(row.place, Place::Feast { .. });
            let candidate = readable && row.record.key.kind == Kind::Infra;
            (candidate && !row.record.body.is_empty()).then_some(&row.record)
        })
    };
    let owner = state.rest.infra_owner.as_ref();
    all()
        .find(|row| Some(&row.key.project) == owner)
        .or_else(|| all().next())
}

fn is_other_infra(row: &Row, infra: Option<&Record>) -> bool {
    row.record.key.kind == Kind::Infra && infra.is_none_or(|infra| infra.key != row.record.key)
}

/// One message for each project. Further metadata stands where Feast looks for it: in a JSON object
/// in place of the uuid.
fn metadata(state: &State) -> Result<Vec<Vec<u8>>> {
    let mut projects: Vec<(Arc<str>, Vec<&Record>)> = Vec::new();
    for row in state.rows.values() {
        let record = &row.record;
        if record.key.kind != Kind::Metadata || matches!(row.place, Place::Own) {
            continue;
        }
        match projects.last_mut() {
            Some((project, rows)) if *project == record.key.project => rows.push(record),
            _ => projects.push((Arc::clone(&record.key.project), vec![record])),
        }
    }
    let message = |(project, rows): &(Arc<str>, Vec<&Record>)| {
        let before = state.rest.metadata.get(project);
        Patch::default()
            .set_string(&[1], project)
            .set_string(&[2], &value(rows))
            .apply(before.map_or(&[][..], |bytes| bytes))
            .map_err(|why| Error::corrupt(format_args!("the metadata of `{project}`"), why))
    };
    projects.iter().map(message).collect()
}

fn value(rows: &[&Record]) -> String {
    let text = |row: &Record| String::from_utf8_lossy(&row.body).into_owned();
    if let [only] = rows
        && *only.key.name == *PROJECT_UUID
    {
        let uuid = text(only);
        if serde_json::from_str::<Map<String, Value>>(&uuid).is_err() {
            return uuid;
        }
    }
    let entry = |row: &&Record| (row.key.name.to_string(), Value::String(text(row)));
    Value::Object(rows.iter().map(entry).collect()).to_string()
}
