//! Merging the intervals of views.

use std::sync::Arc;

use feast_registry_core::store::{Consistency, Scan};
use feast_registry_core::{Change, Compaction, Effect, Freshness, Kind, Record, Registry, Result};

use crate::failure::Outcome;
use crate::output::style;
use crate::session::Session;

/// Views of one page, and so of one transaction.
const PAGE: usize = 500;

/// Compacts one view, or all of the project.
pub(super) async fn run(view: Option<&str>, dry_run: bool, session: &mut Session<'_>) -> Outcome {
    let project = session.project().await?;
    let registry = session.registry().await?;
    let mut merged = 0;
    if let Some(view) = view {
        let row = registry
            .get_any_view(&project, view, Freshness::Store)
            .await?;
        merged += page(&registry, &[row], true, dry_run, session).await?;
    } else {
        for kind in Kind::VIEWS {
            let mut scan = Scan::project(kind, Arc::clone(&project)).limit(PAGE);
            loop {
                let rows = registry.store().scan(&scan, Consistency::Primary).await?;
                merged += page(&registry, &rows.records, false, dry_run, session).await?;
                match rows.records.into_iter().last().filter(|_| rows.more) {
                    Some(last) => scan = scan.after(last.key),
                    None => break,
                }
            }
        }
    }
    session.say(&match (merged, dry_run) {
        (0, _) => "there is nothing to merge".to_owned(),
        (views, true) => format!("{views} views have intervals to merge; nothing was changed"),
        (views, false) => format!("merged the intervals of {views} views"),
    })
}

/// Compacts those of some views that it changes, in one transaction; answers how many.
async fn page(
    registry: &Registry,
    rows: &[Record],
    asked: bool,
    dry_run: bool,
    session: &mut Session<'_>,
) -> Outcome<usize> {
    let mut changes = Vec::new();
    let mut lines = Vec::new();
    for row in rows {
        match compaction(row, asked)? {
            Some(found) => lines.push(format!(
                "{}: {} intervals become {}",
                row.key.name, found.before, found.after
            )),
            // Let the registry say what is wrong with the view that was asked for.
            None if asked => {}
            None => continue,
        }
        changes.push(Change::CompactIntervals {
            project: Arc::clone(&row.key.project),
            view: Arc::clone(&row.key.name),
        });
    }
    let count = match (changes.is_empty(), dry_run) {
        (true, _) => 0,
        (false, true) => {
            let plan = registry.plan(changes).await?;
            changed(plan.steps.iter().map(|step| step.effect))
        }
        (false, false) => {
            let outcomes = registry.commit(changes).await?;
            changed(outcomes.iter().map(|outcome| outcome.effect))
        }
    };
    for line in lines {
        session.say(&style::printable(&line))?;
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
