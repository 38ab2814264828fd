//! The rows of `feast_metadata`, and the opaque bytes beside a view.

use std::sync::Arc;

use bytes::Bytes;

use super::{Draft, Effect, Outcome, Rule, project};
use crate::store::Lock;
use crate::{Error, Extra, Key, LAST_UPDATED, PROJECT_UUID, Record};

/// Notes the second of a change in the project's metadata.
///
/// Every writer of a project would queue for this row, so it is read without a lock and written
/// only when the second has changed; it is not even read where it is known to have this second. With
/// the first one comes the identity of the project.
pub(super) fn bump(draft: &mut Draft<'_>, project: &Arc<str>) -> Rule<()> {
    if draft.settings().purge_feast_metadata || draft.is_stamped(project) {
        return Ok(());
    }
    let stamp_key = Key::metadata(Arc::clone(project), LAST_UPDATED);
    if draft.has_put(&stamp_key) {
        // An import brought its own.
        return Ok(());
    }
    let stamp = draft.get(&stamp_key, Lock::Plain)?;
    let second = draft.second();
    if stamp.is_none() {
        identify(draft, project)?;
    }
    if stamp.is_none_or(|row| row.stamp < second) {
        draft.put(Record::new(stamp_key, second.to_string(), second))?;
    }
    Ok(())
}

/// Gives a project an identity, unless it has one.
fn identify(draft: &mut Draft<'_>, project: &Arc<str>) -> Rule<()> {
    let key = Key::metadata(Arc::clone(project), PROJECT_UUID);
    if draft.get(&key, Lock::Plain)?.is_none() {
        let uuid = draft.uuid(&format!("{PROJECT_UUID} {project}"));
        draft.put(Record::new(key, uuid, draft.second()))?;
    }
    Ok(())
}

/// Sets a value about a project.
pub(super) fn set_project_metadata(
    draft: &mut Draft<'_>,
    project: &Arc<str>,
    key: &Arc<str>,
    value: &str,
) -> Rule<Outcome> {
    let row_key = Key::metadata(Arc::clone(project), Arc::clone(key));
    let before = draft.get(&row_key, Lock::Update)?;
    if before.is_none() {
        project::ensure(draft, project, Lock::Share)?;
    }
    let effect = match &before {
        None => Effect::Created,
        Some(row) if *row.body == *value.as_bytes() => {
            return Ok(Outcome::new(row_key, Effect::Unchanged, Some(row)));
        }
        Some(_) => Effect::Updated,
    };
    let row = Record::new(row_key, value.to_owned(), draft.second());
    draft.put(row.clone())?;
    Ok(Outcome::new(row.key.clone(), effect, Some(&row)))
}

/// Attaches opaque bytes to a view: moves the row's stamp, not the message's.
pub(super) fn set_user_metadata(
    draft: &mut Draft<'_>,
    project: &Arc<str>,
    view: &Arc<str>,
    bytes: &Bytes,
) -> Rule<Outcome> {
    let mut row = super::view::find_any(draft, project, view, Lock::Update)?
        .ok_or_else(|| Error::not_found(crate::Kind::FeatureView, project, view))?;
    let bytes = Extra::UserMetadata(bytes.clone());
    if row.extra == bytes {
        return Ok(Outcome::new(row.key.clone(), Effect::Unchanged, Some(&row)));
    }
    row.extra = bytes;
    row.stamp = row.stamp.max(draft.second());
    draft.put(row.clone())?;
    Ok(Outcome::new(row.key.clone(), Effect::Updated, Some(&row)))
}
