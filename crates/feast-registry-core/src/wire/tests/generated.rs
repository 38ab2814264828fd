//! Random samples as trees, so that they can be changed in ways that keep them well-formed.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::sample::*;
use super::{Builder, message};

/// A field of a sample.
#[derive(Clone, Debug)]
pub(super) enum Piece {
    Varint(u32, u64),
    Fixed32(u32, u32),
    Fixed64(u32, u64),
    Len(u32, Vec<u8>),
    Message(u32, Vec<Piece>),
}

/// A change to one field, here or deeper.
#[derive(Clone, Debug)]
pub(super) enum Change {
    Swap(Index, Index),
    Remove(Index),
    Repeat(Index),
    Split(Index, Index),
    Nudge(Index),
    Inside(Index, Box<Change>),
}

pub(super) fn sample() -> impl Strategy<Value = Vec<Piece>> {
    let leaf = prop_oneof![
        (
            select(
                &[
                    FLAG, SMALL, COUNT, ZIGZAG, MODE, NUMBERS, WHOLE, MAYBE, UNKNOWN
                ][..]
            ),
            varint()
        )
            .prop_map(|(number, value)| Piece::Varint(number, value)),
        (select(&[NAME, BLOB, WORDS, TEXT, UNKNOWN][..]), "[ab]{0,2}")
            .prop_map(|(number, text)| Piece::Len(number, text.into_bytes())),
        vec(0_u8..4, 0..3).prop_map(|numbers| Piece::Len(NUMBERS, numbers)),
        (select(&[WORD, UNKNOWN][..]), 0_u32..3)
            .prop_map(|(number, value)| Piece::Fixed32(number, value)),
        (select(&[RATIO, WIDES, UNKNOWN][..]), 0_u64..3)
            .prop_map(|(number, value)| Piece::Fixed64(number, value)),
        ("[ab]?", "[ab]?")
            .prop_map(|(key, value)| Piece::Message(TAGS, vec![text(1, key), text(2, value)])),
    ];
    let pieces = vec(leaf, 0..6);
    pieces.prop_recursive(3, 40, 4, |inner| {
        let embedded = (select(&[CHILD, ITEMS, INNER][..]), inner.clone())
            .prop_map(|(number, pieces)| Piece::Message(number, pieces));
        let node = (0_u64..3, inner.clone()).prop_map(|(key, value)| {
            Piece::Message(NODES, vec![Piece::Varint(1, key), Piece::Message(2, value)])
        });
        let nested = vec(prop_oneof![3 => embedded, 1 => node], 0..4);
        (inner, nested, any::<Index>()).prop_map(|(mut pieces, nested, at)| {
            let at = at.index(pieces.len() + 1);
            pieces.splice(at..at, nested);
            pieces
        })
    })
}

fn varint() -> impl Strategy<Value = u64> {
    prop_oneof![0_u64..3, Just(u64::MAX), Just(0xffff_ffff), Just(1 << 32)]
}

fn text(number: u32, text: String) -> Piece {
    Piece::Len(number, text.into_bytes())
}

pub(super) fn change() -> impl Strategy<Value = Change> {
    let index = any::<Index>;
    let here = prop_oneof![
        3 => (index(), index()).prop_map(|(one, other)| Change::Swap(one, other)),
        1 => index().prop_map(Change::Remove),
        1 => index().prop_map(Change::Repeat),
        2 => (index(), index()).prop_map(|(piece, at)| Change::Split(piece, at)),
        1 => index().prop_map(Change::Nudge),
    ];
    here.prop_recursive(3, 4, 1, move |deeper| {
        (index(), deeper).prop_map(|(piece, change)| Change::Inside(piece, Box::new(change)))
    })
}

impl Change {
    pub(super) fn apply(&self, pieces: &mut Vec<Piece>) {
        if pieces.is_empty() {
            return;
        }
        let length = pieces.len();
        match self {
            Self::Swap(one, other) => pieces.swap(one.index(length), other.index(length)),
            Self::Remove(at) => drop(pieces.remove(at.index(length))),
            Self::Repeat(at) => pieces.push(pieces[at.index(length)].clone()),
            Self::Split(at, middle) => split(pieces, at.index(length), middle),
            Self::Nudge(at) => pieces[at.index(length)].nudge(),
            Self::Inside(at, change) => match &mut pieces[at.index(length)] {
                Piece::Message(_, pieces) => change.apply(pieces),
                _ => change.apply(pieces),
            },
        }
    }
}

/// Makes two fields of one, which is the same message for singular messages and packed numbers only.
fn split(pieces: &mut Vec<Piece>, at: usize, middle: &Index) {
    let second = match &mut pieces[at] {
        Piece::Message(number, inner) => {
            Piece::Message(*number, inner.split_off(middle.index(inner.len() + 1)))
        }
        Piece::Len(NUMBERS, packed) => match packed.pop() {
            Some(last) => Piece::Varint(NUMBERS, u64::from(last)),
            None => return,
        },
        _ => return,
    };
    pieces.insert(at + 1, second);
}

impl Piece {
    fn nudge(&mut self) {
        match self {
            Self::Varint(_, value) => *value ^= 1,
            Self::Fixed32(_, value) => *value ^= 1,
            Self::Fixed64(_, value) => *value ^= 1,
            Self::Len(_, bytes) => bytes.push(b'a'),
            Self::Message(_, pieces) => pieces.push(text(UNKNOWN, "new".to_owned())),
        }
    }
}

pub(super) fn encode(pieces: &[Piece]) -> Vec<u8> {
    build(pieces).done()
}

fn build(pieces: &[Piece]) -> Builder {
    pieces.iter().fold(message(), |all, piece| match piece {
        Piece::Varint(number, value) => all.varint(*number, *value),
        Piece::Fixed32(number, value) => all.fixed32(*number, *value),
        Piece::Fixed64(number, value) => all.fixed64(*number, *value),
        Piece::Len(number, bytes) => all.len(*number, bytes),
        Piece::Message(number, pieces) => all.embed(*number, build(pieces)),
    })
}
