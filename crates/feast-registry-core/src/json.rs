//! Protobuf JSON, both ways, for every message.
//!
//! Goes through [`prost_reflect`], which reads the descriptors that the proto crate ships: no
//! generated code per message.

use std::sync::LazyLock;

use prost_reflect::prost::Message;
use prost_reflect::{
    DescriptorPool, DeserializeOptions, DynamicMessage, Kind, MessageDescriptor, ReflectMessage,
    SerializeOptions,
};
use serde_json::Value;

use feast_registry_proto::FILE_DESCRIPTOR_SET;

use crate::{Error, ErrorKind, Result};

static POOL: LazyLock<DescriptorPool> = LazyLock::new(|| {
    DescriptorPool::decode(FILE_DESCRIPTOR_SET)
        .expect("the generated descriptors are well-formed: a test loads them")
});

/// What a message looks like.
pub(crate) fn descriptor(message: &str) -> Result<MessageDescriptor> {
    POOL.get_message_by_name(message).ok_or_else(|| {
        Error::new(
            ErrorKind::Internal,
            format!("there is no message `{message}`"),
        )
    })
}

/// The protobuf JSON of a serialized message: camelCase keys, defaults left out, as Feast prints it.
///
/// # Errors
///
/// [`ErrorKind::Corrupt`] if the bytes are not such a message.
pub fn to_json(message: &str, body: &[u8]) -> Result<Value> {
    let decoded = DynamicMessage::decode(descriptor(message)?, body)
        .map_err(|why| Error::corrupt(message, why))?;
    let options = SerializeOptions::new().skip_default_fields(true);
    let corrupt = |why| Error::corrupt(message, why);
    // By way of text, where a float of 32 bits is written with its own digits: 0.1, as Python
    // has it, and not 0.10000000149011612.
    let mut text = serde_json::Serializer::new(Vec::new());
    decoded
        .serialize_with_options(&mut text, &options)
        .map_err(corrupt)?;
    let mut value: Value = serde_json::from_slice(&text.into_inner()).map_err(corrupt)?;
    sort_maps(&decoded.descriptor(), &mut value);
    Ok(value)
}

/// Puts map entries in the order of their keys: they come in a random one, and two exports of
/// one registry must be equal.
fn sort_maps(message: &MessageDescriptor, value: &mut Value) {
    let Value::Object(fields) = value else { return };
    for field in message.fields() {
        let Some(value) = fields.get_mut(field.json_name()) else {
            continue;
        };
        match (field.kind(), value) {
            (Kind::Message(entry), Value::Object(entries)) if field.is_map() => {
                entries.sort_keys();
                if let Kind::Message(inner) = entry.map_entry_value_field().kind() {
                    entries
                        .values_mut()
                        .for_each(|value| sort_maps(&inner, value));
                }
            }
            (Kind::Message(inner), Value::Array(elements)) => {
                elements
                    .iter_mut()
                    .for_each(|element| sort_maps(&inner, element));
            }
            (Kind::Message(inner), value) => sort_maps(&inner, value),
            _ => {}
        }
    }
}

/// The serialized message that a protobuf JSON value stands for. Takes camelCase and snake_case keys.
///
/// # Errors
///
/// [`ErrorKind::Invalid`] with the place and reason if the value is not such a message; unknown
/// keys are refused, since they are nearly always typing errors.
pub fn from_json(message: &str, value: Value) -> Result<Vec<u8>> {
    let options = DeserializeOptions::new().deny_unknown_fields(true);
    let decoded = DynamicMessage::deserialize_with_options(descriptor(message)?, value, &options)
        .map_err(|why| {
        Error::invalid(format!(
            "not a {}: {why}",
            message.rsplit('.').next().unwrap_or(message)
        ))
    })?;
    Ok(decoded.encode_to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn json_goes_both_ways() {
        let value = json!({"spec": {"name": "driver", "valueType": "INT64", "tags": {"a": "b"}}});
        let body = from_json("feast.core.Entity", value.clone()).unwrap();
        assert_eq!(to_json("feast.core.Entity", &body).unwrap(), value);
    }

    #[test]
    fn a_short_float_has_its_own_digits() {
        let body = from_json("feast.core.LoggingConfig", json!({"sampleRate": 0.1})).unwrap();
        assert_eq!(
            to_json("feast.core.LoggingConfig", &body).unwrap(),
            json!({"sampleRate": 0.1})
        );
    }

    #[test]
    fn map_entries_stand_by_their_key() {
        let tags: serde_json::Map<String, Value> = (0..20)
            .map(|n| (format!("{:02}", 19 - n), "x".into()))
            .collect();
        let body = from_json("feast.core.Entity", json!({"spec": {"tags": tags}})).unwrap();
        let value = to_json("feast.core.Entity", &body).unwrap();
        let keys: Vec<&String> = value["spec"]["tags"].as_object().unwrap().keys().collect();
        assert!(keys.is_sorted(), "{keys:?}");
    }

    #[test]
    fn a_misspelt_key_is_refused() {
        let error = from_json("feast.core.Entity", json!({"spec": {"nam": "driver"}})).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert!(error.message().contains("nam"), "{error}");
    }
}
