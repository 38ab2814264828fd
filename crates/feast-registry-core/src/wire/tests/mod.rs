//! The wire module against hand-written messages, and against protobuf as prost-reflect knows it.

mod canonical;
mod difference;
mod fields;
mod form;
mod generated;
mod patch;
mod properties;
mod read;
mod reference;
mod sample;
mod schema;

use super::{WireType, put_len, put_tag, put_varint};

/// Writes a message by hand: `message().string(1, "a").varint(2, 7).done()`.
#[derive(Clone, Debug, Default)]
struct Builder(Vec<u8>);

fn message() -> Builder {
    Builder::default()
}

impl Builder {
    fn varint(mut self, number: u32, value: u64) -> Self {
        put_tag(number, WireType::Varint, &mut self.0);
        put_varint(value, &mut self.0);
        self
    }

    fn string(self, number: u32, value: &str) -> Self {
        self.len(number, value.as_bytes())
    }

    fn embed(self, number: u32, inner: Self) -> Self {
        self.len(number, &inner.0)
    }

    fn len(mut self, number: u32, payload: &[u8]) -> Self {
        put_len(number, payload, &mut self.0);
        self
    }

    fn fixed64(mut self, number: u32, value: u64) -> Self {
        put_tag(number, WireType::Fixed64, &mut self.0);
        self.raw(&value.to_le_bytes())
    }

    fn fixed32(mut self, number: u32, value: u32) -> Self {
        put_tag(number, WireType::Fixed32, &mut self.0);
        self.raw(&value.to_le_bytes())
    }

    fn group(mut self, number: u32, inside: Self) -> Self {
        put_tag(number, WireType::StartGroup, &mut self.0);
        let mut closed = self.raw(&inside.0);
        put_tag(number, WireType::EndGroup, &mut closed.0);
        closed
    }

    fn raw(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self
    }

    fn done(self) -> Vec<u8> {
        self.0
    }
}
