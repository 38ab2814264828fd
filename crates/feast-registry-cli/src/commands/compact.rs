//! Merging the intervals of views.

use std::sync::Arc;

use feast_registry_core::{
    Change, Compaction, Effect, Freshness, Key, Record, Registry, Result, StoreExt as _,
};
use futures::StreamExt as _;

use crate::failure::Outcome;
use crate::output::style;
use crate::session::Session;

/// Views of one transaction.
const MAX_VIEWS: usize = 500;

/// Compacts one view, or all of the project.
pub(super) async fn run(view: Option<&str>, dry_run: bool, session: &mut Session<'_>) -> Outcome {
    let project = session.project().await?;
    let registry = session.registry().await?;
    let found = match view {
        Some(view) => {
            let row = registry
                .get_any_view(&project, view, Freshness::Store)
                .await?;
            let compaction = compaction(&row, true)?;
            vec![(row.key, compaction)]
        }
        None => all(&registry, &project).await?,
    };
    let mut merged = 0;
    for views in found.chunks(MAX_VIEWS) {
        merged += compact(&registry, views, dry_run, session).await?;
    }
    session.say(&match (merged, dry_run) {
        (0, _) => "there is nothing to merge".to_owned(),
        (views, true) => format!("{views} views have intervals to merge; nothing was changed"),
        (views, false) => format!("merged the intervals of {views} views"),
    })
}

/// A view, and what would become of its intervals.
type Found = (Key, Option<Compaction>);

/// The views of a project that a compaction would change. All are found before one is written: where a store has one
/// connection only, who reads keeps it.
async fn all(registry: &Registry, project: &str) -> Result<Vec<Found>> {
    let mut found = Vec::new();
    let mut chunks = registry.store().rows(Some(project)).await?;
    while let Some(chunk) = chunks.next().await {
        for row in chunk? {
            if let Some(compaction) = compaction(&row, false)? {
                found.push((row.key, Some(compaction)));
            }
        }
    }
    Ok(found)
}

/// Compacts some views in one transaction; answers how many it has changed.
async fn compact(
    registry: &Registry,
    views: &[Found],
    dry_run: bool,
    session: &mut Session<'_>,
) -> Outcome<usize> {
    let changes = views.iter().map(|(key, _)| Change::CompactIntervals {
        project: Arc::clone(&key.project),
        view: Arc::clone(&key.name),
    });
    let count = if dry_run {
        let plan = registry.plan(changes.collect()).await?;
        changed(plan.steps.iter().map(|step| step.effect))
    } else {
        let outcomes = registry.commit(changes.collect()).await?;
        changed(outcomes.iter().map(|outcome| outcome.effect))
    };
    for (key, compaction) in views {
        if let Some(Compaction { before, after, .. }) = compaction {
            let line = format!("{}: {before} intervals become {after}", key.name);
            session.say(&style::printable(&line))?;
        }
    }
    Ok(count)
}

/// What compacting a view would change, if it would. One that cannot be read is passed over, unless
/// it was asked for.
fn compaction(row: &Record, asked: bool) -> Result<Option<Compaction>> {
    match Compaction::of(row) {
        Ok(found) => Ok(found.filter(|found| found.changes)),
        Err(error) if asked => Err(error),
        Err(error) => {
            tracing::warn!("{error}");
            Ok(None)
        }
    }
}

fn changed(effects: impl Iterator<Item = Effect>) -> usize {
    effects.filter(|effect| *effect == Effect::Updated).count()
}
