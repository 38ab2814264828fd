//! Pinning a view to a version: back to a recorded one, or ahead to a number of the user's choice.

use std::sync::Arc;

use super::apply::{same, store};
use super::equality::same_definition;
use super::versions::{Asked, create, numbered, promote};
use super::{Apply, Draft, Effect, Outcome, Rule, patches, view};
use crate::store::Lock;
use crate::wire::{self, Patch};
use crate::{Error, ErrorKind, Key, Kind, Record, Result, model};

/// Applies a definition pinned to a version: back to a recorded one, or ahead to a new number.
pub(super) fn pinned(
    draft: &mut Draft<'_>,
    apply: &Apply,
    before: Option<Record>,
    number: i32,
    text: &str,
) -> Rule<Outcome> {
    let key = Key::version(Arc::clone(&apply.project), Arc::clone(&apply.name), number);
    match draft.get(&key, Lock::Plain)? {
        Some(snapshot) => restore(draft, apply, before, &snapshot, text),
        None => declare(draft, apply, before, number),
    }
}

/// Makes a recorded version the active one. The definition in the user's hand must be the active
/// one, so that a pin never hides a change.
fn restore(
    draft: &mut Draft<'_>,
    apply: &Apply,
    before: Option<Record>,
    snapshot: &Record,
    text: &str,
) -> Rule<Outcome> {
    let number = snapshot.key.number;
    check_type(apply.kind, snapshot)?;
    if apply.no_promote {
        let message =
            format!("a pin makes v{number} the active version: `no_promote` contradicts it");
        return Err(Error::invalid(message).into());
    }
    let corrupt = |why| Error::corrupt(&snapshot.key, why);
    let pin = |text: &str| with_version_text(numbered(apply.kind, number), apply.kind, text);
    let Some(before) = before else {
        let body = pin(text).apply(&snapshot.body).map_err(corrupt)?;
        return create(draft, apply.key(), &body, number, false);
    };
    check_unmodified(draft, apply, &before, number)?;
    // Another spelling of the same pin is no change.
    let pin = pin(pinned_as(&before, number).as_deref().unwrap_or(text));
    let pin = keep_facts(apply.kind, pin, &before)?;
    let restored = as_enabled(apply.kind, pin, &apply.body)?
        .apply(&snapshot.body)
        .map_err(corrupt)?;
    if same(&before, &restored)? {
        return Ok(
            Outcome::new(before.key.clone(), Effect::Unchanged, Some(&before)).with_version(number),
        );
    }
    let row = patches::changed_row(&before, &restored, draft.now(), Patch::default())?;
    Ok(store(draft, row, Effect::Updated)?.with_version(number))
}

/// Records a version under a number of the user's choice, and makes it the active one.
fn declare(
    draft: &mut Draft<'_>,
    apply: &Apply,
    before: Option<Record>,
    number: i32,
) -> Rule<Outcome> {
    let Some(before) = before else {
        return create(draft, apply.key(), &apply.body, number, true);
    };
    let row = view::changed_row(apply, &before, draft.now(), Some(number))?;
    model::check(apply.kind, &row.body)?;
    promote(draft, apply, &before, row, number)
}

fn check_type(kind: Kind, snapshot: &Record) -> Result<()> {
    let recorded = snapshot.version().map_or("", |extra| &*extra.view_type);
    match Kind::from_history_type(recorded) {
        Some(of) if of == kind => Ok(()),
        _ => Err(Error::invalid(format!(
            "{} is of type `{recorded}`, not a {kind}",
            snapshot.key
        ))),
    }
}

/// The definition in the user's hand must be the active one. If the version is pinned already, it
/// may also be one that is recorded: most likely it is the file that was pinned with, applied again.
fn check_unmodified(
    draft: &mut Draft<'_>,
    apply: &Apply,
    before: &Record,
    number: i32,
) -> Rule<()> {
    let plain = plainly(before)?;
    let theirs = plain.apply(&apply.body)?;
    if same_definition(apply.kind, &theirs, &plain.apply(&before.body)?)? {
        return Ok(());
    }
    if pinned_as(before, number).is_some() {
        for version in draft.versions(&apply.project, &apply.name)? {
            let recorded = plain.apply(&version.body);
            let same =
                recorded.and_then(|recorded| same_definition(apply.kind, &theirs, &recorded));
            // What cannot be read is not what the user has in hand.
            if same.unwrap_or(false) {
                return Ok(());
            }
        }
    }
    Err(Error::new(
        ErrorKind::PinConflict,
        format!(
            "feature view `{}` is pinned to v{number}, but its definition was changed as well",
            apply.name
        ),
    )
    .with_hint("apply the change as the latest version first, or take it back and pin alone")
    .into())
}

/// An edit that leaves of a message what a pin compares: neither the version nor facts nor whether
/// the view is enabled are part of what a pin must not change.
fn plainly(active: &Record) -> Rule<Patch> {
    let kind = active.key.kind;
    let mut patch = keep_facts(kind, with_version_text(Patch::default(), kind, ""), active)?;
    let view = kind.view();
    let version_number = view.and_then(|view| view.version_number_path);
    let disabled = view.and_then(|view| view.disabled_path);
    for path in [version_number, disabled].into_iter().flatten() {
        patch = patch.set_varint(path, wire::varint(&active.body, path)?.unwrap_or(0));
    }
    Ok(patch)
}

/// How the pin is spelt that has made a version the active one, if a pin has.
fn pinned_as(active: &Record, number: i32) -> Option<String> {
    match Asked::of(active.key.kind, &active.body) {
        Ok(Asked::Pinned {
            number: pinned,
            text,
        }) if pinned == number => Some(text),
        _ => None,
    }
}

/// Materialised intervals and state are facts about the online store, not part of a version.
fn keep_facts(kind: Kind, patch: Patch, active: &Record) -> Rule<Patch> {
    let Some(spec) = kind.view() else {
        return Ok(patch);
    };
    let mut patch = patch;
    if let Some(path) = spec.intervals_path {
        patch = patch.replace_repeated(path, view::elements(&active.body, path)?);
    }
    if let Some(path) = spec.state_path {
        patch = patch.set_varint(path, wire::varint(&active.body, path)?.unwrap_or(0));
    }
    Ok(patch)
}

/// Whether a view is enabled is what the definition in the user's hand says, pinned or not.
fn as_enabled(kind: Kind, patch: Patch, body: &[u8]) -> Rule<Patch> {
    Ok(match kind.view().and_then(|view| view.disabled_path) {
        Some(path) => patch.set_varint(path, wire::varint(body, path)?.unwrap_or(0)),
        None => patch,
    })
}

fn with_version_text(patch: Patch, kind: Kind, text: &str) -> Patch {
    match kind.view().and_then(|view| view.version_path) {
        Some(path) => patch.set_string(path, text),
        None => patch,
    }
}
