//! Remove an object, and what belongs to it.

use std::sync::Arc;

use super::{Delete, Draft, Effect, Outcome, Rule};
use crate::store::{Lock, Range};
use crate::{Error, ErrorKind, Key, Record, Result, Revision};

/// Deletes an object; with a view goes its history.
///
/// A race between Python writers can leave views of several kinds under one name: then all go.
pub(super) fn delete(draft: &mut Draft<'_>, delete: &Delete) -> Rule<Outcome> {
    let key = |kind| Key::new(kind, Arc::clone(&delete.project), Arc::clone(&delete.name));
    let rows = draft.get_present(delete.kinds().iter().copied().map(key), Lock::Update)?;
    let first = rows
        .first()
        .ok_or_else(|| Error::not_found(delete.kind, &delete.project, &delete.name))?;
    check_revision(first, delete.expected)?;
    let outcome = Outcome::new(first.key.clone(), Effect::Deleted, None);
    if first.key.kind.is_view() {
        draft.empty(Range::versions(
            Arc::clone(&delete.project),
            Arc::clone(&delete.name),
        ));
    }
    draft.touch(&delete.project);
    for row in rows {
        draft.remove(row.key);
    }
    Ok(outcome)
}

/// Fails if a row is not what the caller last saw.
pub(super) fn check_revision(row: &Record, expected: Option<Revision>) -> Result<()> {
    check_expected(&row.key, Some(row), expected)
}

/// Fails if an object is not what the caller last saw, gone included.
pub(super) fn check_expected(
    key: &Key,
    row: Option<&Record>,
    expected: Option<Revision>,
) -> Result<()> {
    let Some(expected) = expected else {
        return Ok(());
    };
    let current = row.map(Record::revision);
    if current == Some(expected) {
        return Ok(());
    }
    let is = current.map_or("does not exist".to_owned(), |current| {
        format!("is at revision {current}")
    });
    Err(Error::new(
        ErrorKind::RevisionConflict,
        format!("{key} {is}, not at the expected {expected}"),
    )
    .with_hint("read the object again, redo the change on it and try with its revision")
    .with_current(current))
}
