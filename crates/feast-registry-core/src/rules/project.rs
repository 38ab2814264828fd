//! The life of a project.

use std::collections::BTreeMap;
use std::sync::Arc;

use prost_types::Timestamp;

use super::apply::store_unchecked;
use super::{Delete, Draft, Effect, Outcome, Rule, names, patches};
use crate::store::{Lock, Range};
use crate::wire::{self, Patch, WireError};
use crate::{Error, ErrorKind, Key, Kind, Path, Record, Result};

/// The tag that protects a project from deletion.
const PROTECTED_TAG: &str = "feast.dev/protected-project";

/// The tags of a project.
const TAGS: Path = &[1, 3];

/// Makes sure that a project exists before an object is put into it, and holds its row, so that
/// it cannot be deleted in between.
pub(super) fn ensure(draft: &mut Draft<'_>, project: &Arc<str>, lock: Lock) -> Rule<()> {
    let key = Key::project(Arc::clone(project));
    if draft.get(&key, lock)?.is_none() {
        create(draft, key)?;
    }
    Ok(())
}

/// Creates a project that nobody described, if it is not there.
pub(super) fn ensure_described(draft: &mut Draft<'_>, name: &Arc<str>) -> Rule<Outcome> {
    let key = Key::project(Arc::clone(name));
    let effect = match draft.get(&key, Lock::Share)? {
        Some(_) => Effect::Unchanged,
        None => Effect::Created,
    };
    ensure(draft, name, Lock::Share)?;
    let row = draft.get(&key, Lock::Share)?;
    Ok(Outcome::new(key, effect, row.as_ref()))
}

/// Creates a project that nobody described.
fn create(draft: &mut Draft<'_>, key: Key) -> Rule<()> {
    names::check("project name", &key.name, names::MAX_NAME)?;
    draft.touch(&key.name);
    draft.put(new_row(key, draft.now())?)?;
    Ok(())
}

/// The row of a project that nobody described.
pub(crate) fn new_row(key: Key, now: Timestamp) -> Result<Record, WireError> {
    let body = patches::stamped(Patch::default(), Kind::Project, now, now)
        .set_string(&[1, 1], &key.name)
        .apply(&[])?;
    Ok(Record::new(key, body, now.seconds))
}

/// Deletes a project with everything in it: objects, history, metadata.
pub(super) fn delete(draft: &mut Draft<'_>, delete: &Delete) -> Rule<Outcome> {
    let key = Key::project(Arc::clone(&delete.name));
    let row = draft
        .get(&key, Lock::Update)?
        .ok_or_else(|| Error::not_found(Kind::Project, "", &delete.name))?;
    super::delete::check_revision(&row, delete.expected)?;
    if is_protected(&row, &draft.settings().protected_projects)? {
        return Err(protected(&delete.name).into());
    }
    for kind in Kind::ALL.into_iter().filter(|kind| *kind != Kind::Project) {
        draft.empty(Range::project(kind, Arc::clone(&delete.name)));
    }
    draft.remove(key.clone());
    draft.untouch(&delete.name);
    Ok(Outcome::new(key, Effect::Deleted, None))
}

fn protected(name: &str) -> Error {
    Error::new(
        ErrorKind::Protected,
        format!("project `{name}` is protected and was not deleted"),
    )
    .with_hint(format!(
        "remove it from `protected_projects` and its tag `{PROTECTED_TAG}` first"
    ))
}

/// Tags a project, which is created if need be, or takes the tag away.
pub(super) fn set_protected(
    draft: &mut Draft<'_>,
    name: &Arc<str>,
    protected: bool,
) -> Rule<Outcome> {
    let key = Key::project(Arc::clone(name));
    let mut effect = Effect::Updated;
    if protected && draft.get(&key, Lock::Update)?.is_none() {
        create(draft, key.clone())?;
        effect = Effect::Created;
    }
    let Some(row) = draft.get(&key, Lock::Update)? else {
        return Ok(Outcome::new(key, Effect::Unchanged, None));
    };
    let corrupt = |why| Error::corrupt(&key, why);
    let mut tags = wire::string_map(&row.body, TAGS).map_err(corrupt)?;
    let before = if protected {
        tags.insert(PROTECTED_TAG.into(), "true".into())
    } else {
        tags.remove(PROTECTED_TAG)
    };
    if before.as_deref() == protected.then_some("true") {
        return Ok(Outcome::new(key, Effect::Unchanged, Some(&row)));
    }
    let entries = tags.iter().map(|(key, value)| {
        let entry = Patch::default()
            .set_string(&[1], key)
            .set_string(&[2], value);
        entry.apply(&[])
    });
    let entries: Vec<Vec<u8>> = entries.collect::<Result<_, _>>()?;
    let patch = Patch::default().replace_repeated(TAGS, entries);
    let row = patches::changed_row(&row, &row.body, draft.now(), patch)?;
    Ok(store_unchecked(draft, row, effect)?)
}

/// Whether a project must not be deleted.
pub(crate) fn is_protected(row: &Record, protected: &[String]) -> Result<bool> {
    if protected.iter().any(|name| **name == *row.key.name) {
        return Ok(true);
    }
    let tags = wire::string_map(&row.body, TAGS).unwrap_or_else(|error| {
        // A project that nobody can read must not be one that nobody can delete.
        tracing::warn!(%error, "the tags of {} cannot be read: it counts as not protected", row.key);
        BTreeMap::new()
    });
    Ok(tags
        .get(PROTECTED_TAG)
        .is_some_and(|value| value.eq_ignore_ascii_case("true")))
}
