use super::super::{Form, canonical};
use super::message;
use super::sample::*;

#[test]
fn the_order_of_elements_counts_unless_the_form_says_otherwise() {
    let items = |names: [&str; 2]| {
        names.iter().fold(message(), |all, name| {
            all.embed(ITEMS, message().string(NAME, name))
        })
    };
    let holder = |names| {
        message().embed(
            CHILD,
            items(names).raw(&message().varint(NUMBERS, 7).varint(NUMBERS, 5).done()),
        )
    };
    let (ab, ba) = (holder(["a", "b"]).done(), holder(["b", "a"]).done());
    let all = Form::default();
    assert_ne!(canonical_sample(&ab, &all), canonical_sample(&ba, &all));

    let sorted = Form {
        sorted: &[&[CHILD, ITEMS], &[CHILD, NUMBERS]],
        ..Form::default()
    };
    let expected = message()
        .embed(
            CHILD,
            message()
                .len(NUMBERS, &[5, 7])
                .raw(&items(["a", "b"]).done()),
        )
        .done();
    assert_eq!(canonical_sample(&ab, &sorted), Ok(expected.clone()));
    assert_eq!(canonical_sample(&ba, &sorted), Ok(expected));
}

#[test]
fn a_message_of_ignored_fields_equals_none() {
    let form = Form {
        ignore: &[&[CHILD, NAME], &[ITEMS, NAME], &[FLAG]],
        ..Form::default()
    };
    let stamped = message()
        .varint(FLAG, 1)
        .varint(SMALL, 1)
        .embed(CHILD, message().string(NAME, "stamp"));
    assert_eq!(
        canonical_sample(&stamped.done(), &form),
        Ok(message().varint(SMALL, 1).done())
    );

    let elements = message()
        .embed(ITEMS, message().string(NAME, "a"))
        .embed(INNER, message())
        .done();
    let kept = message()
        .embed(ITEMS, message())
        .embed(INNER, message())
        .done();
    assert_eq!(
        canonical_sample(&elements, &form),
        Ok(kept),
        "elements are counted, other messages kept"
    );
}

/// A patch that sets the field removes it, whatever it is: so it must not tell two messages apart.
#[test]
fn an_ignored_field_of_another_type_does_not_count() {
    let form = Form {
        ignore: &[&[NAME]],
        ..Form::default()
    };
    let mistyped = message().varint(NAME, 1).varint(SMALL, 1).done();
    let expected = message().varint(SMALL, 1).done();
    assert_eq!(canonical_sample(&mistyped, &form), Ok(expected));
}

#[test]
fn a_field_ignored_within_a_type_counts_nowhere() {
    let (schema, sample) = schema();
    let form = Form {
        ignore_within: &[(sample, NAME)],
        ..Form::default()
    };
    let stamped = message().string(NAME, "stamp").varint(SMALL, 1).embed(
        CHILD,
        message().embed(CHILD, message().string(NAME, "stamp")),
    );
    assert_eq!(
        canonical(&schema, sample, &stamped.done(), &form.compile()),
        Ok(message().varint(SMALL, 1).done())
    );
}

#[test]
fn only_the_chosen_subtrees_count() {
    let form = Form {
        only: &[&[CHILD, NAME], &[SMALL]],
        ..Form::default()
    };
    let child = message()
        .string(NAME, "n")
        .varint(COUNT, 1)
        .string(UNKNOWN, "?");
    let bytes = message()
        .varint(SMALL, 1)
        .varint(COUNT, 2)
        .embed(CHILD, child)
        .string(UNKNOWN, "?")
        .done();
    let kept = message()
        .varint(SMALL, 1)
        .embed(CHILD, message().string(NAME, "n"))
        .done();
    assert_eq!(canonical_sample(&bytes, &form), Ok(kept));

    let unchosen = message().embed(CHILD, message().varint(COUNT, 1)).done();
    assert_eq!(canonical_sample(&unchosen, &form), Ok(vec![]));
}
