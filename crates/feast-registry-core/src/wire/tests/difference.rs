//! What two messages differ in decides whether they are equal.

use proptest::collection::vec;
use proptest::prelude::*;

use super::super::{Form, difference};
use super::generated::{change, encode, sample};
use super::message;
use super::sample::*;

const FORMS: [Form<'_>; 4] = [
    Form {
        only: &[],
        ignore: &[],
        sorted: &[],
        ignore_within: &[],
    },
    Form {
        only: &[],
        ignore: &[&[NAME], &[CHILD, SMALL], &[ITEMS, NAME]],
        sorted: &[],
        ignore_within: &[],
    },
    Form {
        only: &[],
        ignore: &[],
        sorted: &[&[ITEMS], &[NUMBERS], &[CHILD, ITEMS]],
        ignore_within: &[],
    },
    Form {
        only: &[&[CHILD], &[ITEMS, NAME], &[TAGS]],
        ignore: &[],
        sorted: &[&[ITEMS]],
        ignore_within: &[],
    },
];

#[test]
fn only_what_differs_is_left() {
    let (schema, sample) = schema();
    let view = |name: &str| {
        let inner = message().string(NAME, name).varint(SMALL, 7);
        message()
            .varint(FLAG, 1)
            .embed(CHILD, inner)
            .string(TEXT, "t")
    };
    let left = |name: &str| message().embed(CHILD, message().string(NAME, name)).done();
    assert_eq!(
        difference(&schema, sample, &view("a").done(), &view("b").done()),
        Ok((left("a"), left("b")))
    );
}

#[test]
fn members_of_a_oneof_are_left_in_the_order_that_decides() {
    let (schema, sample) = schema();
    let one = message().string(TEXT, "t").varint(WHOLE, 1).done();
    let other = message().varint(WHOLE, 1).string(TEXT, "t").done();
    assert_eq!(
        difference(&schema, sample, &one, &other),
        Ok((one.clone(), other.clone()))
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn what_differs_decides_in_every_form(pieces in sample(), changes in vec(change(), 1..3)) {
        let mut changed = pieces.clone();
        changes.iter().for_each(|change| change.apply(&mut changed));
        let (one, other) = (encode(&pieces), encode(&changed));
        let (schema, message) = schema();
        let (a, b) = difference(&schema, message, &one, &other)?;
        for form in FORMS {
            let whole = canonical_sample(&one, &form)? == canonical_sample(&other, &form)?;
            let rest = canonical_sample(&a, &form)? == canonical_sample(&b, &form)?;
            prop_assert_eq!(whole, rest, "{:?}", form);
        }
    }
}
