//! Requests in which every field says something.

use std::sync::LazyLock;

use bytes::Bytes;
use feast_registry_proto::prost::Message as _;
use feast_registry_server::Rpc;
use prost_reflect::{
    DescriptorPool, DynamicMessage, FieldDescriptor, Kind as Type, MapKey, MessageDescriptor, Value,
};

use crate::examples::PROJECT;

pub(crate) fn request(rpc: Rpc) -> Vec<u8> {
    static POOL: LazyLock<DescriptorPool> = LazyLock::new(|| {
        DescriptorPool::decode(feast_registry_proto::FILE_DESCRIPTOR_SET).unwrap()
    });
    let service = POOL.get_service_by_name(Rpc::SERVICE).unwrap();
    let method = service
        .methods()
        .find(|method| method.name() == rpc.name())
        .unwrap();
    message(&method.input(), 3).encode_to_vec()
}

fn message(descriptor: &MessageDescriptor, depth: usize) -> DynamicMessage {
    let mut message = DynamicMessage::new(descriptor.clone());
    for field in descriptor.fields() {
        if let Some(value) = value(&field, depth) {
            message.set_field(&field, value);
        }
    }
    message
}

fn value(field: &FieldDescriptor, depth: usize) -> Option<Value> {
    if field.is_map() {
        let key = MapKey::String("team".into());
        return match field.kind().as_message()?.map_entry_value_field().kind() {
            Type::String => Some(Value::Map([(key, Value::String(PROJECT.into()))].into())),
            _ => None,
        };
    }
    let single = match field.kind() {
        Type::Message(_) if depth == 0 => return None,
        Type::Message(inner) => Value::Message(message(&inner, depth - 1)),
        Type::String => Value::String(text(field.name()).into()),
        Type::Bytes => Value::Bytes(Bytes::from_static(b"bytes")),
        Type::Bool => Value::Bool(true),
        Type::Int32 | Type::Sint32 | Type::Sfixed32 => Value::I32(1),
        Type::Int64 | Type::Sint64 | Type::Sfixed64 => Value::I64(1),
        Type::Uint32 | Type::Fixed32 => Value::U32(1),
        Type::Uint64 | Type::Fixed64 => Value::U64(1),
        Type::Float => Value::F32(1.0),
        Type::Double => Value::F64(1.0),
        Type::Enum(values) => Value::EnumNumber(values.values().next()?.number()),
    };
    Some(match field.is_list() {
        true => Value::List(vec![single]),
        false => single,
    })
}

fn text(field: &str) -> &'static str {
    match field {
        "project" => PROJECT,
        "sort_by" => "name",
        "sort_order" => "asc",
        _ => "it",
    }
}
