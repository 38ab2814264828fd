//! What a row says, whatever backend keeps it.

use std::borrow::Cow;
use std::fmt;

use sha2::{Digest as _, Sha256};

use crate::{Extra, Key, Kind, Record, message, rules};

/// What a row says, whatever backend keeps it: two rows are the same if their logical records are.
///
/// All of a row counts: its key, its message, the second of its last change, user metadata, what a
/// row of the version history says beside the message. What does not count is how the message is
/// written down: the order of its fields and map entries, and whether it repeats the project of
/// its key, which a registry file needs and a table does not. Bytes that are no message count as
/// they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogicalRecord<'a> {
    /// What identifies the row.
    pub key: &'a Key,
    /// The canonical bytes of its message, with its project; for metadata the text.
    pub body: Cow<'a, [u8]>,
    /// The second of its last change.
    pub stamp: i64,
    /// What only some kinds have.
    pub extra: &'a Extra,
}

impl<'a> LogicalRecord<'a> {
    /// What a row says.
    pub fn of(row: &'a Record) -> Self {
        LogicalRecord {
            key: &row.key,
            body: body(row),
            stamp: row.stamp,
            extra: &row.extra,
        }
    }

    /// A digest of all of it.
    pub fn digest(&self) -> Digest {
        let mut hasher = Hasher::new(self.key);
        hasher.number(self.stamp);
        hasher.bytes(&self.body);
        match self.extra {
            Extra::None => hasher.number(0),
            Extra::UserMetadata(bytes) => {
                hasher.number(1);
                hasher.bytes(bytes);
            }
            Extra::Version(version) => {
                hasher.number(2);
                hasher.bytes(version.view_type.as_bytes());
                hasher.bytes(version.version_id.as_bytes());
                hasher.bytes(version.description.as_bytes());
            }
        }
        hasher.finish()
    }
}

fn body(row: &Record) -> Cow<'_, [u8]> {
    let kind = match row.version() {
        Some(version) => Kind::from_history_type(&version.view_type),
        None => Some(row.key.kind).filter(|kind| *kind != Kind::Metadata),
    };
    let canonical = kind.and_then(|kind| {
        let body = message::with_project(row).ok()?;
        rules::canonical(kind, &body)
    });
    canonical.map_or(Cow::Borrowed(&row.body), Cow::Owned)
}

/// A SHA-256 digest. It tells apart what differs by accident; it is no signature.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Digest([u8; 32]);

impl Digest {
    /// The digest of what a row says.
    pub fn of(row: &Record) -> Self {
        LogicalRecord::of(row).digest()
    }

    /// The digest of a key alone.
    pub(super) fn of_key(key: &Key) -> Self {
        Hasher::new(key).finish()
    }

    /// Its first half: among the rows of a registry no less unique.
    pub(super) fn half(&self) -> u128 {
        self.halves()[0]
    }

    pub(super) fn halves(&self) -> [u128; 2] {
        let mut halves = [[0; 16]; 2];
        halves[0].copy_from_slice(&self.0[..16]);
        halves[1].copy_from_slice(&self.0[16..]);
        halves.map(u128::from_be_bytes)
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({self})")
    }
}

/// Hashes parts so that no two lists of parts are alike: each with its length.
struct Hasher(Sha256);

impl Hasher {
    fn new(key: &Key) -> Self {
        let mut hasher = Hasher(Sha256::new());
        hasher.bytes(key.kind.spec().table.as_bytes());
        hasher.bytes(key.project.as_bytes());
        hasher.bytes(key.name.as_bytes());
        hasher.number(key.number.into());
        hasher
    }

    fn number(&mut self, number: i64) {
        self.0.update(number.to_be_bytes());
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.0.update((bytes.len() as u64).to_be_bytes());
        self.0.update(bytes);
    }

    fn finish(self) -> Digest {
        Digest(self.0.finalize().into())
    }
}
