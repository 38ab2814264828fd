//! Our own fields of the message.

use std::sync::Arc;

use bytes::Bytes;
use feast_registry_core::{Extra, Key, Kind, Record};
use prost::Message;

use crate::ring::Ring;
use crate::row::{Place, Row};

/// The field of rows and notes.
pub(super) const ROWS: u32 = 20_601;
/// The field of the last writes.
pub(super) const WRITES: u32 = 20_602;
/// The field of the project whose infrastructure Feast's field holds.
pub(super) const INFRA_OWNER: u32 = 20_603;

/// A row that Feast's message has no place for, or, without `body`, what a row is beyond its message.
#[derive(Clone, PartialEq, Message)]
pub(super) struct OwnRow {
    /// The name of Feast's table, which tells the kind.
    #[prost(string, tag = "1")]
    pub(super) table: String,
    #[prost(string, tag = "2")]
    pub(super) project: String,
    #[prost(string, tag = "3")]
    pub(super) name: String,
    /// Seconds.
    #[prost(int64, tag = "4")]
    pub(super) stamp: i64,
    #[prost(bytes = "bytes", optional, tag = "5")]
    pub(super) user_metadata: Option<Bytes>,
    #[prost(bytes = "bytes", optional, tag = "6")]
    pub(super) body: Option<Bytes>,
    /// The revision of the message, where `stamp` is before what the message says: of another
    /// message it would be wrong.
    #[prost(string, optional, tag = "7")]
    revision: Option<String>,
}

impl OwnRow {
    /// A row that Feast's message has no place for.
    pub(super) fn whole(record: &Record) -> Self {
        OwnRow {
            table: record.key.kind.spec().table.to_owned(),
            project: record.key.project.to_string(),
            name: record.key.name.to_string(),
            stamp: record.stamp,
            user_metadata: record.user_metadata().cloned(),
            body: Some(record.body.clone()),
            revision: None,
        }
    }

    /// What a row is beyond its message, which says this stamp.
    pub(super) fn note(record: &Record, stamp: i64) -> Self {
        OwnRow {
            body: None,
            revision: (record.stamp < stamp).then(|| record.revision().to_string()),
            ..OwnRow::whole(record)
        }
    }

    /// The row that it is about; `None` if this build does not know its kind.
    pub(super) fn key(&self) -> Option<Key> {
        let kind = Kind::ALL
            .into_iter()
            .find(|kind| kind.spec().table == self.table)?;
        let (project, name): (Arc<str>, Arc<str>) =
            (self.project.as_str().into(), self.name.as_str().into());
        Some(Key::new(kind, project, name))
    }

    /// Adds the note to its row. Whoever changed the message since has moved its stamp.
    pub(super) fn add_to(self, record: &mut Record) {
        let is_of_it = |revision: &String| *revision == record.revision().to_string();
        record.stamp = match self.revision.as_ref().is_some_and(is_of_it) {
            true => self.stamp,
            false => self.stamp.max(record.stamp),
        };
        if let Some(bytes) = self.user_metadata {
            record.extra = Extra::UserMetadata(bytes);
        }
    }

    /// The whole row.
    pub(super) fn row(self, key: Key, body: Bytes) -> Row {
        let extra = self.user_metadata.map_or(Extra::None, Extra::UserMetadata);
        let record = Record {
            extra,
            ..Record::new(key, body, self.stamp)
        };
        Row {
            record,
            place: Place::Own,
        }
    }
}

/// The last writes.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Writes {
    /// How many there have been.
    #[prost(uint64, tag = "1")]
    newest: u64,
    /// 16 bytes for each of the last, oldest first.
    #[prost(bytes = "vec", tag = "2")]
    ids: Vec<u8>,
}

impl From<&Ring> for Writes {
    fn from(ring: &Ring) -> Self {
        let (newest, ids) = ring.parts();
        Writes { newest, ids }
    }
}

impl From<Writes> for Ring {
    fn from(writes: Writes) -> Self {
        Ring::new(writes.newest, &writes.ids)
    }
}
