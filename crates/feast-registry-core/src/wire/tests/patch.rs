use prost_types::Timestamp;

use super::super::{MAX_DEPTH, Patch, WireError, timestamp};
use super::message;

#[test]
fn a_set_field_stands_where_it_first_stood_and_the_rest_as_it_was() {
    let before = message()
        .string(9, "?")
        .string(1, "a")
        .varint(7, 7)
        .string(1, "b")
        .group(8, message());
    let after = message()
        .string(9, "?")
        .string(1, "new")
        .varint(7, 7)
        .group(8, message());
    let patch = Patch::default().set_string(&[1], "new");
    assert_eq!(patch.apply(&before.done()), Ok(after.done()));
}

#[test]
fn absent_messages_along_a_path_are_created() {
    let patch = Patch::default()
        .set_string(&[1, 2], "x")
        .set_varint(&[1, 3], 4)
        .set_varint(&[5], 6);
    let created = message()
        .embed(1, message().string(2, "x").varint(3, 4))
        .varint(5, 6);
    assert_eq!(patch.apply(&[]), Ok(created.done()));
}

#[test]
fn clearing_creates_nothing() {
    let patch = Patch::default()
        .clear(&[1, 2])
        .set_string(&[3, 4], "")
        .set_varint(&[5, 6, 7], 0);
    assert_eq!(patch.apply(&[]), Ok(vec![]));
}

#[test]
fn a_default_clears_a_scalar_but_an_empty_message_stays() {
    let before = message().string(1, "a").varint(2, 2).string(3, "c").done();
    let patch = Patch::default()
        .set_string(&[1], "")
        .set_varint(&[2], 0)
        .set_message(&[3], vec![]);
    assert_eq!(
        patch.apply(&before),
        Ok(message().embed(3, message()).done())
    );
}

#[test]
fn a_split_message_is_merged_into_its_first_place() {
    let before = message()
        .embed(1, message().varint(2, 2))
        .varint(9, 9)
        .embed(1, message().varint(3, 3));
    let merged = message().varint(2, 2).varint(3, 3).string(4, "d");
    let patch = Patch::default().set_string(&[1, 4], "d");
    assert_eq!(
        patch.apply(&before.done()),
        Ok(message().embed(1, merged).varint(9, 9).done())
    );
}

#[test]
fn appending_adds_an_element_without_looking_into_the_others() {
    let before = message()
        .embed(2, message().len(3, b"\xff not a message").varint(4, 4))
        .done();
    let holder = message()
        .len(3, b"\xff not a message")
        .varint(4, 4)
        .len(3, b"new");
    let patch = Patch::default().append_message(&[2, 3], b"new".as_slice());
    assert_eq!(patch.apply(&before), Ok(message().embed(2, holder).done()));
}

#[test]
fn replacing_a_repeated_field_keeps_its_place() {
    let before = message().string(1, "a").varint(2, 2).string(1, "b").done();
    let patch = Patch::default().replace_repeated(&[1], [b"x".as_slice(), b"y", b"z"]);
    let after = message()
        .string(1, "x")
        .string(1, "y")
        .string(1, "z")
        .varint(2, 2);
    assert_eq!(patch.apply(&before), Ok(after.done()));
}

#[test]
fn edits_follow_one_another() {
    let patch = Patch::default()
        .set_varint(&[1, 1], 1)
        .set_message(&[1], message().varint(2, 2).done())
        .set_varint(&[1, 3], 3)
        .append_message(&[4], b"lost".as_slice())
        .clear(&[4])
        .append_message(&[4], b"kept".as_slice());
    let after = message()
        .embed(1, message().varint(2, 2).varint(3, 3))
        .string(4, "kept");
    let before = message().embed(1, message().varint(9, 9)).string(4, "old");
    assert_eq!(patch.apply(&before.done()), Ok(after.done()));
}

#[test]
fn a_field_of_another_wire_type_is_not_the_message_to_edit() {
    let before = message().varint(1, 5).done();
    let patch = Patch::default().set_varint(&[1, 2], 3);
    let after = message().varint(1, 5).embed(1, message().varint(2, 3));
    assert_eq!(patch.apply(&before), Ok(after.done()));
}

#[test]
fn lengths_grow_and_shrink_with_their_content() {
    let long = "x".repeat(20_000);
    let short = message().embed(1, message().embed(2, message().string(3, "s")));
    let grown = message().embed(1, message().embed(2, message().string(3, &long)));
    let grow = Patch::default().set_string(&[1, 2, 3], &long);
    let shrink = Patch::default().set_string(&[1, 2, 3], "s");
    assert_eq!(grow.apply(&short.clone().done()), Ok(grown.clone().done()));
    assert_eq!(shrink.apply(&grown.done()), Ok(short.done()));
}

#[test]
fn a_timestamp_is_read_back() {
    let stamp = Timestamp {
        seconds: -1,
        nanos: 999_999_999,
    };
    for stamp in [stamp, Timestamp::default()] {
        let patched = Patch::default()
            .set_timestamp(&[2, 1], &stamp)
            .apply(&[])
            .unwrap();
        assert_eq!(timestamp(&patched, &[2, 1]), Ok(Some(stamp)));
    }
}

#[test]
fn an_empty_patch_or_path_changes_nothing() {
    let before = message().string(3, "a").varint(1, 1).done();
    assert_eq!(Patch::default().apply(&before), Ok(before.clone()));
    assert_eq!(Patch::default().clear(&[]).apply(&before), Ok(before));
}

#[test]
fn malformed_and_too_deep_messages_are_refused() {
    assert!(Patch::default().apply(&[0x07]).is_err());
    let path = [1; MAX_DEPTH + 2];
    let patch = Patch::default().set_varint(&path, 1);
    assert_eq!(patch.apply(&[]), Err(WireError::TooDeep));
}
