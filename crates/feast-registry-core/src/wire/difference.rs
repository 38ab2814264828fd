//! What two messages do not have in common, so that comparing them costs what they differ in.

use super::error::MAX_DEPTH;
use super::schema::find;
use super::{
    Cardinality, Field, FieldSchema, Kind, MessageId, Schema, WireError, WireType, fields,
};
use crate::wire::encode::OpenField;

/// Fields of a message that need no second allocation: the specification of a view has about as many.
const FIELDS: usize = 32;

/// The parts of two messages that differ, each as a message of its own: whatever the form, their
/// [canonical](super::canonical()) bytes are equal if and only if those of the whole messages are.
///
/// Fields whose bytes are the same in both are left out, at every level. That is sound since the
/// canonical form of a field depends on the occurrences of this field only; where it depends on
/// others too, as among the members of a oneof, nothing is left out.
///
/// # Errors
/// When a message is malformed where the two differ, or at a level that leads there.
pub fn difference(
    schema: &Schema,
    message: MessageId,
    a: &[u8],
    b: &[u8],
) -> Result<(Vec<u8>, Vec<u8>), WireError> {
    // Room for all of it: growing bit by bit takes longer than everything else here.
    let mut rest = (Vec::with_capacity(a.len()), Vec::with_capacity(b.len()));
    put(schema, message, [a, b], &mut rest, 0)?;
    Ok(rest)
}

fn put(
    schema: &Schema,
    message: MessageId,
    pair: [&[u8]; 2],
    out: &mut (Vec<u8>, Vec<u8>),
    depth: usize,
) -> Result<(), WireError> {
    if depth > MAX_DEPTH {
        return Err(WireError::TooDeep);
    }
    let pair = [split(pair[0])?, split(pair[1])?];
    let known = schema.fields(message);
    if pair.iter().any(|side| sets_a_oneof_twice(known, side)) {
        copy(pair[0].iter(), &mut out.0);
        copy(pair[1].iter(), &mut out.1);
        return Ok(());
    }
    let middle = middle(&pair);
    let mut done: Vec<u32> = Vec::new();
    for number in middle.iter().copied().flatten().map(|field| field.number) {
        if done.contains(&number) {
            continue;
        }
        done.push(number);
        let field = find(known, number);
        // Of a list, only elements between equal beginnings and ends can differ; of everything
        // else, all occurrences decide together.
        let is_list = field.is_some_and(|field| field.cardinality == Cardinality::Repeated);
        let within = if is_list {
            &middle
        } else {
            &[&pair[0][..], &pair[1][..]]
        };
        let sides = [of(within[0], number), of(within[1], number)];
        match nested(field, &sides) {
            Some((message, inner)) => {
                let [a, b] = inner.map(<[u8]>::len);
                let opened = (
                    OpenField::open(number, a, &mut out.0),
                    OpenField::open(number, b, &mut out.1),
                );
                put(schema, message, inner, out, depth + 1)?;
                opened.0.close(&mut out.0);
                opened.1.close(&mut out.1);
            }
            None => {
                copy(sides[0].iter().copied(), &mut out.0);
                copy(sides[1].iter().copied(), &mut out.1);
            }
        }
    }
    Ok(())
}

fn split(message: &[u8]) -> Result<Vec<Field<'_>>, WireError> {
    let mut split = Vec::with_capacity(FIELDS);
    for field in fields(message) {
        split.push(field?);
    }
    Ok(split)
}

/// The fields between the longest equal beginning and the longest equal end.
fn middle<'m, 'a>(pair: &'m [Vec<Field<'a>>; 2]) -> [&'m [Field<'a>]; 2] {
    let [a, b] = pair;
    let same = |(a, b): &(&Field<'_>, &Field<'_>)| a.raw == b.raw;
    let begin = a.iter().zip(b).take_while(same).count();
    let [a, b] = [&a[begin..], &b[begin..]];
    let end = a.iter().rev().zip(b.iter().rev()).take_while(same).count();
    [&a[..a.len() - end], &b[..b.len() - end]]
}

/// Whether which member of a oneof counts is a matter of order.
fn sets_a_oneof_twice(known: &[FieldSchema], message: &[Field<'_>]) -> bool {
    let members = message
        .iter()
        .filter(|field| find(known, field.number).is_some_and(|known| known.oneof.is_some()));
    members.take(2).count() == 2
}

fn of<'m, 'a>(message: &'m [Field<'a>], number: u32) -> Vec<&'m Field<'a>> {
    let mut of = Vec::with_capacity(message.len());
    of.extend(message.iter().filter(|field| field.number == number));
    of
}

/// The one message on each side, if the field has exactly one there.
fn nested<'a>(
    field: Option<&FieldSchema>,
    sides: &[Vec<&Field<'a>>; 2],
) -> Option<(MessageId, [&'a [u8]; 2])> {
    let Some(FieldSchema {
        kind: Kind::Message(message),
        cardinality,
        ..
    }) = field
    else {
        return None;
    };
    let [[a], [b]] = [&sides[0][..], &sides[1][..]] else {
        return None;
    };
    // The key of a map entry must stay in it.
    let whole = *cardinality == Cardinality::Map
        || a.wire_type != WireType::Len
        || b.wire_type != WireType::Len;
    (!whole).then_some((*message, [a.payload, b.payload]))
}

fn copy<'m, 'a: 'm>(fields: impl Iterator<Item = &'m Field<'a>>, out: &mut Vec<u8>) {
    for field in fields {
        out.extend_from_slice(field.raw);
    }
}
