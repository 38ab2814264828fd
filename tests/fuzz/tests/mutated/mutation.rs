//! Changes of bytes.

use proptest::prelude::*;
use proptest::sample::Index;

/// One change of bytes.
#[derive(Clone, Debug)]
pub(crate) enum Mutation {
    Set(Index, u8),
    Flip(Index, u8),
    Insert(Index, Vec<u8>),
    Remove(Index, usize),
    Repeat(Index, usize, usize),
    Cut(Index),
}

impl Mutation {
    pub(crate) fn apply(&self, bytes: &mut Vec<u8>) {
        let place = |at: &Index, bytes: &[u8]| at.index(bytes.len().max(1)).min(bytes.len());
        let part = |at: &Index, length: usize, bytes: &[u8]| {
            let begin = place(at, bytes);
            begin..(begin + length).min(bytes.len())
        };
        match self {
            Mutation::Set(at, byte) => {
                let at = place(at, bytes);
                bytes
                    .get_mut(at)
                    .into_iter()
                    .for_each(|there| *there = *byte);
            }
            Mutation::Flip(at, bit) => {
                let at = place(at, bytes);
                bytes
                    .get_mut(at)
                    .into_iter()
                    .for_each(|there| *there ^= 1 << (bit % 8));
            }
            Mutation::Insert(at, new) => {
                let at = place(at, bytes);
                bytes.splice(at..at, new.iter().copied());
            }
            Mutation::Remove(at, length) => {
                bytes.drain(part(at, *length, bytes));
            }
            Mutation::Repeat(at, length, times) => {
                let range = part(at, *length, bytes);
                let again = bytes[range.clone()].repeat(*times);
                bytes.splice(range.end..range.end, again);
            }
            Mutation::Cut(at) => bytes.truncate(place(at, bytes)),
        }
    }
}

pub(crate) fn mutation() -> impl Strategy<Value = Mutation> {
    let at = any::<Index>;
    prop_oneof![
        (at(), any::<u8>()).prop_map(|(at, byte)| Mutation::Set(at, byte)),
        (at(), any::<u8>()).prop_map(|(at, bit)| Mutation::Flip(at, bit)),
        (at(), proptest::collection::vec(any::<u8>(), 1..12))
            .prop_map(|(at, new)| Mutation::Insert(at, new)),
        (at(), 1..32_usize).prop_map(|(at, length)| Mutation::Remove(at, length)),
        (at(), 1..64_usize, 1..40_usize)
            .prop_map(|(at, length, times)| Mutation::Repeat(at, length, times)),
        at().prop_map(Mutation::Cut),
    ]
}
