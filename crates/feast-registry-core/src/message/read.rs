//! A `Registry` message read field by field: memory for one object, however many there are.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read};
use std::sync::Arc;

use bytes::Bytes;

use super::split::{infra_row, split_field, version};
use super::{HISTORY, PROJECT_METADATA, SCHEMA_VERSION, UPDATED, VERSION_ID, kind_of_field};
use crate::wire::{self, WireType};
use crate::{Error, ErrorKind, Kind, Record, Result};

/// Bits of a varint at most.
const VARINT_BITS: u32 = 64;

const VARINT: u64 = WireType::Varint as u64;
const FIXED64: u64 = WireType::Fixed64 as u64;
const FIXED32: u64 = WireType::Fixed32 as u64;
const LEN: u64 = WireType::Len as u64;

/// The rows of a `Registry` message that is read from somewhere, in the order of the message.
///
/// A version history may be of several fields, as protobuf allows.
///
/// Infrastructure is left out: its field does not say of which project it is, see [`Overview`].
#[derive(Debug)]
pub struct Reader<R> {
    input: BufReader<R>,
    default_project: Option<Arc<str>>,
    /// Bytes that are left of the version history, while in it.
    history: u64,
    rows: std::vec::IntoIter<Record>,
    infra: Option<Bytes>,
    /// Whether anything in it is of a registry.
    known: bool,
}

impl<R: Read> Reader<R> {
    /// The rows in an input. An object that names no project belongs to `default_project`.
    pub fn new(input: R, default_project: Option<&str>) -> Self {
        Reader {
            input: BufReader::new(input),
            default_project: default_project.map(Arc::from),
            history: 0,
            rows: Vec::new().into_iter(),
            infra: None,
            known: false,
        }
    }

    /// The next row; `None` at the end.
    ///
    /// # Errors
    ///
    /// Those of [`split`](super::split()), and [`ErrorKind::Unavailable`] if the input fails.
    pub fn row(&mut self) -> Result<Option<Record>> {
        loop {
            if let Some(row) = self.rows.next() {
                return Ok(Some(row));
            }
            let Some((number, payload)) = self.field()? else {
                return Ok(None);
            };
            let mut rows = Vec::new();
            match (number, kind_of_field(number)) {
                (HISTORY, _) => rows.push(version(payload)?),
                (_, Some(Kind::Infra)) => self.infra = Some(payload),
                _ => split_field(number, payload, self.default_project.as_deref(), &mut rows)?,
            }
            self.rows = rows.into_iter();
        }
    }

    /// The next field with a payload; each record of the version history counts as one.
    fn field(&mut self) -> Result<Option<(u32, Bytes)>> {
        loop {
            if self.history == 0
                && self
                    .input
                    .fill_buf()
                    .map_err(|why| failed(&why))?
                    .is_empty()
            {
                return Ok(None);
            }
            let within = self.history > 0;
            let tag = self.varint()?;
            let number = wire::field_number(tag).ok_or_else(|| corrupt("a field has no number"))?;
            let Some(payload) = self.payload(number, tag, within)? else {
                continue;
            };
            self.known |= within || is_known(number);
            match (within, number) {
                (false, number) => return Ok(Some((number, payload))),
                (true, 1) => return Ok(Some((HISTORY, payload))),
                // A newer Feast may say more about the history as a whole.
                (true, _) => {}
            }
        }
    }

    /// The payload of a field whose tag was read; `None` if it has none, or the history begins.
    fn payload(&mut self, number: u32, tag: u64, within: bool) -> Result<Option<Bytes>> {
        match tag & 7 {
            VARINT => self.varint().map(|_| None),
            FIXED64 => self.bytes(8).map(|_| None),
            FIXED32 => self.bytes(4).map(|_| None),
            LEN => {
                let length = self.varint()?;
                if number == HISTORY && !within {
                    self.history = length;
                    return Ok(None);
                }
                self.bytes(length).map(Some)
            }
            _ => Err(corrupt("a field has a type that Feast does not use")),
        }
    }

    fn varint(&mut self) -> Result<u64> {
        let mut value = 0;
        for shift in (0..VARINT_BITS).step_by(7) {
            let mut byte = [0];
            self.input
                .read_exact(&mut byte)
                .map_err(|why| failed(&why))?;
            self.count(1)?;
            let [byte] = byte;
            // The tenth byte has room for the last bit only.
            if shift == VARINT_BITS - 1 && byte > 1 {
                break;
            }
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(corrupt("a number has too many bytes"))
    }

    /// So many bytes. What a damaged length asks for is not taken before it is there.
    fn bytes(&mut self, length: u64) -> Result<Bytes> {
        let mut bytes = Vec::new();
        let mut part = self.input.by_ref().take(length);
        let read = part.read_to_end(&mut bytes).map_err(|why| failed(&why))?;
        if read as u64 != length {
            return Err(corrupt("it ends within a field"));
        }
        self.count(length)?;
        Ok(bytes.into())
    }

    /// Notes that so many bytes were read.
    fn count(&mut self, bytes: u64) -> Result<()> {
        if self.history > 0 {
            let left = self.history.checked_sub(bytes);
            self.history = left.ok_or_else(|| corrupt("the version history ends within a row"))?;
        }
        Ok(())
    }
}

/// What is known of a `Registry` message once all of it was read.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Overview {
    /// How many rows there are, but for the infrastructure.
    pub rows: u64,
    /// Those about projects: the others are put in behind them.
    pub projects: Vec<Record>,
    /// The infrastructure.
    pub infra: Option<Record>,
}

impl Overview {
    /// Whether a row is among [`Overview::projects`]: a project, or metadata of one.
    pub fn is_about_project(row: &Record) -> bool {
        matches!(row.key.kind, Kind::Project | Kind::Metadata)
    }

    /// Reads a message to its end.
    ///
    /// Infrastructure belongs to `default_project`, else to the only project there is.
    ///
    /// # Errors
    ///
    /// Those of [`Reader::row`]; [`ErrorKind::Invalid`] if the owner of infrastructure is not
    /// known, and [`ErrorKind::Corrupt`] if nothing in it is of a registry.
    pub fn read(input: impl Read, default_project: Option<&str>) -> Result<Self> {
        let mut reader = Reader::new(input, default_project);
        let (mut rows, mut projects, mut names) = (0, Vec::new(), BTreeSet::new());
        while let Some(row) = reader.row()? {
            rows += 1;
            if !names.contains(&row.key.project) {
                names.insert(Arc::clone(&row.key.project));
            }
            if Overview::is_about_project(&row) {
                projects.push(row);
            }
        }
        if !reader.known {
            return Err(corrupt("it is a protobuf message, but no Feast registry"));
        }
        let infra = reader.infra.filter(|infra| !infra.is_empty());
        let infra = infra.map(|infra| infra_row(&names, infra, default_project));
        Ok(Overview {
            rows,
            projects,
            infra: infra.transpose()?,
        })
    }
}

fn is_known(number: u32) -> bool {
    let others = [SCHEMA_VERSION, VERSION_ID, UPDATED, PROJECT_METADATA];
    others.contains(&number) || kind_of_field(number).is_some()
}

fn corrupt(why: &str) -> Error {
    Error::corrupt("the registry", why)
}

fn failed(why: &std::io::Error) -> Error {
    if why.kind() == std::io::ErrorKind::UnexpectedEof {
        return corrupt("it ends within a field");
    }
    Error::new(ErrorKind::Unavailable, format!("cannot be read: {why}"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{join, split};
    use super::*;
    use crate::{Extra, Key, VersionExtra};

    /// A message with an object, infrastructure, history and metadata.
    fn message() -> Vec<u8> {
        let entity = |name: &str| {
            let mut spec = Vec::new();
            crate::wire::put_len(1, name.as_bytes(), &mut spec);
            crate::wire::put_len(9, b"p", &mut spec);
            let mut entity = Vec::new();
            crate::wire::put_len(1, &spec, &mut entity);
            Record::new(Key::new(Kind::Entity, "p", name), entity, 0)
        };
        let version = |number| Record {
            extra: Extra::Version(Box::new(VersionExtra {
                view_type: "feature_view".into(),
                version_id: "id".into(),
                description: String::new(),
            })),
            ..Record::new(Key::version("p", "v", number), vec![b'x'; 300], 5)
        };
        let mut object = Vec::new();
        crate::wire::put_len(1, b"o", &mut object);
        let rows = [
            entity("a"),
            entity("b"),
            version(0),
            version(1),
            Record::new(Key::infra("p"), object, 0),
            Record::new(Key::metadata("p", crate::PROJECT_UUID), "uuid", 0),
        ];
        join(&rows, "version", &prost_types::Timestamp::default())
            .unwrap()
            .message
    }

    fn read(bytes: &[u8]) -> Result<Vec<Record>> {
        let overview = Overview::read(bytes, None)?;
        let mut reader = Reader::new(bytes, None);
        let mut rows = Vec::new();
        while let Some(row) = reader.row()? {
            rows.push(row);
        }
        assert_eq!(overview.rows, rows.len() as u64);
        rows.extend(overview.infra);
        Ok(rows)
    }

    #[test]
    fn it_reads_what_split_reads() {
        let message = message();
        let rows = read(&message).unwrap();
        assert_eq!(rows.len(), 6);
        assert_eq!(rows, split(&message.into(), None).unwrap());
    }

    /// For protobuf such a field is one that nobody knows.
    #[test]
    fn a_number_where_an_object_belongs_is_passed_over() {
        let mut message = message();
        for (wire_type, value) in [(VARINT, &[7][..]), (FIXED64, &[7; 8]), (FIXED32, &[7; 4])] {
            for number in [1, u64::from(PROJECT_METADATA), u64::from(HISTORY)] {
                crate::wire::put_varint(number << 3 | wire_type, &mut message);
                message.extend(value);
            }
        }
        let rows = read(&message).unwrap();
        assert_eq!(rows.len(), 6);
        assert_eq!(rows, split(&message.into(), None).unwrap());
    }

    #[test]
    fn numbers_that_no_field_and_no_varint_has_are_refused() {
        for bad in [
            &b"\x02\x00"[..],
            b"\x82\x80\x80\x80\x10\x00",
            b"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02",
        ] {
            let message = [&message()[..], bad].concat();
            assert!(Overview::read(&message[..], None).is_err(), "{bad:x?}");
            assert!(split(&message.into(), None).is_err(), "{bad:x?}");
        }
    }

    #[test]
    fn a_message_that_is_cut_is_refused_before_its_rows_are_used() {
        let message = message();
        let ends = crate::wire::fields(&message).scan(0, |end, field| {
            *end += field.unwrap().raw.len();
            Some(*end)
        });
        let ends: Vec<usize> = ends.collect();
        for end in 1..message.len() {
            let whole = ends.contains(&end);
            assert_eq!(
                Overview::read(&message[..end], None).is_ok(),
                whole,
                "{end}"
            );
        }
    }

    #[test]
    fn what_is_no_registry_is_refused() {
        assert!(Overview::read(&b""[..], None).is_err());
        // Field 2 is unknown to registries.
        assert!(Overview::read(&b"\x12\x01\x00"[..], None).is_err());
        // A length that nobody could hold.
        assert!(Overview::read(&b"\x0a\xff\xff\xff\xff\xff\xff\xff\x7fx"[..], None).is_err());
    }

    proptest! {
        #[test]
        fn whatever_the_bytes_are_it_answers(
            mut bytes in proptest::collection::vec(any::<u8>(), 0..300),
        ) {
            let _ = Overview::read(&bytes[..], Some("p"));
            bytes.splice(0..0, [0x92, 0x01, 0x20]);
            let _ = Overview::read(&bytes[..], Some("p"));
        }
    }
}
