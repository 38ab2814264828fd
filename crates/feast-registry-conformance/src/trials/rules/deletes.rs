//! What goes with what is deleted.

use feast_registry_core::{ErrorKind, Freshness, Key, Kind, Query, Registry};

use crate::check::{Checked, refused};
use crate::context::Context;
use crate::rows;
use crate::samples::{self, Sample};
use crate::trial::Trial;

pub(super) fn trials() -> Vec<Trial> {
    let mut trials = trials_for!["rules", Kind::VIEWS; its_history_is_deleted_with_it];
    trials.extend(trials!["rules::delete":
        a_project_takes_everything_with_it,
        a_project_leaves_the_others_alone,
        a_project_that_is_gone_is_not_found,
        a_project_leaves_the_cache_too,
        a_project_can_begin_again,
        nothing_else_goes_with_an_entity,
    ]);
    trials
}

async fn its_history_is_deleted_with_it(cx: Context, kind: Kind) -> Checked {
    let registry = cx.registry().await?;
    let view = Sample::new(kind, "fahrten", "trips");
    let neighbours = ["trip", "trips2", "trips "].map(|name| Sample::new(kind, "fahrten", name));
    let elsewhere = Sample::new(kind, "other", "trips");
    for sample in neighbours.iter().chain([&view, &elsewhere]) {
        registry.apply(sample.apply()).await?;
        registry.apply(sample.redefined("another").apply()).await?;
    }
    registry.delete(view.delete()).await?;
    ensure_eq!(
        registry.list_versions("fahrten", "trips").await?,
        vec![],
        "the history"
    );
    for sample in neighbours.iter().chain([&elsewhere]) {
        let (project, name) = (&sample.key.project, &sample.key.name);
        let left = registry.list_versions(project, name).await?;
        ensure_eq!(left.len(), 2, "the history of {}", sample.key);
    }
    Ok(())
}

async fn fill(registry: &Registry, project: &str) -> Checked {
    let changes = Kind::OBJECTS
        .into_iter()
        .filter(|kind| *kind != Kind::Project)
        .map(|kind| Sample::new(kind, project, &kind.to_string()).change());
    registry.commit(changes.collect()).await?;
    for kind in Kind::VIEWS {
        let view = Sample::new(kind, project, &kind.to_string());
        registry.apply(view.redefined("another").apply()).await?;
        registry
            .set_user_metadata(project, &kind.to_string(), &b"mine"[..])
            .await?;
    }
    registry.update_infra(project, samples::infra()).await?;
    registry.set_project_metadata(project, "mine", "ja").await?;
    Ok(())
}

async fn a_project_takes_everything_with_it(cx: Context) -> Checked {
    let registry = cx.registry().await?;
    fill(&registry, "fahrten").await?;
    let rows = rows::all(&registry).await?;
    for kind in Kind::ALL {
        ensure!(
            rows.iter().any(|row| row.key.kind == kind),
            "no {kind} to be deleted"
        );
    }
    registry.delete_project("fahrten", None).await?;
    ensure_eq!(rows::all(&registry).await?, vec![], "what is left");
    Ok(())
}

async fn a_project_leaves_the_others_alone(cx: Context) -> Checked {
    let registry = cx.registry().await?;
    for project in ["fahrten", "fahrten2", "Fahrten ", "fahrten_", "%"] {
        fill(&registry, project).await?;
    }
    let mut wanted = rows::all(&registry).await?;
    for project in ["fahrten", "%", "fahrten_"] {
        registry.delete_project(project, None).await?;
        wanted.retain(|row| *row.key.project != *project);
        ensure!(
            rows::all(&registry).await? == wanted,
            "deleting `{project}` touched other projects"
        );
    }
    Ok(())
}

async fn a_project_that_is_gone_is_not_found(cx: Context) -> Checked {
    let registry = cx.registry().await?;
    let not_found = ErrorKind::NotFound(Kind::Project);
    refused(registry.delete_project("fahrten", None).await, not_found)?;
    fill(&registry, "fahrten").await?;
    registry.delete_project("fahrten", None).await?;
    refused(registry.delete_project("fahrten", None).await, not_found)?;
    Ok(())
}

async fn a_project_leaves_the_cache_too(cx: Context) -> Checked {
    let registry = cx.registry().await?;
    fill(&registry, "fahrten").await?;
    let query = |kind| Query::new(kind, "fahrten").freshness(Freshness::Cache);
    ensure_eq!(
        registry.list(&query(Kind::Entity)).await?.records.len(),
        1,
        "cached entities"
    );
    registry.delete_project("fahrten", None).await?;
    for kind in Kind::OBJECTS {
        let listing = registry.list(&query(kind)).await?;
        ensure!(
            listing.records.is_empty(),
            "still cached: {:?}",
            listing.records
        );
    }
    Ok(())
}

async fn a_project_can_begin_again(cx: Context) -> Checked {
    let registry = cx.registry().await?;
    for _ in 0..3 {
        fill(&registry, "fahrten").await?;
        let versions = registry.list_versions("fahrten", "FeatureView").await?;
        let numbers: Vec<i32> = versions.iter().map(|row| row.key.number).collect();
        ensure_eq!(numbers, [0, 1], "versions");
        registry.delete_project("fahrten", None).await?;
    }
    Ok(())
}

async fn nothing_else_goes_with_an_entity(cx: Context) -> Checked {
    let registry = cx.registry().await?;
    fill(&registry, "fahrten").await?;
    let mut wanted = rows::all(&registry).await?;
    for kind in [Kind::Entity, Kind::DataSource] {
        let key = Key::new(kind, "fahrten", kind.to_string());
        registry
            .delete(Sample::new(kind, "fahrten", &key.name).delete())
            .await?;
        wanted.retain(|row| row.key != key);
    }
    let keys = |rows: &[feast_registry_core::Record]| -> Vec<Key> {
        rows.iter().map(|row| row.key.clone()).collect()
    };
    ensure_eq!(
        keys(&rows::all(&registry).await?),
        keys(&wanted),
        "what is left"
    );
    Ok(())
}
