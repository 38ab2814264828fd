//! Many changes, one transaction.

use feast_registry_core::{
    Change, Delete, Effect, ErrorKind, Freshness, Key, Kind, Query, Summary,
};

use crate::check::{Checked, failed, refused};
use crate::context::Context;
use crate::rows;
use crate::samples::{self, Sample};
use crate::trial::Trial;

pub(super) fn trials() -> Vec<Trial> {
    trials!["batch::commit":
        an_empty_batch_does_nothing,
        the_answer_has_one_outcome_for_each_change,
        one_bad_change_takes_all_others_with_it,
        the_error_says_which_change_was_bad,
        later_changes_see_earlier_ones,
        later_changes_replace_earlier_ones,
        what_is_created_and_deleted_was_never_there,
        a_view_deleted_and_created_again_starts_anew,
        a_project_deleted_and_created_again_is_empty,
        a_project_created_and_deleted_leaves_nothing,
        a_thousand_objects_are_one_commit,
        a_batch_may_span_projects,
    ]
}

fn entity(name: &str) -> Sample {
    Sample::new(Kind::Entity, "fahrten", name)
}

async fn an_empty_batch_does_nothing(cx: Context) -> Checked {
    let registry = cx.registry().await?;
    ensure_eq!(registry.commit(vec![]).await?, vec![], "outcomes");
    ensure_eq!(rows::all(&registry).await?, vec![], "all rows");
    Ok(())
}

async fn the_answer_has_one_outcome_for_each_change(cx: Context) -> Checked {
    let registry = cx.registry().await?;
    registry
        .commit(vec![entity("same").change(), entity("other").change()])
        .await?;
    let changes = vec![
        entity("new").change(),
        entity("same").change(),
        entity("other").tagged("a", "b").change(),
        Change::Delete(entity("same").delete()),
    ];
    let outcomes = registry.commit(changes).await?;
    let found: Vec<(&str, Effect)> = outcomes
        .iter()
        .map(|outcome| (&*outcome.key.name, outcome.effect))
        .collect();
    let wanted = [
        ("new", Effect::Created),
        ("same", Effect::Unchanged),
        ("other", Effect::Updated),
        ("same", Effect::Deleted),
    ];
    ensure_eq!(found, wanted, "outcomes");
    let summary = Summary::of(&outcomes);
    let counts = (
        summary.created,
        summary.unchanged,
        summary.updated,
        summary.deleted,
    );
    ensure_eq!(counts, (1, 1, 1, 1), "the summary");
    Ok(())
}

/// Changes that fail, each in a way of its own.
fn bad_changes() -> Vec<(Change, ErrorKind)> {
    let nameless = Sample::new(Kind::Entity, "fahrten", "");
    let mut broken = entity("broken");
    broken.body = vec![0xff; 8].into();
    let conflict = Sample::new(Kind::LabelView, "fahrten", "trips");
    let gone = Delete::new(Kind::Entity, "fahrten", "gone");
    vec![
        (nameless.change(), ErrorKind::Invalid),
        (broken.change(), ErrorKind::Invalid),
        (conflict.change(), ErrorKind::NameConflict),
        (Change::Delete(gone), ErrorKind::NotFound(Kind::Entity)),
    ]
}

async fn one_bad_change_takes_all_others_with_it(cx: Context) -> Checked {
    let registry = cx.registry().await?;
    let trips = Sample::new(Kind::FeatureView, "fahrten", "trips");
    registry
        .commit(vec![trips.change(), entity("there").change()])
        .await?;
    let before = rows::all(&registry).await?;
    for (bad, kind) in bad_changes() {
        for place in 0..4 {
            let mut changes = vec![
                entity("new").change(),
                trips.redefined("another").change(),
                Change::Delete(entity("there").delete()),
            ];
            changes.insert(place, bad.clone());
            refused(registry.commit(changes).await, kind)?;
            ensure_eq!(rows::all(&registry).await?, before, "all rows");
            let cached = registry
                .list(&Query::new(Kind::Entity, "fahrten").freshness(Freshness::Cache))
                .await?;
            ensure_eq!(cached.records.len(), 1, "entities in the cache");
        }
    }
    Ok(())
}

async fn the_error_says_which_change_was_bad(cx: Context) -> Checked {
    let registry = cx.registry().await?;
    let gone = Delete::new(Kind::Entity, "fahrten", "the_one_that_is_gone");
    let changes = vec![
        entity("a").change(),
        Change::Delete(gone),
        entity("b").change(),
    ];
    let error = failed(registry.commit(changes).await)?;
    ensure!(
        error.message().contains("the_one_that_is_gone"),
        "not named: {error:?}"
    );
    Ok(())
}

async fn later_changes_see_earlier_ones(cx: Context) -> Checked {
    let registry = cx.registry().await?;
    let view = Sample::new(Kind::FeatureView, "fahrten", "trips");
    let (start, end) = samples::interval(1, 1);
    let changes = vec![
        view.change(),
        Change::Materialize {
            project: "fahrten".into(),
            view: "trips".into(),
            start,
            end,
        },
        view.redefined("another").change(),
        view.version("v0").redefined("another").change(),
    ];
    let outcomes = registry.commit(changes).await?;
    let versions: Vec<Option<i32>> = outcomes.iter().map(|outcome| outcome.version).collect();
    ensure_eq!(versions, [Some(0), None, Some(1), Some(0)], "versions");
    let row = registry.get(&view.key, Freshness::Store).await?;
    ensure_eq!(samples::intervals(&row).len(), 1, "intervals");
    ensure!(
        !samples::features(&row).contains(&"another".to_owned()),
        "not pinned to v0"
    );
    ensure_eq!(
        registry.list_versions("fahrten", "trips").await?.len(),
        2,
        "versions kept"
    );
    Ok(())
}

async fn later_changes_replace_earlier_ones(cx: Context) -> Checked {
    let registry = cx.registry().await?;
    let last = entity("a").tagged("round", "3");
    let changes = vec![
        entity("a").tagged("round", "1").change(),
        entity("a").tagged("round", "2").change(),
        last.change(),
    ];
    registry.commit(changes).await?;
    let row = registry.get(&last.key, Freshness::Store).await?;
    let wanted = samples::definition(Kind::Entity, &last.body);
    ensure_eq!(samples::defined(&row), wanted, "the definition");
    Ok(())
}

async fn what_is_created_and_deleted_was_never_there(cx: Context) -> Checked {
    let registry = cx.registry().await?;
    registry.apply(entity("other").apply()).await?;
    for kind in Kind::OBJECTS {
        let sample = Sample::new(kind, "fahrten", "brief");
        registry
            .commit(vec![sample.change(), Change::Delete(sample.delete())])
            .await?;
        ensure_eq!(
            registry.find(&sample.key, Freshness::Store).await?,
            None,
            "the {kind}"
        );
        ensure_eq!(
            registry.find(&sample.key, Freshness::Cache).await?,
            None,
            "the {kind}"
        );
    }
    let versions = registry.list_versions("fahrten", "brief").await?;
    ensure!(versions.is_empty(), "history is left: {versions:?}");
    Ok(())
}

async fn a_view_deleted_and_created_again_starts_anew(cx: Context) -> Checked {
    let registry = cx.registry().await?;
    for kind in Kind::VIEWS {
        let name = kind.to_string();
        let view = Sample::new(kind, "fahrten", &name);
        registry.apply(view.apply()).await?;
        registry.apply(view.redefined("another").apply()).await?;
        registry
            .set_user_metadata("fahrten", &name, &b"old"[..])
            .await?;
        let changes = vec![Change::Delete(view.delete()), view.change()];
        let outcomes = registry.commit(changes).await?;
        ensure_eq!(outcomes[1].effect, Effect::Created, "the effect");
        ensure_eq!(
            outcomes[1].version,
            Some(0),
            "the version of the new {kind}"
        );
        ensure_eq!(
            registry.list_versions("fahrten", &name).await?.len(),
            1,
            "versions of the new {kind}"
        );
        ensure_eq!(
            registry.user_metadata("fahrten", &name).await?,
            None,
            "user metadata of the new {kind}"
        );
        for freshness in [Freshness::Store, Freshness::Cache] {
            let row = registry.get(&view.key, freshness).await?;
            ensure_eq!(
                row.revision(),
                outcomes[1].revision().unwrap_or(row.revision()),
                "revision"
            );
        }
    }
    Ok(())
}

async fn a_project_deleted_and_created_again_is_empty(cx: Context) -> Checked {
    let registry = cx.registry().await?;
    let changes =
        Kind::OBJECTS.map(|kind| Sample::new(kind, "fahrten", &kind.to_string()).change());
    registry.commit(changes.into()).await?;
    let before = registry.project_metadata("fahrten", "project_uuid").await?;
    let project = Sample::new(Kind::Project, "", "fahrten");
    let changes = vec![
        Change::Delete(project.delete()),
        project.tagged("life", "second").change(),
        entity("only").change(),
    ];
    registry.commit(changes).await?;
    let rows = rows::of(&registry, "fahrten").await?;
    let kinds: Vec<Kind> = rows.iter().map(|row| row.key.kind).collect();
    let wanted = [Kind::Project, Kind::Entity, Kind::Metadata, Kind::Metadata];
    ensure_eq!(kinds, wanted, "kinds of what is there");
    let after = registry.project_metadata("fahrten", "project_uuid").await?;
    ensure!(before != after, "the project kept its identity {after:?}");
    Ok(())
}

async fn a_project_created_and_deleted_leaves_nothing(cx: Context) -> Checked {
    let registry = cx.registry().await?;
    let project = Sample::new(Kind::Project, "", "brief");
    let view = Sample::new(Kind::FeatureView, "brief", "trips");
    let changes = vec![
        view.change(),
        project.change(),
        Change::Delete(project.delete()),
    ];
    registry.commit(changes).await?;
    ensure_eq!(rows::all(&registry).await?, vec![], "all rows");
    Ok(())
}

async fn a_thousand_objects_are_one_commit(cx: Context) -> Checked {
    let registry = cx.registry().await?;
    // A view is two rows: the view and its first version.
    let views = 500.min(cx.facts().limits.transaction_writes / 4);
    let mut changes: Vec<Change> = Vec::new();
    for n in 0..views {
        let name = format!("view_{n:04}");
        changes.push(Sample::new(Kind::FeatureView, "fahrten", &name).change());
        changes.push(entity(&format!("entity_{n:04}")).change());
    }
    let outcomes = registry.commit(changes.clone()).await?;
    ensure_eq!(Summary::of(&outcomes).created, 2 * views, "objects created");
    let outcomes = registry.commit(changes.clone()).await?;
    ensure_eq!(
        Summary::of(&outcomes).unchanged,
        2 * views,
        "objects unchanged"
    );
    let before = rows::all(&registry).await?;
    changes.insert(
        views,
        Change::Delete(Delete::new(Kind::Entity, "fahrten", "gone")),
    );
    failed(registry.commit(changes).await)?;
    ensure!(
        rows::all(&registry).await? == before,
        "a failed batch left something"
    );
    Ok(())
}

async fn a_batch_may_span_projects(cx: Context) -> Checked {
    let registry = cx.registry().await?;
    let projects = ["c", "a", "b"];
    let changes = projects.map(|project| Sample::new(Kind::Entity, project, "it").change());
    registry.commit(changes.into()).await?;
    for project in projects {
        registry
            .get(&Key::project(project), Freshness::Store)
            .await?;
        registry
            .get(&Key::new(Kind::Entity, project, "it"), Freshness::Store)
            .await?;
    }
    Ok(())
}
