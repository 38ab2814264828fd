//! Values as they may be shown in messages and listings.

use super::shape::Shape;
use feast_registry_core::url::RegistryUrl;
use serde_json::Value;

/// Longest piece of a value that a message quotes, in characters.
const QUOTED: usize = 60;

/// What stands for a secret.
pub(super) const HIDDEN: &str = "***";

/// What was found, for an error about its type.
pub(super) fn found(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(flag) => format!("{flag} (a flag)"),
        Value::Number(number) => format!("{number} (a number)"),
        Value::String(text) => format!("\"{}\" (text)", shorten(&url_or_text(text))),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "a map".to_owned(),
    }
}

/// What was found in a variable or flag; the text of JSON values is not quoted, it may hold secrets.
pub(super) fn found_text(shape: Shape, text: &str) -> String {
    match shape {
        Shape::TextMap | Shape::Map | Shape::Mcp | Shape::Names => "something else".to_owned(),
        _ => format!("\"{}\"", shorten(&url_or_text(text))),
    }
}

/// Whether a setting of this name holds a secret.
pub(super) fn is_secret(name: &str) -> bool {
    RegistryUrl::is_secret_key(name)
}

/// The value in effect, for a listing. `name` is the last part of its key.
pub(super) fn shown(name: &str, value: &Value) -> String {
    match value {
        Value::String(text) if name == "client_key" => text.clone(),
        _ if is_secret(name) => HIDDEN.to_owned(),
        Value::String(text) => url_or_text(text),
        other => other.to_string(),
    }
}

/// A path or URL without its password; where it is no URL, only its scheme.
pub(super) fn url(text: &str) -> String {
    match RegistryUrl::parse(text) {
        Ok(url) => url.to_string(),
        Err(_) => scheme_only(text),
    }
}

/// Text that may be a URL goes through the redaction of URLs.
fn url_or_text(text: &str) -> String {
    if text.contains("://") || text.contains('@') {
        url(text)
    } else {
        text.to_owned()
    }
}

fn scheme_only(text: &str) -> String {
    match text.split_once("://") {
        Some((scheme, _))
            if scheme
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "+-._".contains(c)) =>
        {
            format!("{scheme}://{HIDDEN}")
        }
        _ => HIDDEN.to_owned(),
    }
}

fn shorten(text: &str) -> String {
    let plain = |c: char| if c.is_control() { '\u{fffd}' } else { c };
    let mut short: String = text.chars().take(QUOTED).map(plain).collect();
    if text.chars().nth(QUOTED).is_some() {
        short.push('…');
    }
    short
}
