//! YAML: any number of documents, one object each, or a list of them.

use feast_registry_core::Error;
use serde_json::Value;
use serde_saphyr::{DuplicateKeyPolicy, Spanned};

use super::{Definition, complaint, document};

/// Largest text, in bytes.
const MAX_BYTES: usize = 256 * 1024 * 1024;
/// Deepest nesting; objects have ten levels or so.
const MAX_DEPTH: usize = 40;
/// What aliases may add, in nodes: they turn a short text into a long one.
const MAX_REPLAYED: usize = 100_000;

pub(super) fn read(name: &str, text: &str) -> Result<Vec<Definition>, Error> {
    if text.len() > MAX_BYTES {
        return Err(
            complaint(name, "a YAML file of more than 256 MiB is not accepted")
                .with_hint("split it, or use a registry file"),
        );
    }
    let documents: Vec<Spanned<Value>> =
        serde_saphyr::from_multiple_with_options(text, options(text.len()))
            .map_err(|error| syntax(name, &error))?;
    let mut definitions = Vec::new();
    for found in documents {
        let place = format!("{name}:{}", found.referenced.line());
        match found.value {
            Value::Array(items) => {
                for (index, item) in items.into_iter().enumerate() {
                    let place = format!("{place}: object {}", index + 1);
                    definitions.push(document::read(&place, item)?);
                }
            }
            value => definitions.push(document::read(&place, value)?),
        }
    }
    if definitions.is_empty() {
        return Err(complaint(name, "it holds no objects"));
    }
    Ok(definitions)
}

/// Limits in proportion to the text: what a text says without aliases has fewer nodes than bytes.
fn options(length: usize) -> serde_saphyr::Options {
    let most = length.saturating_add(MAX_REPLAYED);
    serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_depth: MAX_DEPTH,
            max_nodes: most,
            max_events: most.saturating_mul(2),
            max_documents: most,
            max_aliases: MAX_REPLAYED,
            max_anchors: 10_000,
            max_merge_keys: 10_000,
            max_recorded_anchor_events: MAX_REPLAYED,
            max_recorded_anchor_bytes: 16 * 1024 * 1024,
            max_total_scalar_bytes: most.saturating_mul(2),
        },
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: MAX_REPLAYED,
        },
        duplicate_keys: DuplicateKeyPolicy::Error,
        strict_booleans: true,
        with_snippet: false,
    }
}

fn syntax(name: &str, error: &serde_saphyr::Error) -> Error {
    let place = match error.location() {
        Some(at) if at.line() > 0 => format!("{name}:{}:{}", at.line(), at.column()),
        _ => name.to_owned(),
    };
    complaint(&place, problem(error))
}

fn problem(error: &serde_saphyr::Error) -> String {
    use serde_saphyr::Error;
    match error.without_snippet() {
        Error::AliasError { error, .. } => problem(error),
        Error::Budget { .. }
        | Error::AliasReplayLimitExceeded { .. }
        | Error::AliasExpansionLimitExceeded { .. }
        | Error::AliasReplayStackDepthExceeded { .. } => format!(
            "larger or deeper than any definition: at most {MAX_DEPTH} levels, and {MAX_REPLAYED} values that come from aliases"
        ),
        Error::DuplicateMappingKey { key, .. } => match key {
            Some(key) => format!("the key `{key}` is there twice"),
            None => "a key is there twice".to_owned(),
        },
        other => {
            // The text of the error ends with the place.
            let text = other.to_string();
            let text = text.split(" at line ").next().unwrap_or(&text);
            format!("not valid YAML: {text}")
        }
    }
}
