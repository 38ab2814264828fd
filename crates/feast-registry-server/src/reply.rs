//! Answers, made of stored bytes.

use bytes::{BufMut, Bytes, BytesMut};
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
    objects: Vec<Record>,
    /// Where the page lies, until it is written after the objects.
    pagination: Option<PaginationMetadata>,
    /// Whether each object stands in an `AnyFeatureView`.
    any_view: bool,
    /// How many objects are written.
    written: usize,
}

impl Reply {
    /// `google.protobuf.Empty`.
    pub(crate) const EMPTY: Reply = Reply::Message(Bytes::new());

    /// A message that was made here.
    pub(crate) fn of(message: &impl Message) -> Self {
        Reply::Message(message.encode_to_vec().into())
    }

    /// A list of objects of one kind.
    pub(crate) fn list(objects: Vec<Record>, pagination: PaginationMetadata) -> Self {
        Reply::List(List {
            objects,
            pagination: Some(pagination),
            any_view: false,
            written: 0,
        })
    }

    /// A list of views of several kinds.
    pub(crate) fn views(objects: Vec<Record>, pagination: PaginationMetadata) -> Self {
        Reply::List(List {
            objects,
            pagination: Some(pagination),
            any_view: true,
            written: 0,
        })
    }

    /// The bytes of what is not written yet.
    pub(crate) fn encoded_len(&self) -> usize {
        match self {
            Reply::Message(message) => message.len(),
            Reply::List(list) => list.encoded_len(),
        }
    }

    /// Writes what comes next: about `size` bytes, or one object if that is larger.
    pub(crate) fn write(&mut self, out: &mut BytesMut, size: usize) {
        match self {
            Reply::Message(message) => {
                out.put_slice(&message.split_to(message.len().min(size)));
            }
            Reply::List(list) => list.write(out, size),
        }
    }
}

impl List {
    fn encoded_len(&self) -> usize {
        let objects = self.objects.iter().skip(self.written);
        let objects: usize = objects
            .map(|object| field_len(OBJECTS, self.element_len(object)))
            .sum();
        let pagination = self.pagination.as_ref();
        objects + pagination.map_or(0, |page| message::encoded_len(PAGINATION, page))
    }

    fn write(&mut self, out: &mut BytesMut, size: usize) {
        let begin = out.len();
        while let Some(object) = self.objects.get(self.written) {
            let length = self.element_len(object);
            let written = out.len() - begin;
            if written > 0 && written + field_len(OBJECTS, length) > size {
                return;
            }
            open_field(OBJECTS, length, out);
            if self.any_view {
                open_field(any_view_field(object.key.kind), object.body.len(), out);
            }
            out.put_slice(&object.body);
            self.written += 1;
        }
        if let Some(pagination) = self.pagination.take() {
            message::encode(PAGINATION, &pagination, out);
        }
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

#[cfg(test)]
mod tests {
    use feast_registry_core::Key;
    use feast_registry_proto::registry::{ListAllFeatureViewsResponse, ListEntitiesResponse};
    use proptest::prelude::*;

    use super::*;

    /// Everything that is written, in pieces.
    fn pieces(mut reply: Reply, size: usize) -> Vec<BytesMut> {
        let mut pieces = Vec::new();
        while reply.encoded_len() > 0 {
            let mut piece = BytesMut::new();
            reply.write(&mut piece, size);
            assert!(!piece.is_empty(), "it comes to an end");
            pieces.push(piece);
        }
        pieces
    }

    fn page(total_count: i32) -> PaginationMetadata {
        PaginationMetadata {
            total_count,
            ..Default::default()
        }
    }

    proptest! {
        #[test]
        fn the_pieces_are_the_message_that_prost_would_write(
            kind in prop::sample::select(&Kind::VIEWS),
            names in prop::collection::vec("[a-z]{1,40}", 0..30),
            size in 1_usize..300,
            any_view in any::<bool>(),
        ) {
            // A name is field 1 of field 1 in all of them.
            let body = |name: &String| {
                let mut spec = Vec::new();
                feast_registry_core::wire::put_len(1, name.as_bytes(), &mut spec);
                let mut body = Vec::new();
                feast_registry_core::wire::put_len(1, &spec, &mut body);
                body
            };
            let rows: Vec<Record> = names
                .iter()
                .map(|name| Record::new(Key::new(kind, "p", name.as_str()), body(name), 0))
                .collect();
            let total = rows.len() as i32;
            let reply = match any_view {
                true => Reply::views(rows, page(total)),
                false => Reply::list(rows, page(total)),
            };
            let length = reply.encoded_len();
            let pieces = pieces(reply, size);
            for piece in &pieces {
                // One object, however large, or as many as fit; then the page.
                prop_assert!(piece.len() <= size.max(70) + 20, "{}", piece.len());
            }
            let joined = pieces.concat();
            prop_assert_eq!(joined.len(), length);
            if any_view {
                let list = ListAllFeatureViewsResponse::decode(&*joined).expect("a list");
                prop_assert_eq!(list.feature_views.len(), names.len());
                prop_assert_eq!(list.encode_to_vec(), joined);
            } else {
                let list = ListEntitiesResponse::decode(&*joined).expect("a list");
                let found: Vec<String> = list
                    .entities
                    .iter()
                    .map(|entity| entity.spec.clone().unwrap_or_default().name)
                    .collect();
                prop_assert_eq!(found, names);
                prop_assert_eq!(list.pagination, Some(page(total)));
            }
        }

        #[test]
        fn a_message_is_cut_and_whole(bytes in prop::collection::vec(any::<u8>(), 0..500), size in 1_usize..100) {
            let joined = pieces(Reply::Message(bytes.clone().into()), size).concat();
            prop_assert_eq!(joined, bytes);
        }
    }
}
