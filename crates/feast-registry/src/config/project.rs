//! The rules for a project's name.

use super::ConfigError;
use super::keys::PROJECT;
use super::merge::Merged;
use super::redact;

const ACCEPTED: &str =
    "letters, digits, underscores and hyphens, with neither of the last two at the start";

/// The project in effect, if one is named.
pub(super) fn checked(
    merged: &Merged,
    sqlite_online_store: bool,
    warnings: &mut Vec<String>,
) -> Result<Option<String>, ConfigError> {
    let Ok(name) = merged.figment.extract_inner::<String>(PROJECT) else {
        return Ok(None);
    };
    let source = merged.source(PROJECT);
    if !is_valid(&name) {
        return Err(ConfigError::value(
            source,
            PROJECT,
            redact::found(&name.into()),
            ACCEPTED,
        ));
    }
    if sqlite_online_store && name.contains('-') {
        warnings.push(format!(
            "{source}: project `{name}` has a hyphen, which Feast itself refuses with the SQLite online store of this file"
        ));
    }
    Ok(Some(name))
}

/// Feast's rule; letters and digits are those of Unicode. Feast lets an empty name pass; we do not.
fn is_valid(name: &str) -> bool {
    let word = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    !name.is_empty() && !name.starts_with(['_', '-']) && name.chars().all(word)
}
