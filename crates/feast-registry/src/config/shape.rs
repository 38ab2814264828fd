//! What kind of value a key takes: the check of YAML values and the reading of variables, in one place.

use serde_json::{Map, Value};

/// The kind of a key's value. YAML values are taken strictly, as in Feast: `"60"` is no number.
#[derive(Debug, Clone, Copy)]
pub(super) enum Shape {
    Text,
    Url,
    Choice(&'static [&'static str]),
    Integer,
    /// How many of something there are, at most 999.
    Count,
    Flag,
    /// A flag that Feast also takes as text.
    LaxFlag,
    /// Text under text.
    TextMap,
    /// Anything under text.
    Map,
    /// A list of names.
    Names,
    /// `{enabled: true|false}`.
    Mcp,
}

impl Shape {
    /// What is accepted, for an error.
    pub(super) fn accepted(self) -> String {
        match self {
            Self::Text => "text".to_owned(),
            Self::Url => "a URL or a path, as text".to_owned(),
            Self::Choice(names) => names.join(", "),
            Self::Integer => "a whole number without quotes, such as 600".to_owned(),
            Self::Count => "a whole number from 0 to 999, without quotes".to_owned(),
            Self::Flag | Self::LaxFlag => "true or false, without quotes".to_owned(),
            Self::TextMap => "a map whose values are text".to_owned(),
            Self::Map => "a map".to_owned(),
            Self::Names => "a list of names".to_owned(),
            Self::Mcp => "a map with `enabled: true` or `enabled: false`".to_owned(),
        }
    }

    /// What is accepted in a variable.
    pub(super) fn accepted_text(self) -> String {
        match self {
            Self::Integer => "a whole number such as 600".to_owned(),
            Self::Count => "a whole number from 0 to 999".to_owned(),
            Self::Flag | Self::LaxFlag => "true, false, yes, no, on, off, 1 or 0".to_owned(),
            Self::TextMap => "a JSON object whose values are text".to_owned(),
            Self::Map | Self::Mcp => "a JSON object".to_owned(),
            Self::Names => "names with commas between them, or a JSON array".to_owned(),
            other => other.accepted(),
        }
    }

    /// Takes a value from YAML; gives it back if it is not of this kind.
    pub(super) fn check(self, value: Value) -> Result<Value, Value> {
        let right = match self {
            Self::Text | Self::Url => value.is_string(),
            Self::Choice(names) => value.as_str().is_some_and(|text| names.contains(&text)),
            Self::Integer => value.is_i64(),
            Self::Count => value.as_u64().is_some_and(|count| count <= 999),
            Self::Flag => value.is_boolean(),
            Self::LaxFlag => return lax(value),
            Self::TextMap => value
                .as_object()
                .is_some_and(|map| map.values().all(Value::is_string)),
            Self::Map => value.is_object(),
            Self::Names => value
                .as_array()
                .is_some_and(|list| list.iter().all(Value::is_string)),
            Self::Mcp => value.as_object().is_some_and(is_mcp),
        };
        if right { Ok(value) } else { Err(value) }
    }

    /// Takes the text of a variable, a flag or a default.
    pub(super) fn parse(self, text: &str) -> Option<Value> {
        let value = match self {
            Self::Text | Self::Url | Self::Choice(_) => Value::from(text),
            Self::Integer | Self::Count => text.trim().parse::<i64>().ok()?.into(),
            Self::Flag | Self::LaxFlag => parse_flag(text)?.into(),
            Self::Names if !text.trim_start().starts_with('[') => names(text),
            Self::Names | Self::TextMap | Self::Map | Self::Mcp => {
                serde_json::from_str(text).ok()?
            }
        };
        self.check(value).ok()
    }
}

fn names(text: &str) -> Value {
    text.split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty())
        .collect()
}

fn parse_flag(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" | "1" => Some(true),
        "false" | "no" | "off" | "0" => Some(false),
        _ => None,
    }
}

fn lax(value: Value) -> Result<Value, Value> {
    match &value {
        Value::Bool(_) => Ok(value),
        Value::String(text) => parse_flag(text).map(Value::Bool).ok_or(value),
        _ => Err(value),
    }
}

fn is_mcp(map: &Map<String, Value>) -> bool {
    map.iter()
        .all(|(key, value)| key == "enabled" && value.is_boolean())
}
