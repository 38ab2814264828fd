//! The version history of feature views.
//!
//! Versions of a view are numbered from 0. The first apply records v0; a change of what the view
//! computes (not of its description, tags or owner) records the next number. A user who writes
//! `version: v3` pins the view to a recorded version, or declares one that does not exist yet.

use std::sync::Arc;

use super::apply::{difference, store, store_unchecked, unreadable};
use super::equality::same_version;
use super::{Apply, Draft, Effect, Outcome, Rule, patches, view};
use crate::store::Lock;
use crate::wire::{self, Patch};
use crate::{Error, Key, Kind, Record, Result};

/// The version that a definition asks for. Two ways of writing one version are equal.
#[derive(Clone, Debug)]
pub(super) enum Asked {
    /// The newest.
    Latest,
    /// A number, and how the user wrote it.
    Pinned { number: i32, text: String },
}

impl Asked {
    pub(super) fn of(kind: Kind, body: &[u8]) -> Result<Asked> {
        let Some(path) = kind.view().and_then(|view| view.version_path) else {
            return Ok(Asked::Latest);
        };
        let text = wire::string(body, path).ok().flatten().unwrap_or_default();
        Asked::parse(&text)
    }

    pub(super) fn parse(text: &str) -> Result<Asked> {
        let lower = text.to_ascii_lowercase();
        if lower.is_empty() || lower == "latest" {
            return Ok(Asked::Latest);
        }
        let digits = lower
            .strip_prefix("version")
            .or_else(|| lower.strip_prefix('v'));
        match digits
            .filter(|digits| digits.bytes().all(|b| b.is_ascii_digit()))
            .and_then(|digits| digits.parse().ok())
        {
            Some(number) => Ok(Asked::Pinned {
                number,
                text: text.to_owned(),
            }),
            None => Err(Error::invalid(format!(
                "`{text}` is not a version: write `latest`, `v2` or `version2`"
            ))),
        }
    }
}

impl PartialEq for Asked {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Asked::Latest, Asked::Latest) => true,
            (Asked::Pinned { number: a, .. }, Asked::Pinned { number: b, .. }) => a == b,
            _ => false,
        }
    }
}

/// Applies a definition as the newest one.
pub(super) fn latest(
    draft: &mut Draft<'_>,
    apply: &Apply,
    before: Option<Record>,
) -> Rule<Outcome> {
    let Some(before) = before else {
        return first(draft, apply);
    };
    let row = view::changed_row(apply, &before, draft.now(), None)?;
    let difference = difference(&before, &row.body)?;
    let unreadable = |why| unreadable(&before, &row.body, why);
    let same_version = difference.is_same_version().map_err(unreadable)?;
    // Another version is another definition too: the second question is for what is left.
    if same_version && difference.is_same_definition().map_err(unreadable)? {
        let outcome = Outcome::new(before.key.clone(), Effect::Unchanged, Some(&before));
        return Ok(outcome);
    }
    difference.check().map_err(unreadable)?;
    if same_version {
        return Ok(store_unchecked(draft, row, Effect::Updated)?);
    }
    let number = match draft.last_version(&before.key.project, &before.key.name)? {
        Some(last) if apply.no_promote && is_recorded(draft, &before, &row.body, last)? => {
            return Ok(
                Outcome::new(before.key.clone(), Effect::Unchanged, Some(&before))
                    .with_version(last),
            );
        }
        Some(last) => after(last)?,
        None => {
            // Written before Feast kept versions: what is there now becomes v0.
            record(draft, &before, 0)?;
            1
        }
    };
    let body = numbered(apply.kind, number).apply(&row.body)?.into();
    promote(draft, apply, &before, Record { body, ..row }, number)
}

/// Records a version whose bytes were checked and, unless the user said no, makes it the active one.
pub(super) fn promote(
    draft: &mut Draft<'_>,
    apply: &Apply,
    before: &Record,
    row: Record,
    number: i32,
) -> Rule<Outcome> {
    record(draft, &row, number)?;
    if apply.no_promote {
        draft.touch(&before.key.project);
        return Ok(
            Outcome::new(before.key.clone(), Effect::Recorded, Some(before)).with_version(number),
        );
    }
    Ok(store_unchecked(draft, row, Effect::Updated)?.with_version(number))
}

/// Whether the newest version was recorded from this definition already.
fn is_recorded(draft: &mut Draft<'_>, before: &Record, body: &[u8], number: i32) -> Rule<bool> {
    let key = Key::version(
        Arc::clone(&before.key.project),
        Arc::clone(&before.key.name),
        number,
    );
    Ok(match draft.get(&key, Lock::Plain)? {
        Some(newest) => same_version(before.key.kind, &newest.body, body)
            .map_err(|why| Error::corrupt(&key, why))?,
        None => false,
    })
}

/// The first apply of a view. History that a deletion by Python left behind is continued.
fn first(draft: &mut Draft<'_>, apply: &Apply) -> Rule<Outcome> {
    let number = draft
        .last_version(&apply.project, &apply.name)?
        .map_or(Ok(0), after)?;
    create(draft, apply.key(), &apply.body, number, true)
}

pub(super) fn create(
    draft: &mut Draft<'_>,
    key: Key,
    body: &[u8],
    number: i32,
    recorded: bool,
) -> Rule<Outcome> {
    let edits = numbered(key.kind, number);
    let row = patches::new_row(key, body, draft.now(), edits)?;
    if recorded {
        record(draft, &row, number)?;
    }
    Ok(store(draft, row, Effect::Created)?.with_version(number))
}

/// An edit that gives a view its version number.
pub(super) fn numbered(kind: Kind, number: i32) -> Patch {
    renumber(Patch::default(), kind, number)
}

pub(super) fn renumber(patch: Patch, kind: Kind, number: i32) -> Patch {
    match kind.view().and_then(|view| view.version_number_path) {
        Some(path) => patch.set_varint(path, u64::try_from(number).unwrap_or(0)),
        None => patch,
    }
}

fn record(draft: &mut Draft<'_>, row: &Record, number: i32) -> Result<()> {
    let Key {
        kind,
        project,
        name,
        ..
    } = &row.key;
    // With its length: no two keys may read the same.
    let id = draft.uuid(&format!(
        "{kind} {} {project} {name} v{number}",
        project.len()
    ));
    draft.put(patches::version_row(row, number, draft.second(), id))
}

fn after(number: i32) -> Result<i32> {
    number
        .checked_add(1)
        .ok_or_else(|| Error::invalid("there is no version number left for this view"))
}
