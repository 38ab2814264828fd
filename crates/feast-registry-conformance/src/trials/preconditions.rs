//! Changing only what the caller has seen.

use feast_registry_core::{Apply, Delete, Effect, ErrorKind, Freshness, Kind, Registry, Revision};
use futures::future::join_all;

use crate::check::{Checked, refused};
use crate::context::Context;
use crate::rows;
use crate::samples::Sample;
use crate::trial::Trial;

pub(super) fn trials() -> Vec<Trial> {
    let mut trials = trials_for!["preconditions", Kind::OBJECTS;
        an_apply_with_the_current_revision_is_done,
        an_apply_with_an_old_revision_is_refused,
        an_apply_to_what_is_gone_is_refused,
        a_delete_with_the_current_revision_is_done,
        a_delete_with_an_old_revision_is_refused,
    ];
    trials.extend(trials!["preconditions::race": exactly_one_of_many_wins]);
    trials
}

fn sample(kind: Kind) -> Sample {
    Sample::new(kind, "fahrten", "it")
}

fn applying(sample: &Sample, expected: Revision) -> Apply {
    Apply {
        expected: Some(expected),
        ..sample.apply()
    }
}

fn deleting(sample: &Sample, expected: Revision) -> Delete {
    Delete {
        expected: Some(expected),
        ..sample.delete()
    }
}

/// Applies two definitions: the revision before and the revision now.
async fn two_revisions(registry: &Registry, kind: Kind) -> Checked<(Revision, Revision)> {
    registry.apply(sample(kind).apply()).await?;
    let old = registry
        .get(&sample(kind).key, Freshness::Store)
        .await?
        .revision();
    registry
        .apply(sample(kind).tagged("now", "yes").apply())
        .await?;
    let new = registry
        .get(&sample(kind).key, Freshness::Store)
        .await?
        .revision();
    ensure!(old != new, "a change kept the revision");
    Ok((old, new))
}

async fn an_apply_with_the_current_revision_is_done(cx: Context, kind: Kind) -> Checked {
    let registry = cx.registry().await?;
    let (_, current) = two_revisions(&registry, kind).await?;
    let changed = sample(kind).tagged("later", "yes");
    let outcome = registry.apply(applying(&changed, current)).await?;
    ensure_eq!(outcome.effect, Effect::Updated, "the effect");
    let row = registry.get(&changed.key, Freshness::Store).await?;
    ensure_eq!(
        outcome.revision(),
        Some(row.revision()),
        "the revision of the outcome"
    );
    registry.apply(applying(&changed, row.revision())).await?;
    Ok(())
}

async fn an_apply_with_an_old_revision_is_refused(cx: Context, kind: Kind) -> Checked {
    let registry = cx.registry().await?;
    let (old, current) = two_revisions(&registry, kind).await?;
    let before = rows::all(&registry).await?;
    // Also when the definition is the one that is stored.
    for changed in [
        sample(kind).tagged("later", "yes"),
        sample(kind).tagged("now", "yes"),
    ] {
        let result = registry.apply(applying(&changed, old)).await;
        let error = refused(result, ErrorKind::RevisionConflict)?;
        ensure_eq!(
            error.current_revision(),
            Some(current),
            "the current revision"
        );
        ensure_eq!(rows::all(&registry).await?, before, "all rows");
    }
    Ok(())
}

async fn an_apply_to_what_is_gone_is_refused(cx: Context, kind: Kind) -> Checked {
    let registry = cx.registry().await?;
    let (_, current) = two_revisions(&registry, kind).await?;
    registry.delete(sample(kind).delete()).await?;
    let result = registry.apply(applying(&sample(kind), current)).await;
    let error = refused(result, ErrorKind::RevisionConflict)?;
    ensure_eq!(error.current_revision(), None, "the current revision");
    ensure_eq!(
        registry.find(&sample(kind).key, Freshness::Store).await?,
        None,
        "the object"
    );
    Ok(())
}

async fn a_delete_with_the_current_revision_is_done(cx: Context, kind: Kind) -> Checked {
    let registry = cx.registry().await?;
    let (_, current) = two_revisions(&registry, kind).await?;
    registry.delete(deleting(&sample(kind), current)).await?;
    ensure_eq!(
        registry.find(&sample(kind).key, Freshness::Store).await?,
        None,
        "the object"
    );
    Ok(())
}

async fn a_delete_with_an_old_revision_is_refused(cx: Context, kind: Kind) -> Checked {
    let registry = cx.registry().await?;
    let (old, current) = two_revisions(&registry, kind).await?;
    let before = rows::all(&registry).await?;
    let result = registry.delete(deleting(&sample(kind), old)).await;
    let error = refused(result, ErrorKind::RevisionConflict)?;
    ensure_eq!(
        error.current_revision(),
        Some(current),
        "the current revision"
    );
    ensure_eq!(rows::all(&registry).await?, before, "all rows");
    Ok(())
}

async fn exactly_one_of_many_wins(cx: Context) -> Checked {
    let registry = cx.registry().await?;
    let sample = Sample::new(Kind::Entity, "fahrten", "it");
    registry.apply(sample.apply()).await?;
    for round in 0..cx.rounds(5) {
        let revision = registry
            .get(&sample.key, Freshness::Store)
            .await?
            .revision();
        let tasks = (0..8).map(|task| {
            let (registry, sample) = (registry.clone(), sample.clone());
            let changed = sample.tagged("winner", &format!("{round} {task}"));
            tokio::spawn(async move { registry.apply(applying(&changed, revision)).await })
        });
        let mut won = 0;
        for result in join_all(tasks).await {
            match result? {
                Ok(_) => won += 1,
                other => drop(refused(other, ErrorKind::RevisionConflict)?),
            }
        }
        ensure_eq!(won, 1, "winners");
    }
    Ok(())
}
