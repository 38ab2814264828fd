use super::super::cursor::Cursor;
use super::super::{Kind, WireError, WireType, put_varint};

/// Reads a number of this kind; of two encodings of one number the answer is the same.
#[inline]
pub(in crate::wire) fn read(kind: Kind, cursor: &mut Cursor<'_>) -> Result<u64, WireError> {
    match kind {
        Kind::Fixed32 => cursor.take(4, "fixed32").map(little_endian),
        Kind::Fixed64 => cursor.take(8, "fixed64").map(little_endian),
        _ => cursor.varint().map(|value| cut(kind, value)),
    }
}

/// Writes a number as [`read`] gave it.
#[inline]
pub(super) fn put(kind: Kind, value: u64, out: &mut Vec<u8>) {
    match kind {
        Kind::Fixed32 => out.extend_from_slice(&(value as u32).to_le_bytes()),
        Kind::Fixed64 => out.extend_from_slice(&value.to_le_bytes()),
        _ => put_varint(value, out),
    }
}

/// The payload of a value that is the default of this kind.
pub(super) fn zero(kind: Kind) -> &'static [u8] {
    match kind.wire_type() {
        WireType::Len => &[],
        _ => &[0; 8],
    }
}

/// What a decoder keeps of a varint. A negative `int32` is written with the sign in all 64 bits.
#[inline]
fn cut(kind: Kind, value: u64) -> u64 {
    match kind {
        Kind::Bool => u64::from(value != 0),
        Kind::Int32 => i64::from(value as i32) as u64,
        Kind::Uint32 => u64::from(value as u32),
        _ => value,
    }
}

fn little_endian(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .rev()
        .fold(0, |value, &byte| value << 8 | u64::from(byte))
}
