//! What may be a name.

use crate::{Error, Result};

/// Feast's columns hold names of this many characters.
pub(super) const MAX_NAME: usize = 255;
/// Feast's column for metadata keys holds this many characters.
pub(super) const MAX_METADATA_KEY: usize = 50;

/// Refuses what no backend can keep: empty names, longer ones than the columns, NUL.
pub(super) fn check(what: &str, name: &str, max: usize) -> Result<()> {
    if name.is_empty() {
        return Err(Error::invalid(format!("the {what} is empty")));
    }
    let length = name.chars().count();
    if length > max {
        return Err(Error::invalid(format!(
            "the {what} has {length} characters; at most {max} are allowed"
        )));
    }
    check_text(what, name)
}

/// Refuses NUL, which PostgreSQL cannot keep in text.
pub(super) fn check_text(what: &str, text: &str) -> Result<()> {
    if text.contains('\0') {
        return Err(Error::invalid(format!(
            "the {what} contains a NUL character"
        )));
    }
    Ok(())
}

/// The names of views also stand in references such as `view@v2:feature`.
pub(super) fn check_view(name: &str) -> Result<()> {
    match name.chars().find(|c| matches!(c, '@' | ':')) {
        Some(c) => Err(Error::invalid(format!(
            "the feature view name `{name}` contains `{c}`, which is reserved for version-qualified references"
        ))),
        None => Ok(()),
    }
}
