//! From bytes to rows.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use feast_registry_core::message::{self, HISTORY, PROJECT_METADATA};
use feast_registry_core::message::{SCHEMA_VERSION, UPDATED, VERSION_ID};
use feast_registry_core::wire::{self, Field, Patch, WireType};
use feast_registry_core::{Error, ErrorKind, Key, Kind, Record, Result};
use prost::Message;
use rpds::RedBlackTreeMapSync;

use super::own::{INFRA_OWNER, OwnRow, ROWS, WRITES, Writes};
use crate::ring::Ring;
use crate::row::{Row, history};
use crate::state::{Rest, State};

/// The rows of a file, sharing its bytes. No object is decoded.
///
/// # Errors
///
/// [`ErrorKind::Corrupt`] if it is no `Registry` message.
pub(crate) fn decode(file: &Bytes) -> Result<State> {
    let mut reader = Reader::default();
    for field in wire::fields(file) {
        reader.field(file, &field.map_err(corrupt)?)?;
    }
    reader.finish()
}

fn corrupt(why: impl std::fmt::Display) -> Error {
    Error::new(ErrorKind::Corrupt, why.to_string())
}

#[derive(Default)]
struct Reader {
    rows: RedBlackTreeMapSync<Key, Row>,
    rest: Rest,
    ring: Ring,
    own: Vec<(OwnRow, Bytes)>,
    infra: BytesMut,
    first_project: Option<Arc<str>>,
}

impl Reader {
    fn field(&mut self, file: &Bytes, field: &Field<'_>) -> Result<()> {
        let payload = file.slice_ref(field.payload);
        let raw = || file.slice_ref(field.raw);
        let kind = message::kind_of_field(field.number);
        let known = kind.is_some()
            || matches!(
                field.number,
                SCHEMA_VERSION
                    | VERSION_ID
                    | UPDATED
                    | PROJECT_METADATA
                    | HISTORY
                    | ROWS
                    | WRITES
                    | INFRA_OWNER
            );
        if known && field.wire_type != WireType::Len {
            let why = format!("field {} is not what Feast has there", field.number);
            return Err(corrupt(why));
        }
        match (field.number, kind) {
            (SCHEMA_VERSION, _) => self.rest.schema_version = Some(payload),
            (VERSION_ID | UPDATED, _) => {}
            (PROJECT_METADATA, _) => self.metadata(payload, raw())?,
            (HISTORY, _) => self.history(&payload)?,
            (ROWS, _) => {
                let row = OwnRow::decode(payload).map_err(corrupt)?;
                self.own.push((row, raw()));
            }
            (WRITES, _) => self.ring = Writes::decode(payload).map_err(corrupt)?.into(),
            (INFRA_OWNER, _) => {
                let owner = std::str::from_utf8(field.payload).map_err(corrupt)?;
                self.rest.infra_owner = Some(owner.into());
            }
            // Of a message that occurs twice protobuf makes one.
            (_, Some(Kind::Infra)) => self.infra.extend_from_slice(&payload),
            (_, Some(kind)) => match message::object(kind, payload, None) {
                Ok(record) => self.insert(Row::feast(record)),
                Err(error) if error.kind() == ErrorKind::Invalid => {
                    tracing::warn!("{error}: nobody sees it, it stays in the file as it is");
                    self.rest.unknown.push(raw());
                }
                Err(error) => return Err(error),
            },
            (_, None) => self.rest.unknown.push(raw()),
        }
        Ok(())
    }

    /// Of two with the same key Feast sees the first.
    fn insert(&mut self, row: Row) {
        let key = &row.record.key;
        if self.rows.contains_key(key) {
            tracing::warn!("{key} is in the registry file twice: the second one is left out");
            return;
        }
        self.first_project
            .get_or_insert_with(|| Arc::clone(&key.project));
        self.rows.insert_mut(key.clone(), row);
    }

    fn history(&mut self, payload: &Bytes) -> Result<()> {
        for field in wire::fields(payload) {
            let field = field.map_err(corrupt)?;
            match (field.number, field.wire_type) {
                (1, WireType::Len) => self.insert(history(payload.slice_ref(field.payload))?),
                _ => {
                    let raw = payload.slice_ref(field.raw);
                    self.rest.unknown_history.push(raw);
                }
            }
        }
        Ok(())
    }

    fn metadata(&mut self, payload: Bytes, raw: Bytes) -> Result<()> {
        let rows = message::metadata_rows(&payload)?;
        let Some(project) = rows.first().map(|row| Arc::clone(&row.key.project)) else {
            self.rest.unknown.push(raw);
            return Ok(());
        };
        for record in rows {
            self.insert(Row::feast(record));
        }
        self.rest.metadata.entry(project).or_insert(payload);
        Ok(())
    }

    fn finish(mut self) -> Result<State> {
        self.adopt_projects()?;
        self.place_infra();
        for (own, raw) in std::mem::take(&mut self.own) {
            match own.key() {
                Some(key) => self.place_own(own, key),
                // A newer build has more kinds.
                None => self.rest.unknown.push(raw),
            }
        }
        Ok(State::new(self.rows, self.rest, self.ring))
    }

    /// Registries of older releases have no projects: Feast makes one of each that has metadata,
    /// whenever it opens the file. Once we have written it, they are there, or have been deleted.
    fn adopt_projects(&mut self) -> Result<()> {
        if self.ring.newest() > 0 {
            return Ok(());
        }
        for project in self.rest.metadata.keys() {
            let key = Key::project(Arc::clone(project));
            if !self.rows.contains_key(&key) {
                let body = Patch::default()
                    .set_string(Kind::Project.spec().name_path, project)
                    .apply(&[])
                    .map_err(corrupt)?;
                let row = Row::feast(Record::new(key.clone(), body, 0));
                self.rows.insert_mut(key, row);
            }
        }
        Ok(())
    }

    /// Feast's field does not say of which project it is. We note that when we write it; else it
    /// counts as that of the first project in the file.
    fn place_infra(&mut self) {
        if self.infra.is_empty() {
            self.rest.infra_owner = None;
            return;
        }
        let infra = std::mem::take(&mut self.infra).freeze();
        match self.rest.infra_owner.clone().or(self.first_project.clone()) {
            Some(owner) => {
                self.insert(Row::feast(Record::new(
                    Key::infra(Arc::clone(&owner)),
                    infra,
                    0,
                )));
                self.rest.infra_owner = Some(owner);
            }
            None => {
                let mut raw = Vec::new();
                wire::put_len(Kind::Infra.spec().registry_field, &infra, &mut raw);
                self.rest.unknown.push(raw.into());
            }
        }
    }

    fn place_own(&mut self, mut own: OwnRow, key: Key) {
        match own.body.take() {
            Some(body) => self.insert(own.row(key, body)),
            // Without the row, whoever deleted it did not know of the note.
            None => {
                if let Some(row) = self.rows.get_mut(&key) {
                    own.add_to(&mut row.record);
                }
            }
        }
    }
}
