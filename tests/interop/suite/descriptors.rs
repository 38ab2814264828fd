//! The messages and services are those of the installed Feast.

use std::collections::BTreeMap;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use prost::Message;
use prost_types::{
    DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorProto,
    FileDescriptorSet, ServiceDescriptorProto,
};

use crate::python;
use crate::trials::trials;

trials! {
    alone { messages_and_services_are_those_of_the_installed_feast }
}

const PACKAGES: [&str; 3] = ["feast.core", "feast.types", "feast.registry"];

/// Every declaration with what matters about it, by its full name.
type Declarations = BTreeMap<String, String>;

fn messages_and_services_are_those_of_the_installed_feast() {
    let answer = python::run("descriptors.py", &[]);
    assert_eq!(answer["feast"], "0.67.0");
    let theirs = BASE64_STANDARD
        .decode(answer["descriptor_set"].as_str().unwrap())
        .unwrap();
    let theirs = declarations(&theirs);
    let ours = declarations(feast_registry_proto::FILE_DESCRIPTOR_SET);
    assert!(theirs.len() > 1_000, "only {} declarations", theirs.len());

    let mut differences = Vec::new();
    for (name, feast) in &theirs {
        match ours.get(name) {
            None => differences.push(format!("missing: {name} {feast}")),
            Some(own) if own != feast => differences.push(format!("{name}: {own}, Feast: {feast}")),
            Some(_) => {}
        }
    }
    let invented = ours.keys().filter(|name| !theirs.contains_key(*name));
    differences.extend(invented.map(|name| format!("not in Feast: {name}")));
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

fn declarations(descriptor_set: &[u8]) -> Declarations {
    let set = FileDescriptorSet::decode(descriptor_set).unwrap();
    let mut found = Declarations::new();
    for file in set
        .file
        .iter()
        .filter(|file| PACKAGES.contains(&file.package()))
    {
        add_file(file, &mut found);
    }
    found
}

fn add_file(file: &FileDescriptorProto, found: &mut Declarations) {
    for message in &file.message_type {
        add_message(file.package(), message, found);
    }
    for each in &file.enum_type {
        add_enum(file.package(), each, found);
    }
    for service in &file.service {
        add_service(file.package(), service, found);
    }
}

fn add_message(scope: &str, message: &DescriptorProto, found: &mut Declarations) {
    let name = format!("{scope}.{}", message.name());
    let map = message
        .options
        .as_ref()
        .is_some_and(|options| options.map_entry());
    found.insert(format!("message {name}"), format!("map entry: {map}"));
    for field in &message.field {
        found.insert(
            format!("field {name}.{}", field.name()),
            field_facts(message, field),
        );
    }
    for nested in &message.nested_type {
        add_message(&name, nested, found);
    }
    for each in &message.enum_type {
        add_enum(&name, each, found);
    }
}

fn field_facts(message: &DescriptorProto, field: &FieldDescriptorProto) -> String {
    let oneof = field
        .oneof_index
        .and_then(|index| message.oneof_decl.get(usize::try_from(index).ok()?));
    let packed = field.options.as_ref().and_then(|options| options.packed);
    format!(
        "{} {:?} {:?} {} oneof: {:?} optional: {} packed: {packed:?}",
        field.number(),
        field.label(),
        field.r#type(),
        field.type_name(),
        oneof.map(|oneof| oneof.name()),
        field.proto3_optional(),
    )
}

fn add_enum(scope: &str, each: &EnumDescriptorProto, found: &mut Declarations) {
    let name = format!("{scope}.{}", each.name());
    for value in &each.value {
        found.insert(
            format!("value {name}.{}", value.name()),
            value.number().to_string(),
        );
    }
    found.insert(format!("enum {name}"), String::new());
}

fn add_service(package: &str, service: &ServiceDescriptorProto, found: &mut Declarations) {
    let name = format!("{package}.{}", service.name());
    for rpc in &service.method {
        let facts = format!(
            "{} -> {}, streaming: {} {}",
            rpc.input_type(),
            rpc.output_type(),
            rpc.client_streaming(),
            rpc.server_streaming()
        );
        found.insert(format!("rpc {name}.{}", rpc.name()), facts);
    }
    found.insert(format!("service {name}"), String::new());
}
