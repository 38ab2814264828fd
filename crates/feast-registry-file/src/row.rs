//! A row, and where in the file it stands.

use std::borrow::Cow;

use bytes::Bytes;
use prost::Message;

use feast_registry_core::message::{self, version_record};
use feast_registry_core::{Error, Extra, Key, Kind, LAST_UPDATED, Record, Result, VersionExtra};
use feast_registry_core::{ErrorKind, wire};

/// A row as it is read, and where it stands.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) record: Record,
    pub(crate) place: Place,
}

/// Where a row stands in the file.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    /// Where Feast has it. The message itself says this stamp; what the row has beyond it stands in
    /// a field of ours.
    Feast {
        /// The stamp, 0 where the message says none.
        stamp: i64,
    },
    /// In the version history, as this record.
    History(Bytes),
    /// In a field of ours: Feast could not read it, or has no place for it.
    Own,
}

impl Row {
    /// A row that is about to be written: as it will be read again, by whatever process.
    pub(crate) fn new(record: Record) -> Row {
        let feast = match record.key.kind {
            Kind::Version => history(version_record(&record).encode_to_vec().into()).ok(),
            Kind::Metadata => metadata(&record),
            Kind::Infra => infra(&record),
            _ => object(&record),
        };
        feast.unwrap_or(Row {
            record,
            place: Place::Own,
        })
    }

    /// The row of a message as Feast has it.
    pub(crate) fn feast(record: Record) -> Row {
        let stamp = record.stamp;
        Row {
            record,
            place: Place::Feast { stamp },
        }
    }

    /// Whether the row is more than its message says.
    pub(crate) fn is_more_than_its_message(&self) -> bool {
        match self.place {
            Place::Feast { stamp } => {
                self.record.stamp != stamp || self.record.user_metadata().is_some()
            }
            _ => false,
        }
    }
}

/// The row of a record of the version history.
pub(crate) fn history(raw: Bytes) -> Result<Row> {
    let text = |number| -> Result<String> {
        let text = wire::string(&raw, &[number]).map_err(corrupt)?;
        Ok(text.unwrap_or_default().into_owned())
    };
    let number = wire::varint(&raw, &[3]).map_err(corrupt)?;
    let created = wire::timestamp(&raw, &[6]).map_err(corrupt)?;
    let body = match wire::bytes(&raw, &[5]).map_err(corrupt)? {
        Some(Cow::Borrowed(body)) => raw.slice_ref(body),
        Some(Cow::Owned(body)) => body.into(),
        None => Bytes::new(),
    };
    let record = Record {
        // Protobuf sends a negative number as one of 64 bits.
        key: Key::version(text(2)?, text(1)?, number.unwrap_or_default() as i32),
        body,
        stamp: created.map_or(0, |created| created.seconds),
        extra: Extra::Version(Box::new(VersionExtra {
            view_type: text(4)?.into(),
            version_id: text(8)?,
            description: text(7)?,
        })),
    };
    Ok(Row {
        record,
        place: Place::History(raw),
    })
}

fn corrupt(why: wire::WireError) -> Error {
    Error::new(
        ErrorKind::Corrupt,
        format!("a row of the version history: {why}"),
    )
}

fn object(record: &Record) -> Option<Row> {
    let body = message::with_project(record).ok()?;
    let found = message::object(record.key.kind, body, None).ok()?;
    if found.key != record.key || !message::is_readable(found.key.kind, &found.body) {
        return None;
    }
    let mut row = Row::feast(found);
    row.record.stamp = record.stamp;
    row.record.extra = record.extra.clone();
    Some(row)
}

/// Metadata is text in Feast's message; the second of the last change has no place there.
fn metadata(record: &Record) -> Option<Row> {
    let fits = *record.key.name != *LAST_UPDATED && std::str::from_utf8(&record.body).is_ok();
    fits.then(|| timeless(record))
}

fn infra(record: &Record) -> Option<Row> {
    message::is_readable(Kind::Infra, &record.body).then(|| timeless(record))
}

/// A row of a message that says no time.
fn timeless(record: &Record) -> Row {
    Row {
        record: record.clone(),
        place: Place::Feast { stamp: 0 },
    }
}
