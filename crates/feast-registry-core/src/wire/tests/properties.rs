use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use super::super::{
    Form, Patch, boolean, fields, message, repeated, string, string_map, strings, timestamp,
    validate, varint,
};
use super::generated::{encode, sample};
use super::sample::{CHILD, ITEMS, NAME, NODES, NUMBERS, TAGS, canonical_sample};

const EVERYWHERE: &[&[u32]] = &[
    &[CHILD, ITEMS],
    &[CHILD, NUMBERS],
    &[ITEMS],
    &[NODES, 2, NAME],
];

/// Calls everything that reads; what it answers does not matter, that it answers does.
fn read_all(bytes: &[u8]) {
    let _ = validate(bytes);
    for path in [&[CHILD, CHILD, NAME][..], &[CHILD], &[TAGS], &[NUMBERS]] {
        let _ = (
            message(bytes, path),
            string(bytes, path),
            varint(bytes, path),
            boolean(bytes, path),
        );
        let _ = (
            strings(bytes, path),
            string_map(bytes, path),
            timestamp(bytes, path),
        );
    }
    let _ = repeated(bytes, ITEMS);
    let _ = edits().apply(bytes);
    let form = Form {
        only: EVERYWHERE,
        ignore: EVERYWHERE,
        sorted: EVERYWHERE,
        ignore_within: &[],
    };
    let _ = canonical_sample(bytes, &Form::default());
    let _ = canonical_sample(bytes, &Form { only: &[], ..form });
    let _ = canonical_sample(
        bytes,
        &Form {
            ignore: &[],
            ..form
        },
    );
}

fn edits() -> Patch {
    let patch = Patch::default()
        .set_string(&[CHILD, NAME], "new")
        .clear(&[CHILD, CHILD, NAME]);
    patch
        .append_message(&[CHILD, ITEMS], vec![8, 1])
        .set_varint(&[NUMBERS], 5)
}

/// The fields beside those that [`edits`] names, one after another.
fn untouched(bytes: &[u8], edited: &[u32]) -> Vec<u8> {
    let fields = fields(bytes).map(Result::unwrap);
    fields
        .filter(|field| !edited.contains(&field.number))
        .flat_map(|field| field.raw.to_vec())
        .collect()
}

proptest! {
    #[test]
    fn random_bytes_never_panic(bytes in vec(any::<u8>(), 0..200)) {
        read_all(&bytes);
    }

    #[test]
    fn damaged_messages_never_panic(pieces in sample(), at in any::<Index>(), byte in any::<u8>(), cut in any::<Index>()) {
        let mut bytes = encode(&pieces);
        let length = bytes.len();
        if length > 0 {
            bytes[at.index(length)] = byte;
            bytes.truncate(cut.index(length) + 1);
        }
        read_all(&bytes);
    }

    #[test]
    fn a_patch_keeps_what_it_does_not_name(pieces in sample()) {
        let bytes = encode(&pieces);
        let patched = edits().apply(&bytes)?;
        prop_assert_eq!(untouched(&bytes, &[CHILD, NUMBERS]), untouched(&patched, &[CHILD, NUMBERS]));

        let child = message(&bytes, &[CHILD])?.unwrap_or_default();
        let edited = message(&patched, &[CHILD])?.unwrap_or_default();
        let kept = untouched(&child, &[NAME, CHILD]);
        prop_assert_eq!(untouched(&edited, &[NAME, CHILD]), [kept, vec![ITEMS as u8 * 8 + 2, 2, 8, 1]].concat());
        prop_assert_eq!(string(&edited, &[NAME])?, Some("new".into()));
        prop_assert_eq!(varint(&patched, &[NUMBERS])?, Some(5));
    }

    #[test]
    fn the_canonical_form_is_its_own(pieces in sample()) {
        let bytes = encode(&pieces);
        for form in [Form::default(), Form { sorted: EVERYWHERE, ..Form::default() }] {
            let once = canonical_sample(&bytes, &form)?;
            prop_assert_eq!(canonical_sample(&once, &form)?, once);
        }
    }

    #[test]
    fn ignored_fields_do_not_count(pieces in sample()) {
        let form = Form { ignore: &[&[CHILD, NAME], &[NUMBERS]], ..Form::default() };
        let bytes = encode(&pieces);
        let changed = Patch::default().set_string(&[CHILD, NAME], "new").set_varint(&[NUMBERS], 5).apply(&bytes)?;
        prop_assert_eq!(canonical_sample(&bytes, &form)?, canonical_sample(&changed, &form)?);
    }
}
