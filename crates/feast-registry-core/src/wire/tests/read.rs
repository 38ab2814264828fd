use std::borrow::Cow;

use prost_types::Timestamp;

use super::super::{
    WireError, boolean, bytes, repeated, string, string_map, strings, timestamp, varint,
};
use super::{super as wire, message};

#[test]
fn a_message_in_one_piece_is_borrowed_and_in_several_is_joined() {
    let one = message().embed(1, message().string(2, "a")).done();
    assert!(matches!(
        wire::message(&one, &[1]),
        Ok(Some(Cow::Borrowed(_)))
    ));

    let first = message().embed(1, message().embed(3, message().varint(1, 1)));
    let split = first
        .embed(1, message().embed(3, message().varint(2, 2)))
        .done();
    let joined = message().varint(1, 1).varint(2, 2).done();
    assert_eq!(wire::message(&split, &[1, 3]), Ok(Some(Cow::Owned(joined))));
    assert_eq!(varint(&split, &[1, 3, 2]), Ok(Some(2)));
}

#[test]
fn the_last_scalar_wins() {
    let bytes = message()
        .string(1, "a")
        .varint(2, 1)
        .string(1, "b")
        .varint(2, 0)
        .done();
    assert_eq!(string(&bytes, &[1]).unwrap().as_deref(), Some("b"));
    assert_eq!(
        wire::bytes(&bytes, &[1]).unwrap().as_deref(),
        Some(b"b".as_slice())
    );
    assert_eq!(varint(&bytes, &[2]), Ok(Some(0)));
    assert_eq!(boolean(&bytes, &[2]), Ok(Some(false)));
}

#[test]
fn absent_and_of_another_wire_type_are_the_same() {
    let message = message().varint(1, 1).string(2, "text").done();
    assert_eq!(string(&message, &[1]), Ok(None));
    assert_eq!(varint(&message, &[2]), Ok(None));
    assert_eq!(bytes(&message, &[3]), Ok(None));
    assert_eq!(string(&message, &[3, 1]), Ok(None));
    assert_eq!(string(&message, &[]), Ok(None));
    assert_eq!(strings(&message, &[1]), Ok(vec![]));
}

#[test]
fn repeated_fields_keep_their_order() {
    let bytes = message().string(1, "b").varint(2, 1).string(1, "a").done();
    assert_eq!(repeated(&bytes, 1), Ok(vec![b"b".as_slice(), b"a"]));
    assert_eq!(
        strings(&bytes, &[1]),
        Ok(vec!["b".to_owned(), "a".to_owned()])
    );
}

#[test]
fn the_last_map_entry_of_a_key_wins_and_absent_parts_are_empty() {
    let entry = |key, value| message().string(1, key).string(2, value);
    let map = message()
        .embed(5, entry("k", "old"))
        .embed(5, message().string(2, "no key"));
    let bytes = message().embed(1, map.embed(5, entry("k", "new"))).done();
    let expected =
        [("", "no key"), ("k", "new")].map(|(key, value)| (key.to_owned(), value.to_owned()));
    assert_eq!(string_map(&bytes, &[1, 5]), Ok(expected.into()));
}

#[test]
fn timestamps_before_the_epoch_are_read() {
    let stamp = message().varint(1, -5_i64 as u64).varint(2, 7);
    let bytes = message().embed(2, stamp).embed(3, message()).done();
    assert_eq!(
        timestamp(&bytes, &[2]),
        Ok(Some(Timestamp {
            seconds: -5,
            nanos: 7
        }))
    );
    assert_eq!(timestamp(&bytes, &[3]), Ok(Some(Timestamp::default())));
    assert_eq!(timestamp(&bytes, &[4]), Ok(None));
}

#[test]
fn a_string_that_is_no_text_is_an_error() {
    let message = message().len(4, b"ab\xff").done();
    assert_eq!(
        string(&message, &[4]),
        Err(WireError::NotUtf8 {
            number: 4,
            offset: 2
        })
    );
}

#[test]
fn a_malformed_message_is_an_error_also_behind_the_field() {
    let message = message().string(1, "a").raw(&[0x07]).done();
    assert!(string(&message, &[1]).is_err());
}
