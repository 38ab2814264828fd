//! One byte string for each message, whatever bytes it arrived in.

mod elements;
mod messages;
mod number;
mod oneof;
mod scope;
mod values;
mod writer;

pub(super) use number::read as read_number;

use super::{MessageId, Schema, WireError};
use scope::{Node, Scope};
use writer::Writer;

/// Which parts of a message count in [`canonical()`], and how; the default is all of it, as protobuf compares.
///
/// Paths are field numbers from the top of the message; a step into a repeated field goes into each element, one into
/// a map leads to its entries, with the value as field 2. The empty path names nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Form<'a> {
    /// If there are any, only these fields count, with all that lies in them.
    pub only: &'a [&'a [u32]],
    /// These fields do not count.
    pub ignore: &'a [&'a [u32]],
    /// The order of the elements of these repeated fields does not count.
    pub sorted: &'a [&'a [u32]],
    /// These fields do not count in any message of the type, wherever it lies.
    pub ignore_within: &'a [(MessageId, u32)],
}

impl Form<'_> {
    /// The form, ready to be used for any number of messages.
    pub fn compile(&self) -> CompiledForm {
        CompiledForm {
            root: scope::root(self),
            ignore_within: self.ignore_within.to_vec(),
        }
    }
}

/// A [`Form`] whose paths need not be followed again for every message.
#[derive(Debug, Default)]
pub struct CompiledForm {
    root: Option<Box<Node>>,
    ignore_within: Vec<(MessageId, u32)>,
}

/// The canonical bytes of a message: two byte strings have the same ones if and only if they decode to equal messages
/// with equal unknown fields, whatever the order of fields and map entries.
///
/// * Known fields stand first, by number; a field that is split, packed or encoded at needless length is not any more.
/// * Of a singular scalar the last occurrence counts, and none that is the default where that is the same as absent.
///   A float that is negative zero is not the default. Integers of 32 bits are cut to them, as decoders do.
/// * Occurrences of a singular message are merged. Of a oneof the member that was set last stays.
/// * Repeated numbers are packed. With [`Form::sorted`], numbers stand by value, other elements by their bytes.
/// * Map entries stand by their key, the last one of a key stays, and key and value are always written. What else is in
///   an entry is dropped, as decoders do.
/// * Unknown fields stand last, by number, as they are; a known number with a wire type that is not its own is one.
///   With [`Form::only`], those beside the chosen fields are dropped.
/// * A singular message that [`Form::only`], [`Form::ignore`] or [`Form::ignore_within`] reaches into is dropped once nothing is left in it, so
///   that a `meta` of ignored stamps equals no `meta` at all.
///
/// Strings are compared as bytes. The result is itself a serialized message.
///
/// # Errors
/// When `bytes`, or what counts in it, is malformed or nests deeper than [`MAX_DEPTH`](super::MAX_DEPTH).
pub fn canonical(
    schema: &Schema,
    message: MessageId,
    bytes: &[u8],
    form: &CompiledForm,
) -> Result<Vec<u8>, WireError> {
    let mut writer = Writer::new(schema, &form.ignore_within, bytes.len());
    writer.message(message, &[bytes], Scope::new(form.root.as_deref()))?;
    Ok(writer.out)
}
