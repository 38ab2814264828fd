//! Deletes of a project against its first and last objects.

use feast_registry_core::{
    Change, ErrorKind, Freshness, Key, Kind, PROJECT_UUID, Record, Registry,
};

use super::{TASKS, at_once};
use crate::check::{Checked, Failure};
use crate::context::Context;
use crate::rows;
use crate::samples::Sample;
use crate::trial::Trial;

pub(super) fn trials() -> Vec<Trial> {
    trials!["concurrency::project":
        no_object_outlives_its_project,
        first_objects_of_one_project_make_one_project,
        a_snapshot_never_shows_half_a_batch,
    ]
}

/// Fails if a row is in a project that does not exist.
fn check_orphans(rows: &[Record]) -> Checked {
    for row in rows {
        let project = Key::project(&*row.key.project);
        let exists = rows.iter().any(|row| row.key == project);
        ensure!(exists, "{} has no project", row.key);
    }
    Ok(())
}

async fn no_object_outlives_its_project(cx: Context) -> Checked {
    let registry = cx.registry().await?;
    let rounds = cx.rounds(10);
    at_once((0..TASKS).map(|task| {
        let registry = registry.clone();
        async move {
            for round in 0..rounds {
                if task < 2 {
                    delete(&registry).await?;
                    check_orphans(&rows::all(&registry).await?)?;
                } else {
                    let kind = Kind::OBJECTS[1 + (task + round) % (Kind::OBJECTS.len() - 1)];
                    let name = format!("{kind} {task} {round}");
                    registry
                        .apply(Sample::new(kind, "fahrten", &name).apply())
                        .await?;
                }
            }
            Ok(())
        }
    }))
    .await?;
    check_orphans(&rows::all(&registry).await?)
}

async fn delete(registry: &Registry) -> Checked {
    match registry.delete_project("fahrten", None).await {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::NotFound(Kind::Project) => Ok(()),
        Err(error) => Err(Failure::from(error)),
    }
}

async fn first_objects_of_one_project_make_one_project(cx: Context) -> Checked {
    let registry = cx.registry().await?;
    for round in 0..cx.rounds(5) {
        let project = format!("project {round}");
        at_once((0..TASKS).map(|task| {
            let registry = registry.clone();
            let sample = Sample::new(Kind::Entity, &project, &format!("e{task}"));
            async move { Ok(registry.apply(sample.apply()).await?) }
        }))
        .await?;
        let rows = registry.export_rows(Some(&project)).await?;
        let entities = rows
            .iter()
            .filter(|row| row.key.kind == Kind::Entity)
            .count();
        ensure_eq!(entities, TASKS, "entities");
        registry
            .get(&Key::project(&*project), Freshness::Store)
            .await?;
        let uuid = registry.project_metadata(&project, PROJECT_UUID).await?;
        ensure!(uuid.is_some(), "no identity");
    }
    Ok(())
}

async fn a_snapshot_never_shows_half_a_batch(cx: Context) -> Checked {
    let registry = cx.registry().await?;
    let rounds = cx.rounds(20);
    at_once((0..4).map(|task| {
        let registry = registry.clone();
        async move {
            let name = format!("it {task}");
            let samples = [Kind::Entity, Kind::FeatureView, Kind::Permission]
                .map(|kind| Sample::new(kind, "fahrten", &name));
            for round in 0..rounds {
                if task == 0 {
                    let rows = rows::all(&registry).await?;
                    for task in 1..4 {
                        let name = format!("it {task}");
                        let of_batch = rows.iter().filter(|row| *row.key.name == *name).count();
                        // A view comes with its first version.
                        ensure!([0, 4].contains(&of_batch), "{of_batch} rows of a batch");
                    }
                } else if round % 2 == 0 {
                    registry
                        .commit(samples.each_ref().map(Sample::change).into())
                        .await?;
                } else {
                    let deletes = samples.each_ref().map(|one| Change::Delete(one.delete()));
                    registry.commit(deletes.into()).await?;
                }
            }
            Ok(())
        }
    }))
    .await?;
    Ok(())
}
