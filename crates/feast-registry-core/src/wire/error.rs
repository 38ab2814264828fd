use thiserror::Error;

/// How deep messages and groups may nest before reading stops.
///
/// The same number as in prost and in Python's protobuf: what lies deeper could not be decoded there either.
pub const MAX_DEPTH: usize = 100;

/// Why bytes are not a protobuf message.
///
/// Offsets count from the start of the message that was being read, which may lie inside another one.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum WireError {
    /// The bytes end before the value that was begun.
    #[error("the message ends inside a {what} that begins at byte {offset}")]
    Truncated {
        /// What was being read.
        what: &'static str,
        /// Where it begins.
        offset: usize,
    },
    /// A tag whose field number is 0 or above 2^29 - 1.
    #[error("the tag at byte {offset} has field number {number}, allowed are 1 to 536870911")]
    BadTag {
        /// The number as it was read.
        number: u64,
        /// Where the tag begins.
        offset: usize,
    },
    /// A tag whose wire type does not exist.
    #[error("the tag at byte {offset} has wire type {wire_type}, which does not exist")]
    BadWireType {
        /// The lowest three bits of the tag.
        wire_type: u8,
        /// Where the tag begins.
        offset: usize,
    },
    /// The end of a group that is not the innermost open one.
    #[error("the tag at byte {offset} ends group {number}, which is not open there")]
    StrayEndGroup {
        /// The field number of the end tag.
        number: u32,
        /// Where the tag begins.
        offset: usize,
    },
    /// A varint that does not fit in 64 bits.
    #[error("the varint at byte {offset} is longer than 64 bits")]
    VarintTooLong {
        /// Where the varint begins.
        offset: usize,
    },
    /// Messages or groups that nest deeper than [`MAX_DEPTH`].
    #[error("messages nest deeper than {MAX_DEPTH} levels")]
    TooDeep,
    /// A known field that stands on the wire like one of another type.
    #[error("field {number} has wire type {wire_type}, which is not its own")]
    WrongWireType {
        /// The field's number.
        number: u32,
        /// The lowest three bits of its tag.
        wire_type: u8,
    },
    /// A string field whose bytes are not UTF-8.
    #[error("string field {number} is not UTF-8 from its byte {offset} on")]
    NotUtf8 {
        /// The field's number.
        number: u32,
        /// The first byte of the string that is not text.
        offset: usize,
    },
}
