use super::super::{Form, MAX_DEPTH, WireError};
use super::sample::{self, *};
use super::{Builder, message};

fn canonical(message: Builder) -> Vec<u8> {
    sample::canonical_sample(&message.done(), &Form::default()).unwrap()
}

fn entry(key: &str, value: &str) -> Builder {
    message().string(1, key).string(2, value)
}

#[test]
fn fields_stand_by_number_and_unknown_ones_last() {
    let shuffled = message()
        .string(UNKNOWN, "?")
        .string(NAME, "n")
        .string(5, "wrong type")
        .varint(SMALL, 1);
    let sorted = message()
        .varint(SMALL, 1)
        .string(NAME, "n")
        .string(5, "wrong type")
        .string(UNKNOWN, "?");
    assert_eq!(canonical(shuffled), sorted.done());
}

#[test]
fn the_last_scalar_wins_and_an_implicit_default_is_absent() {
    let twice = message()
        .string(NAME, "a")
        .varint(SMALL, 3)
        .string(NAME, "b")
        .varint(SMALL, 0);
    assert_eq!(canonical(twice), message().string(NAME, "b").done());
    let explicit = message().varint(MAYBE, 0).string(TEXT, "");
    assert_eq!(
        canonical(explicit.clone()),
        message().string(TEXT, "").varint(MAYBE, 0).done()
    );
}

#[test]
fn numbers_are_cut_as_decoders_cut_them() {
    let wide = 0xffff_ffff_u64;
    let cut = message()
        .varint(FLAG, 5)
        .varint(SMALL, wide)
        .varint(COUNT, wide << 4)
        .varint(MODE, 1 << 32);
    let plain = message()
        .varint(FLAG, 1)
        .varint(SMALL, u64::MAX)
        .varint(COUNT, 0xffff_fff0);
    assert_eq!(canonical(cut), plain.done());
    let needlessly_long = message().raw(&[0x90, 0x00, 0x81, 0x80, 0x00]);
    assert_eq!(
        canonical(needlessly_long),
        message().varint(SMALL, 1).done()
    );
}

#[test]
fn negative_zero_is_not_the_default() {
    let bytes = message().fixed64(RATIO, (-0.0_f64).to_bits());
    assert_eq!(canonical(bytes.clone()), bytes.done());
    assert_eq!(canonical(message().fixed64(RATIO, 0)), [0_u8; 0]);
}

#[test]
fn a_split_message_is_merged() {
    let first = message()
        .string(NAME, "a")
        .embed(CHILD, message().varint(SMALL, 1));
    let second = message()
        .string(NAME, "b")
        .embed(CHILD, message().varint(COUNT, 2));
    let merged = message()
        .string(NAME, "b")
        .embed(CHILD, message().varint(SMALL, 1).varint(COUNT, 2));
    let split = message().embed(CHILD, first).embed(CHILD, second);
    assert_eq!(canonical(split), message().embed(CHILD, merged).done());
}

#[test]
fn of_a_oneof_the_member_set_last_stays_from_where_it_was_set() {
    let name = |name| message().string(NAME, name);
    let replaced = message()
        .embed(INNER, name("lost"))
        .string(TEXT, "t")
        .varint(WHOLE, 0);
    assert_eq!(canonical(replaced), message().varint(WHOLE, 0).done());

    let again = message()
        .embed(INNER, name("lost"))
        .string(TEXT, "t")
        .embed(INNER, message().varint(SMALL, 1));
    let merged = name("n").varint(SMALL, 1).done();
    let merged = canonical(message().raw(&merged));
    assert_eq!(
        canonical(again.embed(INNER, name("n"))),
        message().len(INNER, &merged).done()
    );
}

#[test]
fn packed_and_single_numbers_are_the_same() {
    let mixed = message()
        .varint(NUMBERS, 1)
        .len(NUMBERS, &[2, 0x83, 0x00])
        .varint(NUMBERS, 4)
        .len(NUMBERS, &[]);
    assert_eq!(
        canonical(mixed),
        message().len(NUMBERS, &[1, 2, 3, 4]).done()
    );
    let wides = message().fixed64(WIDES, 1).fixed64(WIDES, 0);
    let packed = [1_u64.to_le_bytes(), 0_u64.to_le_bytes()].concat();
    assert_eq!(canonical(wides), message().len(WIDES, &packed).done());
    assert_eq!(canonical(message().len(NUMBERS, &[])), [0_u8; 0]);
}

#[test]
fn map_entries_stand_by_key_the_last_wins_and_both_parts_are_written() {
    let bytes = message()
        .embed(TAGS, entry("b", "2"))
        .embed(TAGS, message().string(1, "c"));
    let bytes = bytes
        .embed(TAGS, message().string(2, "0"))
        .embed(TAGS, entry("b", "3").varint(9, 9));
    let sorted = message()
        .embed(TAGS, entry("", "0"))
        .embed(TAGS, entry("b", "3"))
        .embed(TAGS, entry("c", ""));
    assert_eq!(canonical(bytes), sorted.done());

    let node = message().embed(
        NODES,
        message().varint(1, 0).embed(2, message().varint(SMALL, 0)),
    );
    let full = message().embed(NODES, message().varint(1, 0).embed(2, message()));
    assert_eq!(canonical(node), full.clone().done());
    assert_eq!(canonical(message().embed(NODES, message())), full.done());
}

#[test]
fn messages_nest_up_to_the_limit() {
    let nested = |depth| {
        (0..depth)
            .fold(message(), |inside, _| message().embed(CHILD, inside))
            .done()
    };
    let form = Form::default();
    assert_eq!(
        canonical_sample(&nested(MAX_DEPTH), &form),
        Ok(nested(MAX_DEPTH))
    );
    let too_deep = canonical_sample(&nested(MAX_DEPTH + 1), &form);
    assert_eq!(too_deep, Err(WireError::TooDeep));
}

#[test]
fn nesting_does_not_multiply_work() {
    // Each level is split in two and out of order: an algorithm that tries twice per level would never end.
    let mut bytes = message();
    for _ in 0..MAX_DEPTH {
        bytes = message()
            .embed(CHILD, bytes)
            .string(BLOB, "b")
            .embed(CHILD, message().varint(SMALL, 1));
    }
    assert!(canonical_sample(&bytes.done(), &Form::default()).is_ok());
}
