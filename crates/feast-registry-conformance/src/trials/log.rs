//! The log of changes that a store may keep, and refreshes of the cache that read it.

use std::sync::Arc;

use feast_registry_core::store::{Position, Range, SchemaMode, Store, Teardown, Write};
use feast_registry_core::{ErrorKind, Freshness, Key, Kind, Query, Registry, RegistryOptions};
use futures::future::try_join_all;

use crate::check::{Checked, Failure, refused};
use crate::context::Context;
use crate::flaky::Flaky;
use crate::rows::{self, STAMP};
use crate::samples::Sample;
use crate::trial::{Need, Trial};

pub(super) fn trials() -> Vec<Trial> {
    let mut trials = trials_for!["log::kinds", Kind::ALL; every_commit_is_logged];
    trials.extend(trials!["log":
        many_changes_of_one_statement_are_logged,
        a_log_is_made_once_and_removed_and_made_again,
        another_handle_finds_the_log,
        tables_are_dropped_together_with_the_log,
        a_refresh_reads_what_others_changed_and_no_figures,
        refreshes_while_others_write_end_where_the_store_is,
    ]);
    let mut trials: Vec<Trial> = trials
        .into_iter()
        .map(|trial| trial.needing(&[Need::Log]))
        .collect();
    trials.extend(trials!["log": a_store_without_a_log_refuses_to_keep_one]);
    trials
}

async fn a_store_without_a_log_refuses_to_keep_one(cx: Context) -> Checked {
    let store = cx.store().await?;
    ensure!(
        store.logged(None).await?.is_none(),
        "a log that nobody made"
    );
    if !cx.facts().capabilities.change_log {
        refused(store.keep_log(true, false).await, ErrorKind::Unsupported)?;
    }
    Ok(())
}

/// A store that keeps a log, and another handle on it if there can be one.
async fn kept(cx: &Context) -> Checked<(Arc<dyn Store>, Arc<dyn Store>)> {
    let opened = cx.located().await?;
    opened.store.keep_log(true, false).await?;
    let other = match cx.facts().capabilities.shared {
        true => cx.reopen(&opened.location).await?,
        false => Arc::clone(&opened.store),
    };
    Ok((opened.store, other))
}

async fn begun(store: &dyn Store) -> Checked<Position> {
    let logged = store.logged(None).await?;
    let logged = logged.ok_or_else(|| Failure::new("there is no log"))?;
    Ok(logged.position)
}

/// What was changed since a position, which is then moved on.
async fn since(store: &dyn Store, position: &mut Position) -> Checked<Vec<Key>> {
    let logged = store.logged(Some(position)).await?;
    let logged = logged.ok_or_else(|| Failure::new("there is no log any more"))?;
    *position = logged.position;
    logged
        .keys
        .ok_or_else(|| Failure::new("the log cannot tell"))
}

async fn every_commit_is_logged(cx: Context, kind: Kind) -> Checked {
    let (ours, theirs) = kept(&cx).await?;
    let row = rows::row(kind, "pröject", "ït");
    let mut position = begun(&*ours).await?;
    for writer in [&ours, &theirs] {
        for step in [
            Write::Insert(row.clone()),
            rows::update(&row.key, "changed", STAMP),
            Write::Delete(row.key.clone()),
            Write::Insert(row.clone()),
            Write::DeleteRange(Range::project(kind, "pröject")),
        ] {
            rows::write(&**writer, vec![step.clone()]).await?;
            let keys = since(&*ours, &mut position).await?;
            ensure_eq!(keys, vec![row.key.clone()], "what {step:?} has changed");
        }
    }
    let keys = since(&*ours, &mut position).await?;
    ensure_eq!(keys, vec![], "what nobody has changed");
    Ok(())
}

async fn many_changes_of_one_statement_are_logged(cx: Context) -> Checked {
    let (ours, theirs) = kept(&cx).await?;
    let rows: Vec<_> = (0..100)
        .map(|number| rows::entity("p", &format!("it{number:03}")))
        .collect();
    let keys: Vec<Key> = rows.iter().map(|row| row.key.clone()).collect();
    let mut position = begun(&*ours).await?;
    rows::insert(&*theirs, &rows).await?;
    ensure_eq!(since(&*ours, &mut position).await?, keys, "the inserts");
    let updates = keys.iter().map(|key| rows::update(key, "changed", STAMP));
    rows::write(&*theirs, updates.collect()).await?;
    ensure_eq!(since(&*ours, &mut position).await?, keys, "the updates");
    Ok(())
}

async fn a_log_is_made_once_and_removed_and_made_again(cx: Context) -> Checked {
    let store = cx.store().await?;
    let would = store.keep_log(true, true).await?;
    ensure!(!would.is_empty(), "nothing would be done");
    ensure!(
        store.logged(None).await?.is_none(),
        "a dry run made the log"
    );
    let done = store.keep_log(true, false).await?;
    ensure_eq!(done.len(), would.len(), "the statements");
    ensure_eq!(store.keep_log(true, false).await?.len(), 0, "done twice");
    let mut position = begun(&*store).await?;
    rows::insert(&*store, &[rows::entity("p", "first")]).await?;
    ensure_eq!(since(&*store, &mut position).await?.len(), 1, "keys");

    ensure!(
        !store.keep_log(false, false).await?.is_empty(),
        "not removed"
    );
    ensure!(store.logged(None).await?.is_none(), "still there");
    ensure_eq!(
        store.keep_log(false, false).await?.len(),
        0,
        "removed twice"
    );
    rows::insert(&*store, &[rows::entity("p", "second")]).await?;

    store.keep_log(true, false).await?;
    rows::insert(&*store, &[rows::entity("p", "third")]).await?;
    let logged = store.logged(Some(&position)).await?;
    let keys = logged.and_then(|logged| logged.keys);
    ensure_eq!(keys, None, "what another log says of a position");
    Ok(())
}

async fn another_handle_finds_the_log(cx: Context) -> Checked {
    let (_, theirs) = kept(&cx).await?;
    theirs.initialize(SchemaMode::Verify).await?;
    let mut position = begun(&*theirs).await?;
    ensure_eq!(since(&*theirs, &mut position).await?.len(), 0, "keys");
    Ok(())
}

async fn tables_are_dropped_together_with_the_log(cx: Context) -> Checked {
    let (store, _) = kept(&cx).await?;
    store.teardown(Teardown::Tables).await?;
    store.initialize(SchemaMode::Auto).await?;
    ensure!(store.logged(None).await?.is_none(), "the log is there");
    rows::insert(&*store, &[rows::entity("p", "it")]).await?;
    Ok(())
}

fn entity(name: &str) -> Sample {
    Sample::new(Kind::Entity, "fahrten", name)
}

async fn open(store: Arc<dyn Store>) -> Checked<Registry> {
    Ok(Registry::open(store, RegistryOptions::default()).await?)
}

/// The cache holds what the store holds.
async fn is_fresh(registry: &Registry) -> Checked {
    for kind in Kind::OBJECTS {
        let query = Query::everywhere(kind);
        let stored = registry.list(&query).await?.records;
        let cached = registry.list(&query.freshness(Freshness::Cache)).await?;
        ensure_eq!(cached.records, stored, "cached (found) and stored {kind}");
    }
    let rows = rows::all(registry).await?.len();
    ensure_eq!(registry.cache_status().rows, rows, "rows in the cache");
    Ok(())
}

async fn a_refresh_reads_what_others_changed_and_no_figures(cx: Context) -> Checked {
    let (ours, theirs) = kept(&cx).await?;
    let flaky = Flaky::new(ours);
    let ours = open(Arc::clone(&flaky) as _).await?;
    let theirs = open(theirs).await?;
    theirs.apply(entity("old").apply()).await?;
    ours.refresh().await?;
    theirs.apply(entity("new").apply()).await?;
    theirs.delete(entity("old").delete()).await?;
    // Under the stamp that it has: no figure would tell.
    let rewritten = rows::at(entity("it").key, "old", 5);
    rows::insert(&**theirs.store(), std::slice::from_ref(&rewritten)).await?;
    ours.refresh().await?;
    is_fresh(&ours).await?;
    let change = rows::update(&rewritten.key, "new", 5);
    rows::write(&**theirs.store(), vec![change]).await?;
    ours.refresh().await?;
    is_fresh(&ours).await?;
    theirs.delete_project("fahrten", None).await?;
    ours.refresh().await?;
    is_fresh(&ours).await?;
    ensure_eq!(flaky.figures(), 0, "how often figures were asked for");
    Ok(())
}

async fn refreshes_while_others_write_end_where_the_store_is(cx: Context) -> Checked {
    let (ours, theirs) = kept(&cx).await?;
    let (ours, theirs) = (open(ours).await?, open(theirs).await?);
    ours.refresh().await?;
    let rounds = cx.rounds(20);
    let writers = (0..4).map(|task| {
        let theirs = theirs.clone();
        tokio::spawn(async move {
            for round in 0..rounds {
                let names = (0..3).map(|number| format!("{task}-{}", (round + number) % 5));
                let samples: Vec<Sample> = names.map(|name| entity(&name)).collect();
                let tagged = samples.iter().map(|sample| {
                    let sample = sample.clone();
                    sample.tagged("round", &round.to_string()).change()
                });
                theirs.commit(tagged.collect()).await?;
                theirs.delete(samples[0].delete()).await?;
            }
            Checked::<()>::Ok(())
        })
    });
    let writing = tokio::spawn(try_join_all(writers));
    while !writing.is_finished() {
        ours.refresh().await?;
        tokio::task::yield_now().await;
    }
    for done in writing.await?? {
        done?;
    }
    ours.refresh().await?;
    is_fresh(&ours).await
}
