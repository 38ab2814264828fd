use super::super::{MAX_DEPTH, WireError, WireType, decode_varint, fields, validate};
use super::message;

#[test]
fn fields_come_in_wire_order_with_raw_and_payload() {
    let bytes = message()
        .varint(3, 300)
        .string(1, "ab")
        .fixed64(9, 1)
        .done();
    let fields: Vec<_> = fields(&bytes).collect::<Result<_, _>>().unwrap();

    let seen: Vec<_> = fields
        .iter()
        .map(|field| (field.number, field.wire_type))
        .collect();
    assert_eq!(
        seen,
        [
            (3, WireType::Varint),
            (1, WireType::Len),
            (9, WireType::Fixed64)
        ]
    );
    assert_eq!(decode_varint(fields[0].payload), Ok(300));
    assert_eq!(fields[1].payload, b"ab");
    let raws: Vec<u8> = fields.iter().flat_map(|field| field.raw).copied().collect();
    assert_eq!(raws, bytes);
}

#[test]
fn a_group_is_one_field_however_it_nests() {
    let inner = message().varint(1, 5).group(3, message().string(4, "deep"));
    let bytes = message().group(2, inner).varint(5, 6).done();
    let fields: Vec<_> = fields(&bytes).collect::<Result<_, _>>().unwrap();
    assert_eq!(fields.len(), 2);
    assert_eq!(
        (fields[0].number, fields[0].wire_type),
        (2, WireType::StartGroup)
    );
    assert_eq!(fields[0].raw.len(), fields[0].payload.len() + 1);
}

#[test]
fn groups_nest_up_to_the_limit() {
    let nested = |depth| {
        (0..depth)
            .fold(message(), |inside, _| message().group(1, inside))
            .done()
    };
    assert_eq!(validate(&nested(MAX_DEPTH)), Ok(()));
    assert_eq!(validate(&nested(MAX_DEPTH + 1)), Err(WireError::TooDeep));
}

#[test]
fn malformed_bytes_are_named_with_their_offset() {
    let after_one_field =
        |bytes: &[u8]| validate(&message().varint(1, 1).raw(bytes).done()).unwrap_err();

    let truncated = |what, offset| WireError::Truncated { what, offset };
    assert_eq!(
        after_one_field(&[0x0a, 5, b'a']),
        truncated("length-delimited value", 4)
    );
    assert_eq!(after_one_field(&[0x80]), truncated("varint", 2));
    assert_eq!(after_one_field(&[0x09, 0]), truncated("fixed64", 3));
    assert_eq!(after_one_field(&[0x0d, 0]), truncated("fixed32", 3));
    assert_eq!(after_one_field(&[0x13]), truncated("varint", 3));
    assert_eq!(
        after_one_field(&[0x00]),
        WireError::BadTag {
            number: 0,
            offset: 2
        }
    );
    assert_eq!(
        after_one_field(&[0x0f]),
        WireError::BadWireType {
            wire_type: 7,
            offset: 2
        }
    );
    assert_eq!(
        after_one_field(&[0x0c]),
        WireError::StrayEndGroup {
            number: 1,
            offset: 2
        }
    );
    let endless = [[0x08].as_slice(), &[0xff; 11]].concat();
    assert_eq!(
        after_one_field(&endless),
        WireError::VarintTooLong { offset: 3 }
    );
}

#[test]
fn numbers_end_where_protobuf_ends_them() {
    let last = (1 << 29) - 1;
    assert_eq!(validate(&message().varint(last, 1).done()), Ok(()));
    let number = u64::from(last) + 1;
    let mut beyond = Vec::new();
    super::put_varint(number << 3, &mut beyond);
    assert_eq!(
        validate(&beyond),
        Err(WireError::BadTag { number, offset: 0 })
    );

    let mut largest = Vec::new();
    super::put_varint(u64::MAX, &mut largest);
    assert_eq!(decode_varint(&largest), Ok(u64::MAX));
    largest[9] = 2;
    assert_eq!(
        decode_varint(&largest),
        Err(WireError::VarintTooLong { offset: 0 })
    );
}

#[test]
fn nothing_follows_an_error() {
    let bytes = message().raw(&[0x0f]).varint(1, 1).done();
    let mut fields = fields(&bytes);
    assert!(fields.next().unwrap().is_err());
    assert_eq!(fields.next(), None);
}
