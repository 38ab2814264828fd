//! Transactions of databases that cap them.

use std::sync::Arc;

use feast_registry_core::store::Limits;
use feast_registry_core::{Change, ErrorKind, Kind, Registry, RegistryOptions, Store};

use crate::check::{Checked, refused};
use crate::context::Context;
use crate::flaky::Flaky;
use crate::rows;
use crate::samples::Sample;
use crate::trial::Trial;

pub(super) fn trials() -> Vec<Trial> {
    trials!["limits::transaction":
        too_many_changes_are_refused_before_it_begins,
        too_many_rows_are_refused_before_one_is_written,
        too_many_bytes_are_refused,
        what_a_plan_shows_can_be_committed,
    ]
}

const ROWS: usize = 12;
const BYTES: usize = 100_000;

/// A registry on a store that takes so much in one transaction, and the store below.
async fn capped(cx: &Context) -> Checked<(Registry, Arc<Flaky>)> {
    let limits = Limits::default().with_transaction(ROWS, BYTES);
    let store = Flaky::limited(cx.store().await?, limits);
    let registry = Registry::open(
        Arc::clone(&store) as Arc<dyn Store>,
        RegistryOptions::default(),
    );
    Ok((registry.await?, store))
}

fn entities(count: usize) -> Vec<Change> {
    let names = (0..count).map(|number| format!("entity_{number}"));
    names
        .map(|name| Sample::new(Kind::Entity, "fahrten", &name).change())
        .collect()
}

/// Refused as a plan and as a commit, with both figures; nothing is written.
async fn is_refused(registry: &Registry, changes: Vec<Change>, figures: [&str; 2]) -> Checked {
    let before = rows::all(registry).await?;
    for error in [
        refused(registry.commit(changes.clone()).await, ErrorKind::TooLarge)?,
        refused(registry.plan(changes).await, ErrorKind::TooLarge)?,
    ] {
        for figure in figures {
            ensure!(error.message().contains(figure), "no {figure} in: {error}");
        }
        ensure!(error.hint().is_some(), "no hint: {error:?}");
    }
    ensure_eq!(rows::all(registry).await?, before, "all rows");
    Ok(())
}

async fn too_many_changes_are_refused_before_it_begins(cx: Context) -> Checked {
    let (registry, store) = capped(&cx).await?;
    let begun = store.transactions();
    is_refused(&registry, entities(ROWS + 1), ["13 rows", "at most 12"]).await?;
    ensure_eq!(store.transactions(), begun, "transactions");
    Ok(())
}

async fn too_many_rows_are_refused_before_one_is_written(cx: Context) -> Checked {
    let (registry, _) = capped(&cx).await?;
    let view = |number| Sample::new(Kind::FeatureView, "fahrten", &format!("view_{number}"));
    // Each is a view and its version; with them come the project and its metadata.
    let views: Vec<Change> = (0..ROWS / 2).map(|number| view(number).change()).collect();
    is_refused(&registry, views, ["15 rows", "at most 12"]).await?;
    Ok(())
}

async fn too_many_bytes_are_refused(cx: Context) -> Checked {
    let (registry, _) = capped(&cx).await?;
    let large = Sample::new(Kind::Entity, "fahrten", "large").with_unknown(&vec![7; BYTES]);
    is_refused(&registry, vec![large.change()], ["bytes", "at most 100000"]).await
}

async fn what_a_plan_shows_can_be_committed(cx: Context) -> Checked {
    let (registry, _) = capped(&cx).await?;
    let changes = entities(8);
    let plan = registry.plan(changes.clone()).await?;
    let outcomes = registry.commit_planned(changes, plan).await?;
    ensure_eq!(outcomes.len(), 8, "outcomes");
    Ok(())
}
