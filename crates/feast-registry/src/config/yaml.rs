//! Reading YAML, within fixed limits.

use super::ConfigError;
use super::locate::MAX_BYTES;
use super::tree::Node;
use serde_saphyr::{DuplicateKeyPolicy, Error};

/// Deepest nesting accepted. Each level costs some 50 KB of stack in a debug build; real files have six or so.
const MAX_DEPTH: usize = 20;
/// Most nodes accepted, aliases counted each time they are used.
const MAX_NODES: usize = 20_000;

/// Reads one YAML document.
pub(super) fn parse(label: &str, text: &str) -> Result<Node, ConfigError> {
    serde_saphyr::from_str_with_options(text, options()).map_err(|error| describe(label, &error))
}

fn options() -> serde_saphyr::Options {
    serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_depth: MAX_DEPTH,
            max_nodes: MAX_NODES,
            max_events: 4 * MAX_NODES,
            max_aliases: 1_000,
            max_anchors: 1_000,
            max_merge_keys: 1_000,
            max_recorded_anchor_events: 4 * MAX_NODES,
            max_recorded_anchor_bytes: 4 * MAX_BYTES,
            max_total_scalar_bytes: 4 * MAX_BYTES,
        },
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: MAX_NODES,
        },
        duplicate_keys: DuplicateKeyPolicy::PassThrough,
        non_finite_float_policy: serde_saphyr::options::NonFiniteFloatPolicy::PassThrough,
        legacy_octal_numbers: true,
        reject_unsupported_tags: true,
        with_snippet: false,
    }
}

/// The place, and what is wrong there.
fn describe(label: &str, error: &Error) -> ConfigError {
    let (line, column) = error
        .location()
        .map_or((0, 0), |at| (at.line(), at.column()));
    ConfigError::Syntax {
        file: label.to_owned(),
        line,
        column,
        problem: problem(error),
    }
}

/// A text of our own where the library's could quote the file.
fn problem(error: &Error) -> String {
    match error.without_snippet() {
        Error::AliasError { error, .. } => return problem(error),
        // The parser's texts are fixed; at most they quote one character.
        Error::ExternalMessage { msg, .. } => return format!("not valid YAML: {msg}"),
        Error::Budget { .. }
        | Error::AliasReplayLimitExceeded { .. }
        | Error::AliasExpansionLimitExceeded { .. }
        | Error::AliasReplayStackDepthExceeded { .. } => {
            return format!(
                "larger than any configuration: at most {MAX_NODES} values, {MAX_DEPTH} levels deep, aliases counted"
            );
        }
        Error::MultipleDocuments { .. } => "more than one YAML document; one is accepted",
        Error::UnknownAnchor { .. } => "an alias (`*name`) without its anchor (`&name`); quote the value",
        Error::UnsupportedTag { .. } => "an unknown tag (`!name`); quote the value",
        Error::Eof { .. } => "the text ends too early",
        _ => "not valid YAML for a configuration (keys must be text)",
    }
    .to_owned()
}
