//! Answers, made of stored bytes.

use bytes::{BufMut, Bytes};
use prost::Message;
use prost::encoding::{WireType, encode_key, encode_varint, encoded_len_varint, key_len, message};

use feast_registry_core::{Kind, Record};
use feast_registry_proto::registry::PaginationMetadata;

/// In every list answer the objects are field 1, and where the page lies is field 2.
const OBJECTS: u32 = 1;
const PAGINATION: u32 = 2;

/// The answer to a call.
#[derive(Debug)]
pub(crate) enum Reply {
    /// One message, serialized.
    Message(Bytes),
    /// A list of stored objects.
    List(List),
}

/// A list of stored objects, which are written as they are.
#[derive(Debug)]
pub(crate) struct List {
    pub(crate) objects: Vec<Record>,
    pub(crate) pagination: PaginationMetadata,
    /// Whether each object stands in an `AnyFeatureView`.
    pub(crate) any_view: bool,
}

impl Reply {
    /// `google.protobuf.Empty`.
    pub(crate) const EMPTY: Reply = Reply::Message(Bytes::new());

    /// A message that was made here.
    pub(crate) fn of(message: &impl Message) -> Self {
        Reply::Message(message.encode_to_vec().into())
    }

    pub(crate) fn encoded_len(&self) -> usize {
        match self {
            Reply::Message(message) => message.len(),
            Reply::List(list) => list.encoded_len(),
        }
    }

    pub(crate) fn encode(&self, out: &mut impl BufMut) {
        match self {
            Reply::Message(message) => out.put_slice(message),
            Reply::List(list) => list.encode(out),
        }
    }
}

impl List {
    fn encoded_len(&self) -> usize {
        let objects = self.objects.iter();
        let objects: usize = objects
            .map(|object| field_len(OBJECTS, self.element_len(object)))
            .sum();
        objects + message::encoded_len(PAGINATION, &self.pagination)
    }

    fn encode(&self, out: &mut impl BufMut) {
        for object in &self.objects {
            open_field(OBJECTS, self.element_len(object), out);
            if self.any_view {
                open_field(any_view_field(object.key.kind), object.body.len(), out);
            }
            out.put_slice(&object.body);
        }
        message::encode(PAGINATION, &self.pagination, out);
    }

    fn element_len(&self, object: &Record) -> usize {
        if self.any_view {
            field_len(any_view_field(object.key.kind), object.body.len())
        } else {
            object.body.len()
        }
    }
}

/// The serialized `GetAnyFeatureViewResponse` about a view.
pub(crate) fn any_view(view: &Record) -> Reply {
    let field = any_view_field(view.key.kind);
    let inner = field_len(field, view.body.len());
    let mut out = Vec::with_capacity(field_len(OBJECTS, inner));
    open_field(OBJECTS, inner, &mut out);
    open_field(field, view.body.len(), &mut out);
    out.put_slice(&view.body);
    Reply::Message(out.into())
}

/// Where a view of this kind stands in `AnyFeatureView`. Only views are put there.
fn any_view_field(kind: Kind) -> u32 {
    match kind {
        Kind::OnDemandFeatureView => 2,
        Kind::StreamFeatureView => 3,
        Kind::LabelView => 4,
        _ => 1,
    }
}

fn field_len(number: u32, length: usize) -> usize {
    key_len(number) + encoded_len_varint(length as u64) + length
}

fn open_field(number: u32, length: usize, out: &mut impl BufMut) {
    encode_key(number, WireType::LengthDelimited, out);
    encode_varint(length as u64, out);
}
