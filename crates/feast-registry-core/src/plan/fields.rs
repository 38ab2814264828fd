//! What two definitions do not have in common, field by field, for people.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Kind, Revision, json};

/// A field that is different.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FieldChange {
    /// Where it is in the protobuf JSON, for example `spec.features[trips].valueType`.
    pub path: String,
    /// What it was; null where it was not there.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub before: Value,
    /// What it is now; null where it is gone.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub after: Value,
}

/// The time of an apply is no part of a definition.
const STAMPS: [&str; 2] = ["meta.createdTimestamp", "meta.lastUpdatedTimestamp"];

/// The fields in which two serialized objects of a kind differ, stamps aside. Where they differ in nothing
/// that has a name here, such as fields that this version does not know, their revisions do, as
/// `digest`.
pub fn differing_fields(kind: Kind, before: &[u8], after: &[u8]) -> Vec<FieldChange> {
    let decoded = |body: &[u8]| json::to_json(kind.spec().message, body).unwrap_or_default();
    let mut changes = differing_values(&decoded(before), &decoded(after));
    changes.retain(|change| !STAMPS.contains(&&*change.path));
    if changes.is_empty() && before != after {
        let digest = |body| Value::from(Revision::of(body).to_string());
        changes.push(change("digest", &digest(before), &digest(after)));
    }
    changes
}

/// The fields in which two values differ, all of them; elements of lists by their names.
pub fn differing_values(before: &Value, after: &Value) -> Vec<FieldChange> {
    let mut changes = Vec::new();
    compare("", before, after, &mut changes);
    changes
}

fn compare(path: &str, before: &Value, after: &Value, changes: &mut Vec<FieldChange>) {
    match (before, after) {
        _ if before == after => {}
        (Value::Object(a), Value::Object(b)) => {
            let mut names: Vec<&String> = a.keys().collect();
            names.extend(b.keys().filter(|name| !a.contains_key(*name)));
            for name in names {
                let dot = if path.is_empty() { "" } else { "." };
                let (a, b) = (member(before, name), member(after, name));
                compare(&format!("{path}{dot}{name}"), a, b, changes);
            }
        }
        (Value::Array(a), Value::Array(b)) => match (names(a), names(b)) {
            (Some(x), Some(y)) if is_order(&x, &y) => {
                changes.push(change(path, &Value::from(x), &Value::from(y)));
                compare_named(path, a, b, changes);
            }
            (Some(_), Some(_)) => compare_named(path, a, b, changes),
            _ if a.len() == b.len() => {
                for (place, (a, b)) in a.iter().zip(b).enumerate() {
                    compare(&format!("{path}[{place}]"), a, b, changes);
                }
            }
            _ => changes.push(change(path, before, after)),
        },
        _ => changes.push(change(path, before, after)),
    }
}

/// Compares elements that have one name each by their names.
fn compare_named(path: &str, a: &[Value], b: &[Value], changes: &mut Vec<FieldChange>) {
    let find = |values: &[Value], name: &str| {
        let found = values.iter().find(|value| name_of(value) == Some(name));
        found.cloned().unwrap_or_default()
    };
    let added = b.iter().filter(|value| {
        let name = name_of(value);
        a.iter().all(|value| name_of(value) != name)
    });
    for name in a.iter().chain(added).filter_map(name_of) {
        let place = format!("{path}[{name}]");
        compare(&place, &find(a, name), &find(b, name), changes);
    }
}

fn change(path: &str, before: &Value, after: &Value) -> FieldChange {
    FieldChange {
        path: path.to_owned(),
        before: before.clone(),
        after: after.clone(),
    }
}

fn member<'a>(value: &'a Value, name: &str) -> &'a Value {
    value.get(name).unwrap_or(&Value::Null)
}

fn name_of(value: &Value) -> Option<&str> {
    value.get("name")?.as_str()
}

/// The names of elements that all have one of their own.
fn names(values: &[Value]) -> Option<Vec<&str>> {
    let names: Option<Vec<&str>> = values.iter().map(name_of).collect();
    let distinct: BTreeSet<&str> = names.iter().flatten().copied().collect();
    names.filter(|names| names.len() == distinct.len())
}

/// Whether two lists differ in nothing but the order of what both have.
fn is_order(a: &[&str], b: &[&str]) -> bool {
    let common = |of: &[&str], with: &[&str]| -> Vec<String> {
        let both = of.iter().filter(|name| with.contains(name));
        both.map(ToString::to_string).collect()
    };
    common(a, b) != common(b, a)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn paths(before: Value, after: Value) -> Vec<String> {
        let changes = differing_values(&before, &after);
        changes.into_iter().map(|change| change.path).collect()
    }

    #[test]
    fn what_has_no_name_shows_in_the_digest() {
        // Field 99, a number, of the message at field 1.
        let unknown = |number: u8| [0x0a, 3, 0x98, 0x06, number];
        let changes = differing_fields(Kind::Entity, &unknown(1), &unknown(2));
        let paths: Vec<&str> = changes.iter().map(|change| &*change.path).collect();
        assert_eq!(paths, ["digest"]);
        assert_eq!(differing_fields(Kind::Entity, &unknown(1), &unknown(1)), []);
    }

    #[test]
    fn equal_values_have_no_differences() {
        assert!(paths(json!({"a": [1, {"b": 2}]}), json!({"a": [1, {"b": 2}]})).is_empty());
    }

    #[test]
    fn a_path_leads_to_what_differs() {
        let before = json!({"spec": {"tags": {"a": "1", "b": "2"}, "same": true}});
        let after = json!({"spec": {"tags": {"a": "1", "c": "3"}, "same": true}});
        assert_eq!(paths(before, after), ["spec.tags.b", "spec.tags.c"]);
    }

    #[test]
    fn elements_are_known_by_their_names() {
        let before = json!({"f": [{"name": "x", "t": 1}, {"name": "y", "t": 2}]});
        let after = json!({"f": [{"name": "y", "t": 3}, {"name": "z", "t": 4}]});
        assert_eq!(paths(before, after), ["f[x]", "f[y].t", "f[z]"]);
    }

    #[test]
    fn another_order_is_a_difference() {
        let before = json!({"f": [{"name": "x"}, {"name": "y"}]});
        let after = json!({"f": [{"name": "y"}, {"name": "x"}]});
        assert_eq!(paths(before, after), ["f"]);
    }

    #[test]
    fn elements_without_names_are_known_by_their_places() {
        assert_eq!(
            paths(json!({"e": ["a", "b"]}), json!({"e": ["a", "c"]})),
            ["e[1]"]
        );
        assert_eq!(paths(json!({"e": ["a"]}), json!({"e": ["a", "c"]})), ["e"]);
    }
}
