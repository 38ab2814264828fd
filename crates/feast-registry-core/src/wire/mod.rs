//! Protobuf messages as bytes: read a field, edit a field, compare, without decoding and without loss.
//!
//! Decoding a message and encoding it again destroys the fields this build does not know, which a newer Feast or
//! another writer put there. So objects stay serialized from the request to the row, and this module works on the bytes:
//!
//! * [`fields`] splits the top level of a message; all else is built on it.
//! * [`message`], [`string`], [`varint`] and their siblings read what lies at a path of field numbers.
//! * [`Patch`] edits what lies at paths and copies the rest verbatim.
//! * [`check()`] tells whether a message would decode.
//! * [`difference()`] leaves out what two messages have in common.
//! * [`canonical()`] gives equal messages equal bytes; it needs a [`Schema`], for bytes alone do not tell a map from
//!   a list, or a default from a value.
//!
//! Every function takes untrusted bytes: it answers a [`WireError`] instead of panicking, nests at most
//! [`MAX_DEPTH`] levels, and needs memory and time in proportion to its input.

mod canonical;
mod check;
mod cursor;
mod difference;
mod encode;
mod error;
mod field;
mod patch;
mod read;
mod schema;
#[cfg(test)]
mod tests;

pub use canonical::{CompiledForm, Form, canonical};
pub use check::check;
pub use difference::difference;
pub use encode::{put_len, put_tag, put_varint};
pub use error::{MAX_DEPTH, WireError};
pub(crate) use field::field_number;
pub use field::{Field, Fields, WireType, decode_varint, fields, validate};
pub use patch::Patch;
pub use read::{boolean, bytes, message, repeated, string, string_map, strings, timestamp, varint};
pub use schema::{Cardinality, FieldSchema, Kind, MessageId, Presence, Schema, SchemaError};
