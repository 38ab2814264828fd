//! Create an object, or change it to a new definition.

use std::sync::Arc;

use bytes::Bytes;

use super::equality::Difference;
use super::{Apply, Draft, Effect, Outcome, Rule, delete, patches, project, service, view};
use crate::store::Lock;
use crate::wire::{Patch, WireError};
use crate::{Error, Key, Kind, Record, Result, model};

/// Applies an object of any kind.
pub(super) fn apply(draft: &mut Draft<'_>, apply: &Apply) -> Rule<Outcome> {
    let key = apply.key();
    let before = draft.get(&key, Lock::Update)?;
    delete::check_expected(&key, before.as_ref(), apply.expected)?;
    if apply.kind.is_view() {
        return view::apply(draft, apply, before);
    }
    let body = match apply.kind {
        Kind::FeatureService => service::resolve(draft, &apply.project, &apply.body)?,
        _ => apply.body.clone(),
    };
    put(draft, key, before, &body)
}

/// Replaces the infrastructure of a project. An empty one is stored as no bytes.
pub(super) fn update_infra(
    draft: &mut Draft<'_>,
    project: &Arc<str>,
    body: &Bytes,
) -> Rule<Outcome> {
    let key = Key::infra(Arc::clone(project));
    let before = draft.get(&key, Lock::Update)?;
    put(draft, key, before, body)
}

fn put(draft: &mut Draft<'_>, key: Key, before: Option<Record>, body: &[u8]) -> Rule<Outcome> {
    match before {
        None => create(draft, key, body),
        Some(row) => {
            let difference = difference(&row, body)?;
            let unreadable = |why| unreadable(&row, body, why);
            if difference.is_same_definition().map_err(unreadable)? {
                return Ok(Outcome::new(key, Effect::Unchanged, Some(&row)));
            }
            difference.check().map_err(unreadable)?;
            let row = patches::changed_row(&row, body, draft.now(), Patch::default())?;
            Ok(store_unchecked(draft, row, Effect::Updated)?)
        }
    }
}

fn create(draft: &mut Draft<'_>, key: Key, body: &[u8]) -> Rule<Outcome> {
    if key.kind != Kind::Project {
        project::ensure(draft, &key.project, Lock::Share)?;
    }
    let row = patches::new_row(key, body, draft.now(), Patch::default())?;
    Ok(store(draft, row, Effect::Created)?)
}

/// Puts a row that differs from what was there. Only now are its bytes decoded to see whether
/// they can be: what equals a stored row needs no proof.
pub(super) fn store(draft: &mut Draft<'_>, row: Record, effect: Effect) -> Result<Outcome> {
    model::check(row.key.kind, &row.body)?;
    store_unchecked(draft, row, effect)
}

/// Puts a row whose bytes are those of a stored one, but for what was checked.
pub(super) fn store_unchecked(
    draft: &mut Draft<'_>,
    row: Record,
    effect: Effect,
) -> Result<Outcome> {
    draft.touch(&row.key.project);
    let outcome = Outcome::new(row.key.clone(), effect, Some(&row));
    draft.put(row)?;
    Ok(outcome)
}

/// Whether a row holds this definition already.
pub(super) fn same(row: &Record, body: &[u8]) -> Result<bool> {
    let same = difference(row, body)?.is_same_definition();
    same.map_err(|why| unreadable(row, body, why))
}

/// What a definition would change in a row. A row that cannot be read is not overwritten
/// silently: what it held may matter.
pub(super) fn difference(row: &Record, body: &[u8]) -> Result<Difference> {
    Difference::between(row.key.kind, &row.body, body).map_err(|why| unreadable(row, body, why))
}

/// The one of the two that cannot be read.
pub(super) fn unreadable(row: &Record, body: &[u8], why: WireError) -> Error {
    match model::check(row.key.kind, body) {
        Err(error) => error,
        Ok(()) => Error::corrupt(&row.key, why),
    }
}
