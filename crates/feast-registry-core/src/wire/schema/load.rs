use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{DescriptorProto, FieldDescriptorProto, FileDescriptorProto, FileDescriptorSet};

use super::super::encode::MAX_NUMBER;
use super::{
    Cardinality, FieldSchema, Kind, MessageId, MessageSchema, Presence, Schema, SchemaError,
};

/// A message of the set with what it takes to read its fields.
struct Declared<'a> {
    name: String,
    descriptor: &'a DescriptorProto,
    proto3: bool,
}

pub(super) fn load(set: &FileDescriptorSet) -> Result<Schema, SchemaError> {
    let mut declared = Vec::new();
    for file in &set.file {
        let proto3 = is_proto3(file)?;
        for message in &file.message_type {
            declare(file.package(), message, proto3, &mut declared);
        }
    }
    let mut schema = Schema::default();
    for (index, message) in (0..).zip(&declared) {
        schema.ids.insert(message.name.clone(), MessageId(index));
    }
    for message in &declared {
        let fields = message.fields(&declared, &schema)?;
        schema.messages.push(MessageSchema {
            name: message.name.clone(),
            fields,
        });
    }
    Ok(schema)
}

fn is_proto3(file: &FileDescriptorProto) -> Result<bool, SchemaError> {
    match file.syntax() {
        "proto3" => Ok(true),
        "proto2" | "" => Ok(false),
        syntax => Err(SchemaError::Syntax {
            file: file.name().to_owned(),
            syntax: syntax.to_owned(),
        }),
    }
}

/// Lists a message and those nested in it. Recursion is bounded: prost does not decode deeper than 100 levels.
fn declare<'a>(
    scope: &str,
    descriptor: &'a DescriptorProto,
    proto3: bool,
    declared: &mut Vec<Declared<'a>>,
) {
    let dot = if scope.is_empty() { "" } else { "." };
    let name = format!("{scope}{dot}{}", descriptor.name());
    for nested in &descriptor.nested_type {
        declare(&name, nested, proto3, declared);
    }
    declared.push(Declared {
        name,
        descriptor,
        proto3,
    });
}

impl Declared<'_> {
    fn fields(
        &self,
        declared: &[Declared<'_>],
        schema: &Schema,
    ) -> Result<Vec<FieldSchema>, SchemaError> {
        let mut fields = Vec::with_capacity(self.descriptor.field.len());
        for field in &self.descriptor.field {
            // A proto2 group keeps the wire type of an unknown field: it is compared as it stands.
            if field.r#type() != Type::Group {
                fields.push(self.field(field, declared, schema)?);
            }
        }
        fields.sort_unstable_by_key(|field| field.number);
        Ok(fields)
    }

    fn field(
        &self,
        field: &FieldDescriptorProto,
        declared: &[Declared<'_>],
        schema: &Schema,
    ) -> Result<FieldSchema, SchemaError> {
        let kind = self.kind(field, schema)?;
        let cardinality = match kind {
            _ if field.label() != Label::Repeated => Cardinality::Singular,
            Kind::Message(MessageId(index)) if is_map(declared.get(index as usize)) => {
                Cardinality::Map
            }
            _ => Cardinality::Repeated,
        };
        Ok(FieldSchema {
            number: self.number(field)?,
            kind,
            cardinality,
            presence: self.presence(field, kind),
            oneof: oneof(field),
            wire_type: kind.wire_type(),
        })
    }

    fn number(&self, field: &FieldDescriptorProto) -> Result<u32, SchemaError> {
        let number = u32::try_from(field.number()).ok();
        let number = number.filter(|number| (1..=MAX_NUMBER).contains(number));
        number.ok_or_else(|| self.invalid(field))
    }

    fn kind(&self, field: &FieldDescriptorProto, schema: &Schema) -> Result<Kind, SchemaError> {
        let declared = field.r#type.and_then(|number| Type::try_from(number).ok());
        match declared.ok_or_else(|| self.invalid(field))? {
            Type::Bool => Ok(Kind::Bool),
            Type::Int32 | Type::Enum => Ok(Kind::Int32),
            Type::Uint32 | Type::Sint32 => Ok(Kind::Uint32),
            Type::Int64 | Type::Uint64 | Type::Sint64 => Ok(Kind::Int64),
            Type::Fixed32 | Type::Sfixed32 | Type::Float => Ok(Kind::Fixed32),
            Type::Fixed64 | Type::Sfixed64 | Type::Double => Ok(Kind::Fixed64),
            Type::String => Ok(Kind::String),
            Type::Bytes => Ok(Kind::Bytes),
            Type::Message | Type::Group => self.message(field, schema).map(Kind::Message),
        }
    }

    fn message(
        &self,
        field: &FieldDescriptorProto,
        schema: &Schema,
    ) -> Result<MessageId, SchemaError> {
        let name = field.type_name();
        // Compilers write full names with a dot in front.
        let id = schema.message(name.strip_prefix('.').unwrap_or(name));
        id.ok_or_else(|| SchemaError::UnknownType {
            message: self.name.clone(),
            type_name: name.to_owned(),
        })
    }

    fn presence(&self, field: &FieldDescriptorProto, kind: Kind) -> Presence {
        let optional = field.proto3_optional() || field.oneof_index.is_some();
        let explicit = optional || self.is_map_entry() || matches!(kind, Kind::Message(_));
        if self.proto3 && !explicit {
            Presence::Implicit
        } else {
            Presence::Explicit
        }
    }

    fn is_map_entry(&self) -> bool {
        let options = self.descriptor.options.as_ref();
        options.is_some_and(prost_types::MessageOptions::map_entry)
    }

    fn invalid(&self, field: &FieldDescriptorProto) -> SchemaError {
        SchemaError::Field {
            message: self.name.clone(),
            field: field.name().to_owned(),
        }
    }
}

/// The oneof of a field, without the one that compilers make up around each `optional` field of proto3.
fn oneof(field: &FieldDescriptorProto) -> Option<u32> {
    let index = field.oneof_index.filter(|_| !field.proto3_optional())?;
    u32::try_from(index).ok()
}

fn is_map(element: Option<&Declared<'_>>) -> bool {
    element.is_some_and(Declared::is_map_entry)
}
