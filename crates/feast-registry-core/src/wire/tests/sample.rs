//! A message type with every kind of field, made by hand to depend on no compiler.

use prost::Message as _;
use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{
    DescriptorProto, EnumDescriptorProto, EnumValueDescriptorProto, FieldDescriptorProto,
    FileDescriptorProto, FileDescriptorSet, MessageOptions, OneofDescriptorProto,
};

use super::super::{Form, MessageId, Schema, WireError, canonical};

pub(super) const FLAG: u32 = 1;
pub(super) const SMALL: u32 = 2;
pub(super) const COUNT: u32 = 3;
pub(super) const ZIGZAG: u32 = 4;
pub(super) const WORD: u32 = 5;
pub(super) const RATIO: u32 = 6;
pub(super) const NAME: u32 = 7;
pub(super) const BLOB: u32 = 8;
pub(super) const CHILD: u32 = 9;
pub(super) const NUMBERS: u32 = 10;
pub(super) const WORDS: u32 = 11;
pub(super) const ITEMS: u32 = 12;
pub(super) const TAGS: u32 = 13;
pub(super) const NODES: u32 = 14;
pub(super) const TEXT: u32 = 15;
pub(super) const INNER: u32 = 16;
pub(super) const WHOLE: u32 = 17;
pub(super) const MAYBE: u32 = 18;
pub(super) const MODE: u32 = 20;
pub(super) const WIDES: u32 = 21;
/// No field has this number.
pub(super) const UNKNOWN: u32 = 19;

pub(super) const NAME_OF_SAMPLE: &str = "test.Sample";

/// The schema and the id of the sample in it.
pub(super) fn schema() -> (Schema, MessageId) {
    let schema = Schema::from_descriptor_set(&descriptor_set()).unwrap();
    let sample = schema.message(NAME_OF_SAMPLE).unwrap();
    (schema, sample)
}

pub(super) fn canonical_sample(bytes: &[u8], form: &Form<'_>) -> Result<Vec<u8>, WireError> {
    let (schema, sample) = schema();
    canonical(&schema, sample, bytes, &form.compile())
}

pub(super) fn descriptor_set() -> Vec<u8> {
    let file = FileDescriptorProto {
        name: Some("test.proto".to_owned()),
        package: Some("test".to_owned()),
        syntax: Some("proto3".to_owned()),
        message_type: vec![sample()],
        enum_type: vec![mode()],
        ..Default::default()
    };
    FileDescriptorSet { file: vec![file] }.encode_to_vec()
}

fn sample() -> DescriptorProto {
    DescriptorProto {
        name: Some("Sample".to_owned()),
        field: [singular(), repeated(), oneofs()].concat(),
        nested_type: vec![
            entry(
                "TagsEntry",
                field("key", 1, Type::String),
                field("value", 2, Type::String),
            ),
            entry(
                "NodesEntry",
                field("key", 1, Type::Int32),
                message("value", 2, ".test.Sample"),
            ),
        ],
        oneof_decl: ["choice", "_maybe"].map(oneof_named).into(),
        ..Default::default()
    }
}

fn singular() -> Vec<FieldDescriptorProto> {
    let mode = FieldDescriptorProto {
        type_name: Some(".test.Mode".to_owned()),
        ..field("mode", MODE, Type::Enum)
    };
    vec![
        field("flag", FLAG, Type::Bool),
        field("small", SMALL, Type::Int32),
        field("count", COUNT, Type::Uint32),
        field("zigzag", ZIGZAG, Type::Sint64),
        field("word", WORD, Type::Fixed32),
        field("ratio", RATIO, Type::Double),
        field("name", NAME, Type::String),
        field("blob", BLOB, Type::Bytes),
        message("child", CHILD, ".test.Sample"),
        mode,
    ]
}

fn repeated() -> Vec<FieldDescriptorProto> {
    let fields = vec![
        field("numbers", NUMBERS, Type::Int32),
        field("words", WORDS, Type::String),
        message("items", ITEMS, ".test.Sample"),
        message("tags", TAGS, ".test.Sample.TagsEntry"),
        message("nodes", NODES, ".test.Sample.NodesEntry"),
        field("wides", WIDES, Type::Fixed64),
    ];
    let repeat = |field| FieldDescriptorProto {
        label: Some(Label::Repeated.into()),
        ..field
    };
    fields.into_iter().map(repeat).collect()
}

fn oneofs() -> Vec<FieldDescriptorProto> {
    let member = |index, field| FieldDescriptorProto {
        oneof_index: Some(index),
        ..field
    };
    let maybe = member(1, field("maybe", MAYBE, Type::Int32));
    vec![
        member(0, field("text", TEXT, Type::String)),
        member(0, message("inner", INNER, ".test.Sample")),
        member(0, field("whole", WHOLE, Type::Int64)),
        FieldDescriptorProto {
            proto3_optional: Some(true),
            ..maybe
        },
    ]
}

fn field(name: &str, number: u32, kind: Type) -> FieldDescriptorProto {
    FieldDescriptorProto {
        name: Some(name.to_owned()),
        number: Some(number as i32),
        r#type: Some(kind.into()),
        label: Some(Label::Optional.into()),
        ..Default::default()
    }
}

fn message(name: &str, number: u32, type_name: &str) -> FieldDescriptorProto {
    FieldDescriptorProto {
        type_name: Some(type_name.to_owned()),
        ..field(name, number, Type::Message)
    }
}

fn entry(name: &str, key: FieldDescriptorProto, value: FieldDescriptorProto) -> DescriptorProto {
    DescriptorProto {
        name: Some(name.to_owned()),
        field: vec![key, value],
        options: Some(MessageOptions {
            map_entry: Some(true),
            ..Default::default()
        }),
        ..Default::default()
    }
}

fn oneof_named(name: &str) -> OneofDescriptorProto {
    OneofDescriptorProto {
        name: Some(name.to_owned()),
        ..Default::default()
    }
}

fn mode() -> EnumDescriptorProto {
    let value = |name: &str, number| EnumValueDescriptorProto {
        name: Some(name.to_owned()),
        number: Some(number),
        ..Default::default()
    };
    EnumDescriptorProto {
        name: Some("Mode".to_owned()),
        value: vec![value("NONE", 0), value("SOME", 1)],
        ..Default::default()
    }
}
