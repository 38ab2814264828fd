//! Changes that are looked at before they are made.

use feast_registry_core::{Change, Effect, ErrorKind, Kind, Plan, Query, Registry};

use crate::check::{Checked, refused};
use crate::context::Context;
use crate::rows;
use crate::samples::Sample;
use crate::trial::Trial;

pub(super) fn trials() -> Vec<Trial> {
    let mut trials = trials!["plan":
        a_plan_writes_nothing,
        a_plan_says_what_a_commit_would_do,
        changes_that_break_a_rule_cannot_be_planned,
        an_empty_plan_says_so,
        what_was_planned_is_done,
        an_object_that_changed_since_is_not_overwritten,
        an_object_that_came_or_went_since_is_noticed,
        other_changes_than_planned_are_refused,
        what_appears_meanwhile_does_not_shift_the_others,
        what_is_no_longer_defined_is_pruned,
        what_others_change_meanwhile_is_not_pruned,
    ];
    trials.extend(trials_for!["plan", Kind::OBJECTS;
        an_update_is_shown_field_by_field,
    ]);
    trials
}

fn entity(name: &str) -> Sample {
    Sample::new(Kind::Entity, "fahrten", name)
}

/// A registry with entities `same`, `other` and `old`, and changes that do something else to each.
async fn prepared(cx: &Context) -> Checked<(Registry, Vec<Change>)> {
    let registry = cx.registry().await?;
    let stored = ["same", "other", "old"].map(|name| entity(name).change());
    registry.commit(stored.into()).await?;
    let changes = vec![
        entity("new").change(),
        entity("same").change(),
        entity("other").tagged("a", "b").change(),
        Change::Delete(entity("old").delete()),
    ];
    Ok((registry, changes))
}

async fn a_plan_writes_nothing(cx: Context) -> Checked {
    let (registry, changes) = prepared(&cx).await?;
    let before = rows::all(&registry).await?;
    registry.plan(changes).await?;
    ensure_eq!(rows::all(&registry).await?, before, "all rows");
    Ok(())
}

async fn a_plan_says_what_a_commit_would_do(cx: Context) -> Checked {
    let (registry, changes) = prepared(&cx).await?;
    let plan = registry.plan(changes.clone()).await?;
    ensure!(!plan.is_empty(), "an empty plan");
    let effects = |of: &Plan| -> Vec<Effect> { of.steps.iter().map(|step| step.effect).collect() };
    let wanted = [
        Effect::Created,
        Effect::Unchanged,
        Effect::Updated,
        Effect::Deleted,
    ];
    ensure_eq!(effects(&plan), wanted, "planned effects");
    ensure_eq!(plan.steps[0].before, None, "the revision of a new object");
    for step in &plan.steps[1..] {
        let stored = registry.get(&step.key(), Default::default()).await?;
        ensure_eq!(
            step.before,
            Some(stored.revision()),
            "the revision of {step}"
        );
    }
    let outcomes = registry.commit(changes).await?;
    let done: Vec<Effect> = outcomes.iter().map(|outcome| outcome.effect).collect();
    ensure_eq!(done, wanted, "what was done");
    Ok(())
}

async fn changes_that_break_a_rule_cannot_be_planned(cx: Context) -> Checked {
    let (registry, mut changes) = prepared(&cx).await?;
    changes.push(Change::Delete(entity("never").delete()));
    refused(
        registry.plan(changes).await,
        ErrorKind::NotFound(Kind::Entity),
    )?;
    Ok(())
}

async fn an_empty_plan_says_so(cx: Context) -> Checked {
    let (registry, _) = prepared(&cx).await?;
    let plan = registry.plan(vec![entity("same").change()]).await?;
    ensure!(plan.is_empty(), "not empty: {plan:?}");
    Ok(())
}

async fn what_was_planned_is_done(cx: Context) -> Checked {
    let (registry, changes) = prepared(&cx).await?;
    let plan = registry.plan(changes.clone()).await?;
    let outcomes = registry.commit_planned(changes, plan).await?;
    ensure_eq!(outcomes.len(), 4, "outcomes");
    let stored = registry.get(&entity("new").key, Default::default()).await?;
    ensure_eq!(Some(stored.body), outcomes[0].body.clone(), "the new one");
    let gone = registry
        .find(&entity("old").key, Default::default())
        .await?;
    ensure_eq!(gone, None, "the old one");
    Ok(())
}

/// Nothing is written, and the error names the object.
async fn is_stale(registry: &Registry, changes: Vec<Change>, plan: Plan, name: &str) -> Checked {
    let before = rows::all(registry).await?;
    let result = registry.commit_planned(changes, plan).await;
    let error = refused(result, ErrorKind::RevisionConflict)?;
    ensure!(
        error.message().contains(&format!("entity `{name}`")),
        "the error does not name `{name}`: {error}"
    );
    ensure_eq!(rows::all(registry).await?, before, "all rows");
    Ok(())
}

async fn an_object_that_changed_since_is_not_overwritten(cx: Context) -> Checked {
    for name in ["same", "other", "old"] {
        let (registry, changes) = prepared(&cx).await?;
        let plan = registry.plan(changes.clone()).await?;
        let theirs = entity(name).tagged("theirs", "yes");
        registry.apply(theirs.apply()).await?;
        is_stale(&registry, changes, plan, name).await?;
    }
    Ok(())
}

async fn an_object_that_came_or_went_since_is_noticed(cx: Context) -> Checked {
    let (registry, changes) = prepared(&cx).await?;
    let plan = registry.plan(changes.clone()).await?;
    registry.apply(entity("new").apply()).await?;
    is_stale(&registry, changes, plan, "new").await?;

    let (registry, changes) = prepared(&cx).await?;
    let plan = registry.plan(changes.clone()).await?;
    registry.delete(entity("other").delete()).await?;
    is_stale(&registry, changes, plan, "other").await
}

async fn other_changes_than_planned_are_refused(cx: Context) -> Checked {
    let (registry, changes) = prepared(&cx).await?;
    let plan = registry.plan(changes.clone()).await?;
    let mut others = changes.clone();
    others[2] = entity("other").tagged("a", "c").change();
    is_stale(&registry, others, plan.clone(), "other").await?;
    let mut others = changes.clone();
    others[0] = entity("newer").change();
    is_stale(&registry, others, plan.clone(), "new").await?;
    let mut more = changes;
    more.push(entity("more").change());
    let result = registry.commit_planned(more, plan).await;
    refused(result, ErrorKind::RevisionConflict)?;
    Ok(())
}

async fn what_appears_meanwhile_does_not_shift_the_others(cx: Context) -> Checked {
    let (registry, changes) = prepared(&cx).await?;
    let plan = registry.plan(changes.clone()).await?;
    let mut more = changes;
    more.insert(0, entity("more").change());
    let result = registry.commit_planned(more, plan).await;
    let error = refused(result, ErrorKind::RevisionConflict)?;
    ensure!(error.message().contains("entity `more`"), "{error}");
    ensure!(!error.message().contains("entity `same`"), "{error}");
    Ok(())
}

async fn what_is_no_longer_defined_is_pruned(cx: Context) -> Checked {
    let (registry, _) = prepared(&cx).await?;
    let dataset = Sample::new(Kind::SavedDataset, "fahrten", "made at run time");
    let elsewhere = Sample::new(Kind::Entity, "anderswo", "other");
    registry.apply(dataset.apply()).await?;
    registry.apply(elsewhere.apply()).await?;
    let defined = vec![entity("same").change()];
    let mut changes = registry.prune(&defined).await?;
    changes.extend(defined);
    registry.commit(changes).await?;
    let mut left = registry
        .list(&Query::everywhere(Kind::Entity))
        .await?
        .records;
    let names: Vec<_> = left.drain(..).map(|row| row.key.name).collect();
    ensure_eq!(names, ["other".into(), "same".into()], "entities");
    registry.get(&dataset.key, Default::default()).await?;
    Ok(())
}

async fn what_others_change_meanwhile_is_not_pruned(cx: Context) -> Checked {
    let (registry, _) = prepared(&cx).await?;
    let deletes = registry.prune(&[entity("same").change()]).await?;
    let theirs = entity("old").tagged("theirs", "yes");
    registry.apply(theirs.apply()).await?;
    refused(registry.commit(deletes).await, ErrorKind::RevisionConflict)?;
    Ok(())
}

async fn an_update_is_shown_field_by_field(cx: Context, kind: Kind) -> Checked {
    let registry = cx.registry().await?;
    let project = if kind == Kind::Project {
        "it"
    } else {
        "fahrten"
    };
    let sample = Sample::new(kind, project, "it");
    registry.apply(sample.apply()).await?;
    let plan = registry
        .plan(vec![sample.tagged("farbe", "rot").change()])
        .await?;
    let fields: Vec<_> = plan.steps.iter().flat_map(|step| &step.fields).collect();
    ensure_eq!(fields.len(), 1, "different fields in {fields:?}");
    ensure!(fields[0].path.ends_with("tags.farbe"), "{fields:?}");
    ensure!(fields[0].before.is_null(), "{fields:?}");
    ensure_eq!(fields[0].after, "rot", "the new value");
    Ok(())
}
