//! Where each value is from, read off the tags that figment keeps with every value.

use super::DEFAULT;
use crate::config::keys::{KEYS, Key, PROJECT};
use crate::config::{Origin, redact};
use feast_registry_core::url::RegistryUrl;
use figment::Figment;
use figment::value::Value;

/// Lists the project and every key with a value, in the order of the table; maps are listed by their leaves. Defaults of keys
/// that mean nothing to this registry are left out.
pub(super) fn origins(figment: &Figment) -> Vec<Origin> {
    let text = |key| figment.extract_inner::<String>(key).unwrap_or_default();
    let registry_type = text("registry.registry_type");
    let path = RegistryUrl::parse(&text("registry.path"));
    let meant = |key: &Key| {
        path.as_ref()
            .map_or(true, |it| key.place.has(&registry_type, it))
    };
    let mut list = Vec::new();
    if let Ok(value) = figment.find_value(PROJECT) {
        add(figment, PROJECT, PROJECT, &value, &mut list);
    }
    for key in KEYS {
        let full = key.full_name();
        let Ok(value) = figment.find_value(&full) else {
            continue;
        };
        let before = list.len();
        add(figment, key.name, &full, &value, &mut list);
        if !meant(key) {
            let said = list.split_off(before).into_iter();
            list.extend(said.filter(|origin| origin.source != DEFAULT));
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
                .map_or(DEFAULT, |metadata| metadata.name.as_ref());
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
