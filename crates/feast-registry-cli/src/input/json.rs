//! JSON: one object, several, or arrays of them.

use feast_registry_core::Error;
use serde_json::{Deserializer, Value};

use super::{Definition, complaint, document};

pub(super) fn read(name: &str, text: &str) -> Result<Vec<Definition>, Error> {
    let mut definitions = Vec::new();
    let mut number = 0;
    for value in Deserializer::from_str(text).into_iter::<Value>() {
        let value = value.map_err(|error| syntax(name, &error))?;
        let items = match value {
            Value::Array(items) => items,
            value => vec![value],
        };
        for item in items {
            number += 1;
            definitions.push(document::read(&format!("{name}: object {number}"), item)?);
        }
    }
    Ok(definitions)
}

fn syntax(name: &str, error: &serde_json::Error) -> Error {
    // The text of the error ends with the place.
    let text = error.to_string();
    let problem = text.split(" at line ").next().unwrap_or(&text);
    complaint(
        &format!("{name}:{}:{}", error.line(), error.column()),
        format_args!("not valid JSON: {problem}"),
    )
}
