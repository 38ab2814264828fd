//! Making a store ready, emptying it, closing it.

use std::sync::Arc;

use feast_registry_core::store::{Consistency, Probe, Scan, SchemaMode, Teardown};
use feast_registry_core::{ErrorKind, Kind, Registry, RegistryOptions, Result, Store};
use futures::future::try_join_all;

use crate::check::{Checked, Failure, failed, refused};
use crate::context::Context;
use crate::harness::Opened;
use crate::rows;
use crate::trial::{Need, Trial};
use crate::worker::{self, Job, Order};

pub(super) fn trials() -> Vec<Trial> {
    let mut trials = trials!["store::lifecycle":
        initialising_again_changes_nothing,
        initialising_at_the_same_time_is_fine,
        verify_accepts_what_auto_made,
        verify_names_every_missing_table,
        skip_changes_nothing,
        an_upgrade_loses_nothing_and_is_made_once,
        a_dry_run_of_an_upgrade_changes_nothing,
        upgrading_at_the_same_time_is_fine,
        teardown_of_rows_leaves_no_row,
        teardown_may_be_repeated,
        teardown_of_tables_needs_a_new_start,
        it_is_healthy_and_says_what_it_is,
        a_closed_store_does_nothing_more,
        closing_again_is_fine,
    ];
    trials.push(
        Trial::new(
            "store::lifecycle::processes_may_initialise_at_the_same_time",
            processes_may_initialise,
        )
        .needing(&[Need::Shared, Need::Processes]),
    );
    trials.push(
        Trial::new("store::lifecycle::handles_see_each_others_writes", handles)
            .needing(&[Need::Shared]),
    );
    trials
}

async fn an_upgrade_loses_nothing_and_is_made_once(cx: Context) -> Checked {
    let store = cx.store().await?;
    rows::insert(&*store, &rows::one_of_each("p")).await?;
    let before = rows::everything(&*store).await?;
    store.upgrade(false).await?;
    ensure_eq!(
        store.upgrade(false).await?,
        Vec::<String>::new(),
        "what is left to do"
    );
    ensure_eq!(rows::everything(&*store).await?, before, "all rows");
    store.initialize(SchemaMode::Verify).await?;
    Ok(())
}

async fn a_dry_run_of_an_upgrade_changes_nothing(cx: Context) -> Checked {
    let store = cx.store().await?;
    let planned = store.upgrade(true).await?;
    ensure_eq!(store.upgrade(true).await?, planned, "what is left to do");
    ensure_eq!(store.upgrade(false).await?, planned, "what was done");
    Ok(())
}

async fn upgrading_at_the_same_time_is_fine(cx: Context) -> Checked {
    let opened = cx.open().await?;
    let upgrade = |store: Arc<dyn Store>| async move { store.upgrade(false).await.map(drop) };
    on_replicas(&cx, &opened, upgrade).await?;
    opened.store.initialize(SchemaMode::Verify).await?;
    ensure_eq!(
        opened.store.upgrade(true).await?,
        Vec::<String>::new(),
        "what is left to do"
    );
    Ok(())
}

/// How many may start at once on an empty database.
const REPLICAS: usize = 20;

/// Does something on so many stores at once, each opened by itself where they can share their data.
async fn on_replicas<F>(cx: &Context, opened: &Opened, work: fn(Arc<dyn Store>) -> F) -> Checked
where
    F: Future<Output = Result<()>> + Send + 'static,
{
    let shared = cx.facts().capabilities.shared;
    let tasks = (0..REPLICAS).map(|_| {
        let (cx, opened) = (cx.clone(), opened.clone());
        tokio::spawn(async move {
            let store = match shared {
                true => cx.reopen(&opened.location).await?,
                false => opened.store,
            };
            work(store).await.map_err(Failure::from)
        })
    });
    for done in try_join_all(tasks).await? {
        done?;
    }
    Ok(())
}

async fn initialising_again_changes_nothing(cx: Context) -> Checked {
    let store = cx.store().await?;
    rows::insert(&*store, &rows::one_of_each("p")).await?;
    let before = rows::everything(&*store).await?;
    for mode in [
        SchemaMode::Auto,
        SchemaMode::Verify,
        SchemaMode::Skip,
        SchemaMode::Auto,
    ] {
        store.initialize(mode).await?;
        ensure_eq!(
            rows::everything(&*store).await?,
            before,
            "all rows after {mode:?}"
        );
    }
    Ok(())
}

async fn initialising_at_the_same_time_is_fine(cx: Context) -> Checked {
    let opened = cx.open().await?;
    let start = |store| async move {
        let registry = Registry::open(store, RegistryOptions::default());
        registry.await.map(drop)
    };
    on_replicas(&cx, &opened, start).await?;
    opened.store.initialize(SchemaMode::Verify).await?;
    rows::insert(&*opened.store, &rows::one_of_each("p")).await?;
    Ok(())
}

async fn processes_may_initialise(cx: Context) -> Checked {
    let opened = cx.open().await?;
    let order = Order {
        location: opened.location,
        job: Job::Initialize,
    };
    worker::together(vec![order; 4]).await?;
    rows::insert(&*opened.store, &rows::one_of_each("p")).await?;
    Ok(())
}

async fn handles(cx: Context) -> Checked {
    let opened = cx.located().await?;
    let other = cx.reopen(&opened.location).await?;
    for (round, (from, to)) in [(&opened.store, &other), (&other, &opened.store)]
        .into_iter()
        .enumerate()
    {
        let row = rows::entity("p", &format!("e{round}"));
        rows::insert(&**from, std::slice::from_ref(&row)).await?;
        ensure_eq!(
            rows::get(&**to, &row.key).await?,
            Some(row),
            "through the other handle"
        );
    }
    Ok(())
}

async fn verify_accepts_what_auto_made(cx: Context) -> Checked {
    let store = cx.store().await?;
    store.initialize(SchemaMode::Verify).await?;
    Ok(())
}

async fn verify_names_every_missing_table(cx: Context) -> Checked {
    let store = cx.store().await?;
    store.teardown(Teardown::Tables).await?;
    // A store without tables misses none, and must be ready then.
    match store.initialize(SchemaMode::Verify).await {
        Ok(()) => rows::insert(&*store, &rows::one_of_each("p")).await?,
        missing => {
            let error = refused(missing, ErrorKind::Schema)?;
            for kind in Kind::ALL {
                let table = kind.spec().table;
                let named = error.message().contains(table);
                ensure!(named, "`{table}` is missing and not named: {error:?}");
            }
        }
    }
    Ok(())
}

async fn skip_changes_nothing(cx: Context) -> Checked {
    let store = cx.store().await?;
    store.teardown(Teardown::Tables).await?;
    store.initialize(SchemaMode::Skip).await?;
    if store.initialize(SchemaMode::Verify).await.is_err() {
        failed(rows::insert(&*store, &rows::one_of_each("p")).await)?;
    }
    Ok(())
}

async fn teardown_of_rows_leaves_no_row(cx: Context) -> Checked {
    let store = cx.store().await?;
    rows::insert(
        &*store,
        &[rows::one_of_each("p"), rows::one_of_each("q")].concat(),
    )
    .await?;
    store.teardown(Teardown::Rows).await?;
    ensure_eq!(rows::everything(&*store).await?, vec![], "all rows");
    ensure_eq!(store.changes().await?, Probe::default(), "the probe");
    // The tables are still there.
    store.initialize(SchemaMode::Verify).await?;
    rows::insert(&*store, &rows::one_of_each("p")).await?;
    Ok(())
}

async fn teardown_may_be_repeated(cx: Context) -> Checked {
    let store = cx.store().await?;
    for what in [
        Teardown::Rows,
        Teardown::Rows,
        Teardown::Tables,
        Teardown::Tables,
    ] {
        store.teardown(what).await?;
    }
    Ok(())
}

async fn teardown_of_tables_needs_a_new_start(cx: Context) -> Checked {
    let store = cx.store().await?;
    rows::insert(&*store, &rows::one_of_each("p")).await?;
    store.teardown(Teardown::Tables).await?;
    store.initialize(SchemaMode::Auto).await?;
    ensure_eq!(rows::everything(&*store).await?, vec![], "all rows");
    rows::insert(&*store, &rows::one_of_each("p")).await?;
    Ok(())
}

async fn it_is_healthy_and_says_what_it_is(cx: Context) -> Checked {
    let store = cx.store().await?;
    store.health().await?;
    let description = store.describe().await?;
    ensure!(
        !description.trim().is_empty() && !description.contains('\n'),
        "not a description of one line: {description:?}"
    );
    Ok(())
}

async fn a_closed_store_does_nothing_more(cx: Context) -> Checked {
    let store = cx.store().await?;
    let row = rows::entity("p", "e");
    rows::insert(&*store, std::slice::from_ref(&row)).await?;
    store.close().await?;
    failed(rows::get(&*store, &row.key).await)?;
    let everything = Scan::all(Kind::Entity);
    failed(store.scan(&everything, Consistency::Primary).await)?;
    failed(rows::everything(&*store).await)?;
    failed(store.changes().await)?;
    failed(rows::write(&*store, vec![rows::update(&row.key, "late", rows::STAMP)]).await)?;
    failed(store.initialize(SchemaMode::Auto).await)?;
    failed(store.teardown(Teardown::Rows).await)?;
    failed(store.health().await)?;
    Ok(())
}

async fn closing_again_is_fine(cx: Context) -> Checked {
    let store = cx.store().await?;
    for _ in 0..2 {
        store.close().await?;
    }
    Ok(())
}
