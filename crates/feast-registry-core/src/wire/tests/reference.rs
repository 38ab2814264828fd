//! Canonical bytes are equal exactly when prost-reflect decodes equal messages.

use proptest::collection::vec;
use proptest::prelude::*;
use prost_reflect::prost::Message as _;
use prost_reflect::{DescriptorPool, DynamicMessage, MessageDescriptor};

use super::super::Form;
use super::generated::{change, encode, sample};
use super::sample::{NAME_OF_SAMPLE, canonical_sample, descriptor_set};

fn descriptor() -> MessageDescriptor {
    let pool = DescriptorPool::decode(descriptor_set().as_slice()).unwrap();
    pool.get_message_by_name(NAME_OF_SAMPLE).unwrap()
}

/// Decodes twice: what comes out of the first round has no explicit defaults any more.
fn decode(descriptor: &MessageDescriptor, bytes: &[u8]) -> DynamicMessage {
    let decode = |bytes: &[u8]| DynamicMessage::decode(descriptor.clone(), bytes).unwrap();
    decode(&decode(bytes).encode_to_vec())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn equal_exactly_when_decoded_messages_are(pieces in sample(), changes in vec(change(), 1..3)) {
        let mut changed = pieces.clone();
        changes.iter().for_each(|change| change.apply(&mut changed));
        let (one, other) = (encode(&pieces), encode(&changed));

        let descriptor = descriptor();
        let decoded_equal = decode(&descriptor, &one) == decode(&descriptor, &other);
        let form = Form::default();
        let canonical_equal = canonical_sample(&one, &form)? == canonical_sample(&other, &form)?;
        prop_assert_eq!(canonical_equal, decoded_equal);
    }

    #[test]
    fn the_canonical_form_is_the_same_message(pieces in sample()) {
        let bytes = encode(&pieces);
        let canonical = canonical_sample(&bytes, &Form::default())?;
        let descriptor = descriptor();
        prop_assert_eq!(decode(&descriptor, &canonical), decode(&descriptor, &bytes));
    }
}
