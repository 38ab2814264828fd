//! Comparing JSON documents, with the places where they differ.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

/// The places where two documents differ, as `path: left | right`.
pub(crate) fn differences(left: &Value, right: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    walk("", left, right, &mut found);
    found
}

/// Fails with all the differences there are, shortened.
pub(crate) fn assert_same(what: &str, left: &Value, right: &Value) {
    let found = differences(left, right);
    assert!(
        found.is_empty(),
        "{what}: {} differences\n{}",
        found.len(),
        listed(&found)
    );
}

/// Fails unless the differences are exactly those that are known, each with its reason.
pub(crate) fn assert_differs_only(what: &str, left: &Value, right: &Value, known: &[&str]) {
    let found = differences(left, right);
    let known: BTreeSet<String> = known.iter().map(|&each| each.to_owned()).collect();
    let new: BTreeSet<String> = found.difference(&known).cloned().collect();
    let gone: BTreeSet<String> = known.difference(&found).cloned().collect();
    assert!(
        new.is_empty() && gone.is_empty(),
        "{what}\nnot known:\n{}\nknown, but no longer there:\n{}",
        listed(&new),
        listed(&gone)
    );
}

fn listed(found: &BTreeSet<String>) -> String {
    let lines: Vec<&str> = found.iter().take(40).map(String::as_str).collect();
    lines.join("\n")
}

fn walk(path: &str, left: &Value, right: &Value, found: &mut BTreeSet<String>) {
    match (left, right) {
        (Value::Object(left), Value::Object(right)) => {
            let keys: BTreeSet<&String> = left.keys().chain(right.keys()).collect();
            for key in keys {
                let side = |of: &Map<String, Value>| of.get(key).cloned().unwrap_or(Value::Null);
                walk(&format!("{path}/{key}"), &side(left), &side(right), found);
            }
        }
        (Value::Array(left), Value::Array(right)) if left.len() == right.len() => {
            for (index, (left, right)) in left.iter().zip(right).enumerate() {
                walk(&format!("{path}/{index}"), left, right, found);
            }
        }
        _ if left == right => {}
        _ => {
            found.insert(format!("{path}: {} | {}", short(left), short(right)));
        }
    }
}

fn short(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().count() <= 120 {
        return text;
    }
    text.chars().take(120).chain("…".chars()).collect()
}

/// Removes a key at the end of a path of keys, where it is.
pub(crate) fn remove(value: &mut Value, path: &[&str]) {
    match path {
        [] => {}
        [last] => {
            if let Some(object) = value.as_object_mut() {
                object.shift_remove(*last);
            }
        }
        [first, rest @ ..] => {
            if let Some(inner) = value.get_mut(*first) {
                remove(inner, rest);
            }
        }
    }
}

/// Removes keys wherever they are.
pub(crate) fn remove_everywhere(value: &mut Value, unwanted: &[&str]) {
    match value {
        Value::Object(object) => {
            object.retain(|key, _| !unwanted.contains(&key.as_str()));
            let values = object.values_mut();
            values.for_each(|value| remove_everywhere(value, unwanted));
        }
        Value::Array(items) => {
            let items = items.iter_mut();
            items.for_each(|item| remove_everywhere(item, unwanted));
        }
        _ => {}
    }
}

/// The strings of a JSON array.
pub(crate) fn strings(value: &Value) -> Vec<String> {
    let items = value
        .as_array()
        .unwrap_or_else(|| panic!("{value} is no array"));
    items
        .iter()
        .map(|item| item.as_str().unwrap().to_owned())
        .collect()
}

/// The keys of a JSON object, sorted.
pub(crate) fn keys(value: &Value) -> BTreeSet<String> {
    value
        .as_object()
        .into_iter()
        .flatten()
        .map(|(key, _)| key.clone())
        .collect()
}
