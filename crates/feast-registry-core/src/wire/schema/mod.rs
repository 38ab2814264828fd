//! What the bytes of a message do not tell about its fields.

mod load;

use std::collections::HashMap;

use prost::Message as _;
use prost_types::FileDescriptorSet;
use thiserror::Error;

use super::WireType;

/// The fields of every message of a descriptor set, in the little that [`canonical`](super::canonical()) asks of them.
#[derive(Clone, Debug, Default)]
pub struct Schema {
    messages: Vec<MessageSchema>,
    ids: HashMap<String, MessageId>,
}

/// A message of the [`Schema`] that gave the id out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MessageId(u32);

#[derive(Clone, Debug)]
pub(super) struct MessageSchema {
    name: String,
    fields: Vec<FieldSchema>,
}

/// One field of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FieldSchema {
    /// The field number.
    pub number: u32,
    /// What a value of it is.
    pub kind: Kind,
    /// How many values it has.
    pub cardinality: Cardinality,
    /// Whether a default value is the same as none.
    pub presence: Presence,
    /// Which oneof of its message it is a member of.
    pub oneof: Option<u32>,
    /// That of `kind`, kept because it is asked for with each field that is read.
    wire_type: WireType,
}

/// The types of protobuf, told apart as far as two encodings of one value can differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A varint of which only "is it 0" counts.
    Bool,
    /// `int32` and enums: the lowest 32 bits of a varint, with sign.
    Int32,
    /// `uint32` and `sint32`: the lowest 32 bits of a varint, without sign.
    Uint32,
    /// `int64`, `uint64` and `sint64`: all of a varint.
    Int64,
    /// `fixed32`, `sfixed32` and `float`.
    Fixed32,
    /// `fixed64`, `sfixed64` and `double`.
    Fixed64,
    /// `string`; that it is UTF-8 is not checked.
    String,
    /// `bytes`.
    Bytes,
    /// An embedded message, or the entry of a map: key 1, value 2.
    Message(MessageId),
}

/// How many values a field has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cardinality {
    /// At most one.
    Singular,
    /// Any number, in an order that counts.
    Repeated,
    /// Any number of entries with different keys, in no order.
    Map,
}

/// Whether a singular field that holds its default differs from one that is absent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// It does not: the scalars of proto3.
    Implicit,
    /// It does: messages, `optional` fields, members of a oneof.
    Explicit,
}

/// Why a descriptor set does not give a [`Schema`].
#[derive(Clone, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum SchemaError {
    /// The bytes are not a `google.protobuf.FileDescriptorSet`.
    #[error("not a descriptor set")]
    Decode(#[from] prost::DecodeError),
    /// A file of an edition, or of a syntax yet unknown, whose defaults are not known here.
    #[error("{file} has syntax {syntax}, known are proto2 and proto3")]
    Syntax {
        /// The file's name.
        file: String,
        /// The syntax it declares.
        syntax: String,
    },
    /// A field whose number or type is missing or out of range.
    #[error("field {field} of {message} has no valid number and type")]
    Field {
        /// The message that holds the field.
        message: String,
        /// The field's name.
        field: String,
    },
    /// A field of a message type that the set does not hold: it was made without the imported files.
    #[error("{message} refers to {type_name}, which is not in the descriptor set")]
    UnknownType {
        /// The message that holds the field.
        message: String,
        /// The type that is missing.
        type_name: String,
    },
}

impl Schema {
    /// Reads a serialized `google.protobuf.FileDescriptorSet` that holds its imports too.
    ///
    /// # Errors
    /// When the bytes are no such set, or it is not complete, or not of proto2 or proto3.
    pub fn from_descriptor_set(bytes: &[u8]) -> Result<Self, SchemaError> {
        load::load(&FileDescriptorSet::decode(bytes)?)
    }

    /// The message with this full name, as in `feast.core.FeatureView`.
    pub fn message(&self, name: &str) -> Option<MessageId> {
        self.ids.get(name).copied()
    }

    /// The full name of a message; empty for an id of another schema.
    pub fn name(&self, message: MessageId) -> &str {
        self.get(message).map_or("", |message| &message.name)
    }

    /// The fields of a message by ascending number; none for an id of another schema.
    pub fn fields(&self, message: MessageId) -> &[FieldSchema] {
        self.get(message).map_or(&[], |message| &message.fields)
    }

    /// The field of a message with this number.
    #[inline]
    pub fn field(&self, message: MessageId, number: u32) -> Option<&FieldSchema> {
        find(self.fields(message), number)
    }

    #[inline]
    fn get(&self, message: MessageId) -> Option<&MessageSchema> {
        self.messages.get(message.0 as usize)
    }
}

/// The field with this number among those of a message.
#[inline]
pub(super) fn find(fields: &[FieldSchema], number: u32) -> Option<&FieldSchema> {
    // Most messages number their fields without gaps, and then the position is known.
    match fields.get(number.wrapping_sub(1) as usize) {
        Some(field) if field.number == number => Some(field),
        _ => {
            let index = fields
                .binary_search_by_key(&number, |field| field.number)
                .ok()?;
            fields.get(index)
        }
    }
}

impl FieldSchema {
    /// Whether the field can stand on the wire like this; else it is an unknown field that has its number.
    #[inline]
    pub(super) fn accepts(&self, wire_type: WireType) -> bool {
        let packed = wire_type == WireType::Len && self.cardinality == Cardinality::Repeated;
        packed || wire_type == self.wire_type
    }
}

impl Kind {
    /// How one value of this kind stands on the wire.
    #[inline]
    pub fn wire_type(self) -> WireType {
        match self {
            Self::Bool | Self::Int32 | Self::Uint32 | Self::Int64 => WireType::Varint,
            Self::Fixed32 => WireType::Fixed32,
            Self::Fixed64 => WireType::Fixed64,
            Self::String | Self::Bytes | Self::Message(_) => WireType::Len,
        }
    }
}
