use prost::Message as _;
use prost_types::{FileDescriptorProto, FileDescriptorSet};

use super::super::{Cardinality, Kind, Presence, Schema, SchemaError};
use super::sample::{self, *};

#[test]
fn fields_are_found_by_number_and_know_their_shape() {
    let (schema, sample) = sample::schema();
    let field = |number| schema.field(sample, number).unwrap();
    let shape = |number| {
        (
            field(number).kind,
            field(number).cardinality,
            field(number).presence,
        )
    };

    assert_eq!(
        shape(FLAG),
        (Kind::Bool, Cardinality::Singular, Presence::Implicit)
    );
    assert_eq!(
        shape(MODE),
        (Kind::Int32, Cardinality::Singular, Presence::Implicit)
    );
    assert_eq!(
        shape(MAYBE),
        (Kind::Int32, Cardinality::Singular, Presence::Explicit)
    );
    assert_eq!(
        shape(TEXT),
        (Kind::String, Cardinality::Singular, Presence::Explicit)
    );
    assert_eq!(
        shape(CHILD),
        (
            Kind::Message(sample),
            Cardinality::Singular,
            Presence::Explicit
        )
    );
    assert_eq!(field(WIDES).cardinality, Cardinality::Repeated);
    assert_eq!(field(TAGS).cardinality, Cardinality::Map);
    assert_eq!(schema.field(sample, UNKNOWN), None);
    assert_eq!(schema.field(sample, 0), None);
}

#[test]
fn only_real_oneofs_have_members() {
    let (schema, sample) = sample::schema();
    let oneof = |number| schema.field(sample, number).unwrap().oneof;
    assert_eq!([TEXT, INNER, WHOLE].map(oneof), [Some(0); 3]);
    assert_eq!(oneof(MAYBE), None);
}

#[test]
fn messages_have_full_names_nested_ones_too() {
    let (schema, sample) = sample::schema();
    assert_eq!(schema.name(sample), NAME_OF_SAMPLE);
    let entry = schema.message("test.Sample.TagsEntry").unwrap();
    assert_eq!(schema.name(entry), "test.Sample.TagsEntry");
    assert_eq!(schema.message("Sample"), None);
    assert_eq!(Schema::default().name(sample), "");
}

#[test]
fn what_cannot_be_understood_is_refused() {
    assert!(matches!(
        Schema::from_descriptor_set(&[0x07]),
        Err(SchemaError::Decode(_))
    ));

    let mut set = FileDescriptorSet::decode(descriptor_set().as_slice()).unwrap();
    let load =
        |set: &FileDescriptorSet| Schema::from_descriptor_set(&set.encode_to_vec()).unwrap_err();
    set.file[0].message_type[0].nested_type.clear();
    assert!(matches!(load(&set), SchemaError::UnknownType { .. }));
    set.file[0].message_type[0].field[0].number = Some(0);
    assert!(matches!(load(&set), SchemaError::Field { .. }));
    set.file = vec![FileDescriptorProto {
        syntax: Some("editions".to_owned()),
        ..Default::default()
    }];
    assert!(matches!(load(&set), SchemaError::Syntax { .. }));
}
