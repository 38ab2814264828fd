//! Where each value is from, read off the tags that figment keeps with every value.

use crate::config::keys::{KEYS, PROJECT};
use crate::config::{Origin, redact};
use figment::Figment;
use figment::value::Value;

/// Lists the project and every key with a value, in the order of the table; maps are listed by their leaves.
pub(super) fn origins(figment: &Figment) -> Vec<Origin> {
    let names = KEYS.iter().map(|key| (key.name, key.full_name()));
    let mut list = Vec::new();
    for (name, full) in std::iter::once((PROJECT, PROJECT.to_owned())).chain(names) {
        if let Ok(value) = figment.find_value(&full) {
            add(figment, name, &full, &value, &mut list);
        }
    }
    list
}

fn add(figment: &Figment, name: &str, full: &str, value: &Value, list: &mut Vec<Origin>) {
    match value {
        Value::Dict(_, dict) if !dict.is_empty() => {
            for (key, value) in dict {
                let hidden = if redact::is_secret(name) { name } else { key };
                add(figment, hidden, &format!("{full}.{key}"), value, list);
            }
        }
        _ => {
            let source = figment
                .get_metadata(value.tag())
                .map_or("default", |metadata| metadata.name.as_ref());
            list.push(Origin {
                key: full.to_owned(),
                value: text(name, value),
                source: source.to_owned(),
            });
        }
    }
}

fn text(name: &str, value: &Value) -> String {
    let json = serde_json::to_value(value).unwrap_or_default();
    match (name, json.as_str()) {
        ("path" | "read_path", Some(text)) => redact::url(text),
        _ => redact::shown(name, &json),
    }
}
