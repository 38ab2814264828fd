//! Whether bytes would decode, without decoding them.

use super::canonical::read_number;
use super::cursor::Cursor;
use super::error::MAX_DEPTH;
use super::schema::find;
use super::{FieldSchema, Kind, MessageId, Schema, WireError, WireType, fields};

/// Checks that bytes decode as a message: every known field has its own wire type, strings are
/// UTF-8, and nothing nests deeper than [`MAX_DEPTH`](super::MAX_DEPTH). What prost and Python's protobuf refuse is
/// refused here, at a fraction of the cost and without allocation.
///
/// # Errors
/// The first thing that a decoder would stumble over.
pub fn check(schema: &Schema, message: MessageId, bytes: &[u8]) -> Result<(), WireError> {
    check_message(schema, message, bytes, 0)
}

fn check_message(
    schema: &Schema,
    message: MessageId,
    bytes: &[u8],
    depth: usize,
) -> Result<(), WireError> {
    if depth > MAX_DEPTH {
        return Err(WireError::TooDeep);
    }
    let known = schema.fields(message);
    for field in fields(bytes) {
        let field = field?;
        let Some(known) = find(known, field.number) else {
            continue;
        };
        if !known.accepts(field.wire_type) {
            return Err(WireError::WrongWireType {
                number: field.number,
                wire_type: field.wire_type as u8,
            });
        }
        if field.wire_type == WireType::Len {
            check_value(schema, known, field.payload, depth)?;
        }
    }
    Ok(())
}

fn check_value(
    schema: &Schema,
    field: &FieldSchema,
    payload: &[u8],
    depth: usize,
) -> Result<(), WireError> {
    match field.kind {
        Kind::Message(inner) => check_message(schema, inner, payload, depth + 1),
        Kind::Bytes => Ok(()),
        Kind::String => match std::str::from_utf8(payload) {
            Ok(_) => Ok(()),
            Err(error) => Err(WireError::NotUtf8 {
                number: field.number,
                offset: error.valid_up_to(),
            }),
        },
        packed => {
            let mut numbers = Cursor::new(payload);
            while !numbers.is_at_end() {
                read_number(packed, &mut numbers)?;
            }
            Ok(())
        }
    }
}
