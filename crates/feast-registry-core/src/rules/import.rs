//! Putting rows exactly as they are: what an export holds.

use std::sync::Arc;

use super::{Draft, Effect, Outcome, Rule, project, view};
use crate::store::Lock;
use crate::{Extra, Key, Kind, LAST_UPDATED, PROJECT_UUID, Record, model};

/// Puts a row with its stamps, history and state. User metadata that the row does not have stays.
pub(super) fn import(draft: &mut Draft<'_>, row: &Record) -> Rule<Outcome> {
    let key = row.key.clone();
    model::check_row(row)?;
    if is_purged(draft, &key) {
        return Ok(Outcome::new(key, Effect::Unchanged, None));
    }
    let before = draft.get(&key, Lock::Update)?;
    if before.is_none() && key.kind.is_view() {
        view::claim_name(draft, key.kind, &key.project, &key.name)?;
    } else if before.is_none() && key.kind != Kind::Project {
        project::ensure(draft, &Arc::clone(&key.project), Lock::Share)?;
    }
    let mut row = row.clone();
    if let (Some(before), Extra::None) = (&before, &row.extra) {
        row.extra = before.extra.clone();
    }
    let effect = match &before {
        None => Effect::Created,
        Some(before) if *before == row => Effect::Unchanged,
        Some(_) => Effect::Updated,
    };
    let outcome = Outcome::new(key, effect, Some(&row));
    if effect != Effect::Unchanged {
        if row.key.kind != Kind::Metadata {
            draft.touch(&row.key.project);
        }
        draft.put(row)?;
    }
    Ok(outcome)
}

/// Whether a row is one that `purge_feast_metadata` wants gone.
fn is_purged(draft: &Draft<'_>, key: &Key) -> bool {
    draft.settings().purge_feast_metadata
        && key.kind == Kind::Metadata
        && [PROJECT_UUID, LAST_UPDATED].contains(&&*key.name)
}
