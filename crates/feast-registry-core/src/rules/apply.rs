//! Create an object, or change it to a new definition.

use std::sync::Arc;

use bytes::Bytes;

use super::equality::same_definition;
use super::{Apply, Draft, Effect, Outcome, Rule, delete, names, patches, project, service, view};
use crate::store::Lock;
use crate::wire::{self, Patch};
use crate::{Error, ErrorKind, Key, Kind, Record, Result, model};

/// Applies an object of any kind.
pub(super) fn apply(draft: &mut Draft<'_>, apply: &Apply) -> Rule<Outcome> {
    check(draft, apply)?;
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
    model::check(Kind::Infra, body)?;
    check_size(draft, &Key::infra(Arc::clone(project)), body)?;
    let key = Key::infra(Arc::clone(project));
    let before = draft.get(&key, Lock::Update)?;
    put(draft, key, before, body)
}

fn put(draft: &mut Draft<'_>, key: Key, before: Option<Record>, body: &[u8]) -> Rule<Outcome> {
    match before {
        None => create(draft, key, body),
        Some(row) if same(&row, body)? => Ok(Outcome::new(key, Effect::Unchanged, Some(&row))),
        Some(row) => {
            let row = patches::changed_row(&row, body, draft.now(), Patch::default())?;
            Ok(store(draft, row, Effect::Updated))
        }
    }
}

fn create(draft: &mut Draft<'_>, key: Key, body: &[u8]) -> Rule<Outcome> {
    if key.kind != Kind::Project {
        project::ensure(draft, &key.project, Lock::Share)?;
    }
    let row = patches::new_row(key, body, draft.now(), Patch::default())?;
    Ok(store(draft, row, Effect::Created))
}

/// Puts a row that differs from what was there.
pub(super) fn store(draft: &mut Draft<'_>, row: Record, effect: Effect) -> Outcome {
    draft.touch(&row.key.project);
    let outcome = Outcome::new(row.key.clone(), effect, Some(&row));
    draft.put(row);
    outcome
}

/// Whether a row holds this definition already. A row that cannot be read is not overwritten
/// silently: what it held may matter.
pub(super) fn same(row: &Record, body: &[u8]) -> Result<bool> {
    same_definition(row.key.kind, &row.body, body).map_err(|why| {
        Error::corrupt(&row.key, why).with_hint("delete the object first, then apply it again")
    })
}

fn check(draft: &Draft<'_>, apply: &Apply) -> Result<()> {
    let spec = apply.kind.spec();
    names::check(
        &format!("{} name", spec.title.to_lowercase()),
        &apply.name,
        names::MAX_NAME,
    )?;
    names::check("project name", &apply.project, names::MAX_NAME)?;
    if !Kind::OBJECTS.contains(&apply.kind) {
        return Err(Error::invalid(format!(
            "a {} cannot be applied by name",
            apply.kind
        )));
    }
    model::check(apply.kind, &apply.body)?;
    let named = wire::string(&apply.body, spec.name_path)
        .ok()
        .flatten()
        .unwrap_or_default();
    if *named != *apply.name {
        return Err(Error::invalid(format!(
            "the message is named `{named}`, the request `{}`",
            apply.name
        )));
    }
    if apply.kind.is_view() {
        names::check_view(&apply.name)?;
    }
    check_size(draft, &apply.key(), &apply.body)
}

/// What the rules add to a message (stamps, project, version) is less than this.
const GROWTH: usize = 1024;

fn check_size(draft: &Draft<'_>, key: &Key, body: &[u8]) -> Result<()> {
    let Some(limit) = draft.settings().object_bytes else {
        return Ok(());
    };
    if body.len().saturating_add(GROWTH) > limit {
        let message = format!(
            "{key} has {} bytes; this backend takes at most {limit}",
            body.len()
        );
        return Err(Error::new(ErrorKind::TooLarge, message));
    }
    Ok(())
}
