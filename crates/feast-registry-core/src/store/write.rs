//! What a transaction writes.

use bytes::Bytes;

use super::Range;
use crate::{Key, Record};

/// One write. A decision's writes happen together, in the given order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Write {
    /// A new row. That one with this key exists already is a conflict, never ignored.
    Insert(Record),
    /// New bytes and stamp for a row that `decide` read; everything else in the row stays. That
    /// the row is gone is a conflict.
    Update {
        /// The row.
        key: Key,
        /// Its new bytes.
        body: Bytes,
        /// Its new stamp, a Unix second.
        stamp: i64,
    },
    /// New user metadata and stamp for a view that `decide` read; the message stays.
    SetUserMetadata {
        /// The view.
        key: Key,
        /// The new user metadata.
        user_metadata: Bytes,
        /// Its new stamp, a Unix second.
        stamp: i64,
    },
    /// No row with this key any more, whether there was one or not.
    Delete(Key),
    /// No rows in this range any more.
    DeleteRange(Range),
}
