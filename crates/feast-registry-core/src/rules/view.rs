//! Applying a feature view of any kind.

use std::sync::Arc;

use super::versions::{self, Asked};
use super::{Apply, Draft, Outcome, Rule, Stop, project};
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
        Asked::Pinned { number, text } => versions::pinned(draft, apply, before, number, &text),
    }
}

fn check(apply: &Apply) -> Result<()> {
    let Some(view) = apply.kind.view() else {
        return Ok(());
    };
    let entities = wire::strings(&apply.body, view.entities_path).unwrap_or_default();
    if view.needs_entities && entities.is_empty() {
        return Err(
            Error::invalid(format!("feature view `{}` has no entities", apply.name))
                .with_hint("a view without a join key names Feast's placeholder entity `__dummy`"),
        );
    }
    Ok(())
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
    let mut taken = None;
    let mut unread = false;
    for other in Kind::VIEWS.into_iter().filter(|other| *other != kind) {
        match draft.get(
            &Key::new(other, Arc::clone(project), Arc::clone(name)),
            Lock::Plain,
        ) {
            Ok(row) => taken = taken.or(row.map(|_| other)),
            Err(Stop::Unread) => unread = true,
            Err(stop) => return Err(stop),
        }
    }
    if unread { Err(Stop::Unread) } else { Ok(taken) }
}

/// The view with a name, whatever its kind.
pub(super) fn find_any(
    draft: &mut Draft<'_>,
    project: &Arc<str>,
    name: &Arc<str>,
    lock: Lock,
) -> Rule<Option<Record>> {
    let keys = Kind::VIEWS.map(|kind| Key::new(kind, Arc::clone(project), Arc::clone(name)));
    let [first, second, third, fourth] = &keys;
    Ok(draft
        .get_all([first, second, third, fourth], lock)?
        .into_iter()
        .flatten()
        .next())
}

/// What a new definition inherits from the stored one: the facts that users do not write
/// (materialised intervals, state, version number).
pub(super) fn carry_over(kind: Kind, body: &[u8], before: &Record) -> Rule<Vec<u8>> {
    let Some(view) = kind.view() else {
        return Ok(body.to_vec());
    };
    let mut patch = Patch::default();
    if let Some(path) = view.intervals_path
        && intervals(body, path)?.is_empty()
    {
        patch = patch.replace_repeated(path, intervals(&before.body, path)?);
    }
    if let Some(path) = view.state_path
        && wire::varint(body, path)?.unwrap_or(0) == 0
    {
        patch = patch.set_varint(path, wire::varint(&before.body, path)?.unwrap_or(0));
    }
    if let Some(path) = view.version_number_path {
        patch = patch.set_varint(path, wire::varint(&before.body, path)?.unwrap_or(0));
    }
    Ok(patch.apply(body)?)
}

/// The serialized materialisation intervals of a view.
pub(super) fn intervals(body: &[u8], path: &[u32]) -> Result<Vec<Vec<u8>>, wire::WireError> {
    let Some((last, parents)) = path.split_last() else {
        return Ok(Vec::new());
    };
    let Some(meta) = wire::message(body, parents)? else {
        return Ok(Vec::new());
    };
    Ok(wire::repeated(&meta, *last)?
        .into_iter()
        .map(<[u8]>::to_vec)
        .collect())
}
