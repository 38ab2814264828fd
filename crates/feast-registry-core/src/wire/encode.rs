use super::WireType;

/// The largest field number protobuf allows.
pub(super) const MAX_NUMBER: u32 = (1 << 29) - 1;

/// Writes a field's tag.
#[inline]
pub fn put_tag(number: u32, wire_type: WireType, out: &mut Vec<u8>) {
    put_varint(u64::from(number) << 3 | wire_type as u64, out);
}

/// Writes a base-128 number in as few bytes as it takes.
#[inline]
pub fn put_varint(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Writes a length-delimited field: a string, bytes or an embedded message.
#[inline]
pub fn put_len(number: u32, payload: &[u8], out: &mut Vec<u8>) {
    put_tag(number, WireType::Len, out);
    put_varint(payload.len() as u64, out);
    out.extend_from_slice(payload);
}

/// A length-delimited field whose payload is still being written.
///
/// The length stands before the payload but is known only after it. Room is left for a length like the expected one,
/// so that the payload is moved only if the guess was wrong by a power of 128, and never built in a buffer of its own.
#[must_use = "the length is written by `close`"]
#[derive(Debug)]
pub(super) struct OpenField {
    length_at: usize,
    width: usize,
}

impl OpenField {
    #[inline]
    pub(super) fn open(number: u32, expected: usize, out: &mut Vec<u8>) -> Self {
        put_tag(number, WireType::Len, out);
        let length_at = out.len();
        put_varint(expected as u64, out);
        Self {
            length_at,
            width: out.len() - length_at,
        }
    }

    /// Writes the length of all that was added to `out` since [`Self::open`]; answers where the payload begins.
    pub(super) fn close(self, out: &mut Vec<u8>) -> usize {
        let length = out.len().saturating_sub(self.length_at + self.width);
        let width = varint_width(length);
        if width != self.width {
            let room = self.length_at..self.length_at + self.width;
            out.splice(room, std::iter::repeat_n(0, width));
        }
        overwrite_varint(length, out.iter_mut().skip(self.length_at).take(width));
        self.length_at + width
    }
}

fn overwrite_varint<'a>(mut value: usize, bytes: impl Iterator<Item = &'a mut u8>) {
    for byte in bytes {
        let more = if value >= 0x80 { 0x80 } else { 0 };
        *byte = (value & 0x7f) as u8 | more;
        value >>= 7;
    }
}

/// How many bytes [`put_varint`] takes for `value`.
fn varint_width(value: usize) -> usize {
    let bits = usize::BITS - value.leading_zeros();
    bits.max(1).div_ceil(7) as usize
}
