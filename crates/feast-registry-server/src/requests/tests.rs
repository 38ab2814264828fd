//! The types above against the descriptors of the requests that they stand for.

use prost_reflect::prost::Message as _;
use prost_reflect::{
    DescriptorPool, DynamicMessage, FieldDescriptor, Kind, MapKey, MessageDescriptor, Value,
};

use feast_registry_proto::FILE_DESCRIPTOR_SET;

use super::*;

/// The rpcs whose requests are read as a type of another rpc, or of this module.
fn read_as(rpc: Rpc) -> Option<fn(Bytes) -> Vec<u8>> {
    let (name, project) = (rpc.name(), rpc.name().ends_with("Project"));
    Some(match rpc {
        Rpc::ApplyFeatureView => again::<ApplyView>,
        Rpc::ApplyMaterialization => again::<Materialize>,
        Rpc::ApplyProject => again::<ApplyProject>,
        Rpc::UpdateInfra => again::<Apply>,
        Rpc::GetDatasetData
        | Rpc::GetDatasetJobStatus
        | Rpc::GetFeature
        | Rpc::GetInfra
        | Rpc::GetObjectRelationships
        | Rpc::GetRegistryLineage
        | Rpc::ListAllFeatureViews
        | Rpc::ListDatasetJobs
        | Rpc::ListFeatureServices
        | Rpc::ListFeatures
        | Rpc::ListProjectMetadata
        | Rpc::ListProjects
        | Rpc::ListSavedDatasets => return None,
        _ if name.starts_with("Apply") => again::<Apply>,
        _ if name.starts_with("Get") && !project => again::<Get>,
        _ if name.starts_with("List") => again::<List>,
        _ if name.starts_with("Delete") && !project => again::<Delete>,
        _ => return None,
    })
}

/// The bytes of a message, through a type. What the type does not know is lost.
fn again<T: Message + Default>(body: Bytes) -> Vec<u8> {
    T::decode(body)
        .expect("the request decodes")
        .encode_to_vec()
}

fn request_of(rpc: Rpc) -> MessageDescriptor {
    let pool = DescriptorPool::decode(FILE_DESCRIPTOR_SET).expect("descriptors decode");
    let service = pool.get_service_by_name(Rpc::SERVICE).expect("the service");
    let mut methods = service.methods();
    let method = methods.find(|method| method.name() == rpc.name());
    method.expect("every rpc is described").input()
}

/// Something that is not the default of a field.
fn something(field: &FieldDescriptor) -> Value {
    if field.is_map() {
        return Value::Map(
            [(
                MapKey::String("a".to_owned()),
                Value::String("b".to_owned()),
            )]
            .into(),
        );
    }
    match field.kind() {
        Kind::String => Value::String("text".to_owned()),
        Kind::Bool => Value::Bool(true),
        Kind::Int32 => Value::I32(-7),
        Kind::Int64 => Value::I64(-7),
        Kind::Message(inner) => Value::Message(filled(&inner)),
        other => panic!("no request has a field of {other:?}"),
    }
}

/// A message with its first text or number set, so that it is not empty.
fn filled(message: &MessageDescriptor) -> DynamicMessage {
    let mut filled = DynamicMessage::new(message.clone());
    let plain = |field: &FieldDescriptor| {
        let single = !field.is_list() && !field.is_map();
        single && matches!(field.kind(), Kind::String | Kind::Int32 | Kind::Int64)
    };
    if let Some(field) = message.fields().find(plain) {
        filled.set_field(&field, something(&field));
    }
    filled
}

#[test]
fn each_field_of_each_request_is_read_where_it_stands() {
    let mut compared = 0;
    for rpc in Rpc::ALL {
        let Some(again) = read_as(rpc) else { continue };
        let request = request_of(rpc);
        for field in request.fields() {
            let mut message = DynamicMessage::new(request.clone());
            message.set_field(&field, something(&field));
            let bytes = message.encode_to_vec();
            assert!(!bytes.is_empty(), "{}", field.full_name());
            assert_eq!(again(bytes.clone().into()), bytes, "{}", field.full_name());
            compared += 1;
        }
    }
    assert!(compared > 100, "only {compared} fields were compared");
}
