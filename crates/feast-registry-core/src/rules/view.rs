//! Applying a feature view of any kind.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use prost_types::Timestamp;

use super::versions::{self, Asked};
use super::{Apply, Draft, Outcome, Rule, patches, pins, project};
use crate::store::Lock;
use crate::wire::{self, Patch};
use crate::{Error, ErrorKind, Key, Kind, Record, Result};

/// Applies a view: as the latest definition, or pinned to a version.
pub(super) fn apply(draft: &mut Draft<'_>, apply: &Apply, before: Option<Record>) -> Rule<Outcome> {
    check(apply)?;
    if before.is_none() {
        claim_name(draft, apply.kind, &apply.project, &apply.name)?;
    }
    match Asked::of(apply.kind, &apply.body)? {
        Asked::Latest => versions::latest(draft, apply, before),
        Asked::Pinned { number, text } => pins::pinned(draft, apply, before, number, &text),
    }
}

fn check(apply: &Apply) -> Rule<()> {
    let Some(view) = apply.kind.view() else {
        return Ok(());
    };
    let has_entities = !wire::strings(&apply.body, view.entities_path)?.is_empty();
    if view.needs_entities && !has_entities {
        return Err(
            Error::invalid(format!("feature view `{}` has no entities", apply.name))
                .with_hint("a view without a join key names Feast's placeholder entity `__dummy`")
                .into(),
        );
    }
    match apply.kind {
        Kind::OnDemandFeatureView => check_on_demand(apply, has_entities),
        _ => Ok(()),
    }
}

// Fields of `feast.core.OnDemandFeatureView`.
const SOURCES: (u32, u32) = (1, 4);
const MODE: &[u32] = &[1, 11];
const WRITE_TO_ONLINE_STORE: &[u32] = &[1, 12];
const SINGLETON: &[u32] = &[1, 15];

fn check_on_demand(apply: &Apply, has_entities: bool) -> Rule<()> {
    let (spec, sources) = SOURCES;
    let spec = wire::message(&apply.body, &[spec])?.unwrap_or_default();
    let set = |path| Ok::<_, wire::WireError>(wire::boolean(&apply.body, path)?.unwrap_or(false));
    let problem = if wire::repeated(&spec, sources)?.is_empty() {
        "has no sources"
    } else if set(WRITE_TO_ONLINE_STORE)? && !has_entities {
        "writes to the online store, but has no entities"
    } else if set(SINGLETON)? && wire::string(&apply.body, MODE)?.as_deref() != Some("python") {
        "is a singleton, which only mode `python` can be"
    } else {
        return Ok(());
    };
    Err(Error::invalid(format!("on demand feature view `{}` {problem}", apply.name)).into())
}

/// Makes sure that no view of another kind has the name, and that none gets it meanwhile: the
/// four kinds live in four tables, so only a lock on the project can guard the name.
pub(super) fn claim_name(
    draft: &mut Draft<'_>,
    kind: Kind,
    project: &Arc<str>,
    name: &Arc<str>,
) -> Rule<()> {
    let ensured = project::ensure(draft, project, Lock::Update);
    let sibling = siblings(draft, kind, project, name);
    ensured?;
    match sibling? {
        None => Ok(()),
        Some(taken) => Err(Error::new(
            ErrorKind::NameConflict,
            format!("the name `{name}` in project `{project}` belongs to a {taken} and cannot be used for a {kind}"),
        )
        .with_hint("views of all kinds share one name space: choose another name, or delete the other view first")
        .into()),
    }
}

fn siblings(
    draft: &mut Draft<'_>,
    kind: Kind,
    project: &Arc<str>,
    name: &Arc<str>,
) -> Rule<Option<Kind>> {
    let others = Kind::VIEWS.into_iter().filter(|other| *other != kind);
    let keys = others.map(|other| Key::new(other, Arc::clone(project), Arc::clone(name)));
    let taken = draft.get_present(keys, Lock::Plain)?;
    Ok(taken.first().map(|row| row.key.kind))
}

/// The view with a name, whatever its kind.
pub(super) fn find_any(
    draft: &mut Draft<'_>,
    project: &Arc<str>,
    name: &Arc<str>,
    lock: Lock,
) -> Rule<Option<Record>> {
    let keys = Kind::VIEWS.map(|kind| Key::new(kind, Arc::clone(project), Arc::clone(name)));
    Ok(draft.get_present(keys, lock)?.into_iter().next())
}

/// The view with a name, locked to be changed. Nearly always it is a plain feature view: the others
/// are looked for only if it is none.
pub(super) fn find_likely(
    draft: &mut Draft<'_>,
    project: &Arc<str>,
    name: &Arc<str>,
) -> Rule<Record> {
    let likely = Key::new(Kind::FeatureView, Arc::clone(project), Arc::clone(name));
    if let Some(row) = draft.get(&likely, Lock::Update)? {
        return Ok(row);
    }
    find_any(draft, project, name, Lock::Update)?
        .ok_or_else(|| Error::not_found(Kind::FeatureView, project, name).into())
}

/// The row of a view with a new definition, as this version of it, else as the stored one.
pub(super) fn changed_row(
    apply: &Apply,
    before: &Record,
    now: Timestamp,
    number: Option<i32>,
) -> Rule<Record> {
    let mut patch = inherited(apply, before)?;
    if let Some(number) = number {
        patch = versions::renumber(patch, apply.kind, number);
    }
    Ok(patches::changed_row(before, &apply.body, now, patch)?)
}

/// What a new definition inherits from the stored one: the facts that users do not write
/// (materialised intervals, state, version number), and how the version is spelt.
fn inherited(apply: &Apply, before: &Record) -> Rule<Patch> {
    let (body, mut patch) = (&apply.body, Patch::default());
    let Some(view) = apply.kind.view() else {
        return Ok(patch);
    };
    let corrupt = |why| Error::corrupt(&before.key, why);
    let stored = |path| {
        let number = wire::varint(&before.body, path).map_err(corrupt)?;
        Ok::<_, Error>(number.unwrap_or(0))
    };
    if let Some(path) = view.intervals_path {
        let stored = elements(&before.body, path).map_err(corrupt)?;
        patch = patch.replace_repeated(path, with_new_ones(stored, elements(body, path)?));
    }
    if let Some(path) = view.state_path
        && wire::varint(body, path)?.unwrap_or(0) == 0
    {
        patch = patch.set_varint(path, stored(path)?);
    }
    if let Some(path) = view.version_number_path {
        patch = patch.set_varint(path, stored(path)?);
    }
    if let Some(path) = view.version_path {
        let stored = wire::string(&before.body, path).map_err(corrupt)?;
        let stored = stored.unwrap_or_default();
        if Asked::parse(&stored).ok() == Some(Asked::of(apply.kind, body)?) {
            patch = patch.set_string(path, &stored);
        }
    }
    Ok(patch)
}

/// The stored intervals, and the caller's that are not among them: who fetched a view, edited it
/// and applies it must not undo what was materialised meanwhile.
fn with_new_ones(stored: Vec<Bytes>, theirs: Vec<Bytes>) -> Vec<Bytes> {
    if theirs.is_empty() {
        return stored;
    }
    let mut known: HashMap<&[u8], usize> = HashMap::new();
    for interval in &stored {
        *known.entry(interval).or_default() += 1;
    }
    let mut new = Vec::new();
    for interval in theirs {
        match known.get_mut(&*interval) {
            Some(left) if *left > 0 => *left -= 1,
            _ => new.push(interval),
        }
    }
    stored.into_iter().chain(new).collect()
}

/// The serialized elements of the repeated message at a path: intervals, features, projections.
pub(crate) fn elements(body: &Bytes, path: &[u32]) -> Result<Vec<Bytes>, wire::WireError> {
    let Some((last, parents)) = path.split_last() else {
        return Ok(Vec::new());
    };
    let parent = match wire::message(body, parents)? {
        None => return Ok(Vec::new()),
        Some(Cow::Borrowed(parent)) => body.slice_ref(parent),
        Some(Cow::Owned(parent)) => parent.into(),
    };
    let elements = wire::repeated(&parent, *last)?.into_iter();
    Ok(elements.map(|element| parent.slice_ref(element)).collect())
}
