//! Reads from memory: never behind this process, and not for long behind others.

use std::sync::Arc;
use std::time::Duration;

use feast_registry_core::{
    CacheMode, CacheOptions, ErrorKind, Freshness, Key, Kind, Query, Record, Registry,
    RegistryOptions, Store,
};
use futures::future::try_join_all;
use tokio::time::timeout;

use crate::check::{Checked, Failure, refused};
use crate::context::Context;
use crate::flaky::Flaky;
use crate::rows;
use crate::samples::{self, Sample};
use crate::trial::Trial;

pub(super) fn trials() -> Vec<Trial> {
    trials!["cache::read":
        own_writes_are_seen_at_once,
        a_foreign_write_is_seen_after_a_refresh,
        a_foreign_write_is_seen_after_the_ttl,
        a_task_refreshes_in_thread_mode,
        own_and_foreign_writes_of_one_object_are_seen,
        cached_lists_equal_stored_lists,
        writes_during_refreshes_are_not_lost,
        a_failing_refresh_keeps_serving_and_says_so,
        without_a_snapshot_a_failure_is_an_error,
        a_refresh_that_was_dropped_harms_nobody,
        refreshes_that_wait_are_one,
        nothing_is_cached_before_the_first_read,
        reads_and_refreshes_are_counted,
    ]
}

fn entity(name: &str) -> Sample {
    Sample::new(Kind::Entity, "fahrten", name)
}

fn options(ttl: Option<Duration>, mode: CacheMode) -> RegistryOptions {
    let mut cache = CacheOptions::default();
    cache.ttl = ttl;
    cache.mode = mode;
    let mut options = RegistryOptions::default();
    options.cache = cache;
    options
}

/// Two registries on one store: neither knows of the other.
async fn two(cx: &Context, ours: RegistryOptions) -> Checked<(Registry, Registry)> {
    let store = cx.store().await?;
    let theirs = Registry::open(Arc::clone(&store), RegistryOptions::default()).await?;
    Ok((Registry::open(store, ours).await?, theirs))
}

async fn cached(registry: &Registry, sample: &Sample) -> Checked<Option<Record>> {
    Ok(registry.find(&sample.key, Freshness::Cache).await?)
}

async fn own_writes_are_seen_at_once(cx: Context) -> Checked {
    for mode in [CacheMode::Sync, CacheMode::Thread] {
        let registry = cx.registry_with(options(None, mode)).await?;
        sees_its_own_writes(&registry).await?;
    }
    Ok(())
}

async fn sees_its_own_writes(registry: &Registry) -> Checked {
    registry.refresh().await?;
    let view = Sample::new(Kind::FeatureView, "fahrten", "trips");
    let (start, end) = samples::interval(0, 0);
    registry.apply(view.apply()).await?;
    same_everywhere(registry, &view.key).await?;
    registry.apply(view.redefined("one").apply()).await?;
    same_everywhere(registry, &view.key).await?;
    same_everywhere(registry, &Key::version("fahrten", "trips", 1)).await?;
    registry
        .apply_materialization("fahrten", "trips", start, end)
        .await?;
    same_everywhere(registry, &view.key).await?;
    registry
        .set_user_metadata("fahrten", "trips", &b"mine"[..])
        .await?;
    same_everywhere(registry, &view.key).await?;
    registry.update_infra("fahrten", samples::infra()).await?;
    same_everywhere(registry, &Key::infra("fahrten")).await?;
    registry
        .set_project_metadata("fahrten", "mine", "ja")
        .await?;
    same_everywhere(registry, &Key::metadata("fahrten", "mine")).await?;
    registry.delete(view.delete()).await?;
    same_everywhere(registry, &view.key).await?;
    same_everywhere(registry, &Key::version("fahrten", "trips", 1)).await?;
    registry.delete_project("fahrten", None).await?;
    same_everywhere(registry, &Key::project("fahrten")).await?;
    same_everywhere(registry, &Key::infra("fahrten")).await?;
    Ok(())
}

async fn same_everywhere(registry: &Registry, key: &Key) -> Checked {
    ensure_eq!(
        registry.find(key, Freshness::Cache).await?,
        registry.find(key, Freshness::Store).await?,
        "{key} in the cache (found) and in the store (wanted)"
    );
    Ok(())
}

async fn a_foreign_write_is_seen_after_a_refresh(cx: Context) -> Checked {
    let (ours, theirs) = two(&cx, options(None, CacheMode::Sync)).await?;
    theirs.apply(entity("old").apply()).await?;
    ensure!(
        cached(&ours, &entity("old")).await?.is_some(),
        "the first read did not load"
    );
    theirs.apply(entity("new").apply()).await?;
    theirs.delete(entity("old").delete()).await?;
    ensure!(
        cached(&ours, &entity("new")).await?.is_none(),
        "read from the store"
    );
    ensure!(
        cached(&ours, &entity("old")).await?.is_some(),
        "read from the store"
    );
    ours.refresh().await?;
    ensure!(
        cached(&ours, &entity("new")).await?.is_some(),
        "not seen after a refresh"
    );
    ensure!(
        cached(&ours, &entity("old")).await?.is_none(),
        "not gone after a refresh"
    );
    Ok(())
}

async fn a_foreign_write_is_seen_after_the_ttl(cx: Context) -> Checked {
    let (ours, theirs) = two(&cx, options(Some(Duration::ZERO), CacheMode::Sync)).await?;
    ensure!(
        cached(&ours, &entity("it")).await?.is_none(),
        "there too early"
    );
    theirs.apply(entity("it").apply()).await?;
    eventually(&ours, &entity("it")).await
}

async fn a_task_refreshes_in_thread_mode(cx: Context) -> Checked {
    let ttl = Some(Duration::from_millis(1));
    let (ours, theirs) = two(&cx, options(ttl, CacheMode::Thread)).await?;
    cached(&ours, &entity("it")).await?;
    theirs.apply(entity("it").apply()).await?;
    eventually(&ours, &entity("it")).await
}

async fn eventually(registry: &Registry, sample: &Sample) -> Checked {
    let seen = async {
        while cached(registry, sample).await?.is_none() {
            tokio::task::yield_now().await;
        }
        Checked::<()>::Ok(())
    };
    match timeout(Duration::from_secs(30), seen).await {
        Ok(seen) => seen,
        Err(_) => Err(Failure::new("never seen")),
    }
}

async fn own_and_foreign_writes_of_one_object_are_seen(cx: Context) -> Checked {
    let (ours, theirs) = two(&cx, options(None, CacheMode::Sync)).await?;
    ours.apply(entity("it").apply()).await?;
    ours.refresh().await?;
    theirs
        .apply(entity("it").tagged("theirs", "1").apply())
        .await?;
    ours.apply(entity("it").tagged("ours", "2").apply()).await?;
    same_everywhere(&ours, &entity("it").key).await?;
    theirs.delete(entity("it").delete()).await?;
    ours.apply(entity("it").apply()).await?;
    same_everywhere(&ours, &entity("it").key).await?;
    theirs.delete_project("fahrten", None).await?;
    ours.apply(entity("other").apply()).await?;
    same_everywhere(&ours, &entity("other").key).await?;
    ours.refresh().await?;
    same_everywhere(&ours, &entity("it").key).await?;
    Ok(())
}

async fn cached_lists_equal_stored_lists(cx: Context) -> Checked {
    let registry = cx.registry().await?;
    registry.refresh().await?;
    for project in ["b", "a"] {
        let changes = Kind::OBJECTS
            .into_iter()
            .filter(|kind| *kind != Kind::Project)
            .flat_map(|kind| {
                ["z", "y"].map(|name| Sample::new(kind, project, &format!("{kind}{name}")).change())
            });
        registry.commit(changes.collect()).await?;
    }
    registry.delete(entity("gone").delete()).await.ok();
    for kind in Kind::OBJECTS {
        for query in [Query::new(kind, "a"), Query::everywhere(kind)] {
            let stored = registry.list(&query).await?.records;
            let cached = registry
                .list(&query.freshness(Freshness::Cache))
                .await?
                .records;
            ensure_eq!(cached, stored, "cached (found) and stored (wanted) {kind}");
        }
    }
    ensure_eq!(
        registry.cache_status().rows,
        rows::all(&registry).await?.len(),
        "rows in the cache"
    );
    Ok(())
}

async fn writes_during_refreshes_are_not_lost(cx: Context) -> Checked {
    let registry = cx.registry_with(options(None, CacheMode::Sync)).await?;
    registry.refresh().await?;
    let rounds = cx.rounds(20);
    let writers = (0..4).map(|task| {
        let registry = registry.clone();
        tokio::spawn(async move {
            for round in 0..rounds {
                let sample = entity(&format!("{task}")).tagged("round", &round.to_string());
                let outcome = registry.apply(sample.apply()).await?;
                let row = cached(&registry, &sample).await?;
                let seen = row.map(|row| row.revision());
                ensure_eq!(seen, outcome.revision(), "the revision in the cache");
            }
            Checked::<()>::Ok(())
        })
    });
    let refreshing = async {
        for _ in 0..rounds {
            registry.refresh().await?;
            tokio::task::yield_now().await;
        }
        Checked::<()>::Ok(())
    };
    let (written, refreshed) = tokio::join!(try_join_all(writers), refreshing);
    refreshed?;
    for done in written? {
        done?;
    }
    Ok(())
}

async fn flaky(cx: &Context, options: RegistryOptions) -> Checked<(Registry, Arc<Flaky>)> {
    let flaky = Flaky::new(cx.store().await?);
    let store: Arc<dyn Store> = Arc::clone(&flaky) as _;
    Ok((Registry::open(store, options).await?, flaky))
}

async fn a_failing_refresh_keeps_serving_and_says_so(cx: Context) -> Checked {
    let (registry, store) = flaky(&cx, options(Some(Duration::ZERO), CacheMode::Sync)).await?;
    registry.apply(entity("it").apply()).await?;
    ensure!(
        cached(&registry, &entity("it")).await?.is_some(),
        "the first read did not load"
    );
    let healthy = registry.cache_status();
    ensure_eq!(
        (healthy.failures, healthy.last_error),
        (0, None),
        "the status before"
    );

    store.set_down(true);
    ensure!(
        cached(&registry, &entity("it")).await?.is_some(),
        "no longer served"
    );
    refused(registry.refresh().await, ErrorKind::Unavailable)?;
    let failing = registry.cache_status();
    ensure!(failing.failures > 0, "no failure was counted");
    let why = failing.last_error.unwrap_or_default();
    ensure!(
        why.contains("took the store down"),
        "the reason is missing: {why:?}"
    );
    // What this process writes is seen all the same.
    registry.apply(entity("new").apply()).await?;
    ensure!(
        cached(&registry, &entity("new")).await?.is_some(),
        "our own write is not seen"
    );

    store.set_down(false);
    registry.refresh().await?;
    ensure_eq!(
        registry.cache_status().last_error,
        None,
        "the error after a good refresh"
    );
    Ok(())
}

async fn without_a_snapshot_a_failure_is_an_error(cx: Context) -> Checked {
    let (registry, store) = flaky(&cx, options(None, CacheMode::Sync)).await?;
    store.set_down(true);
    let result = registry.find(&entity("it").key, Freshness::Cache).await;
    refused(result, ErrorKind::Unavailable)?;
    store.set_down(false);
    ensure_eq!(cached(&registry, &entity("it")).await?, None, "the entity");
    Ok(())
}

async fn a_refresh_that_was_dropped_harms_nobody(cx: Context) -> Checked {
    let registry = cx.registry_with(options(None, CacheMode::Sync)).await?;
    registry.apply(entity("it").apply()).await?;
    for _ in 0..20 {
        let refresh = registry.refresh();
        tokio::select! {
            biased;
            _ = refresh => {}
            () = tokio::task::yield_now() => {}
        }
    }
    registry.refresh().await?;
    same_everywhere(&registry, &entity("it").key).await
}

async fn refreshes_that_wait_are_one(cx: Context) -> Checked {
    let (registry, store) = flaky(&cx, options(None, CacheMode::Sync)).await?;
    registry.refresh().await?;
    let before = store.probes();
    let held = store.hold();
    let mut refreshes: Vec<_> = (0..20).map(|_| Box::pin(registry.refresh())).collect();
    // The first asks what changed, the others wait for it.
    for refresh in &mut refreshes {
        ensure!(
            futures::poll!(refresh).is_pending(),
            "a refresh did not wait"
        );
    }
    let theirs = Registry::open(Arc::clone(&store) as _, RegistryOptions::default()).await?;
    theirs.apply(entity("it").apply()).await?;
    drop(held);
    try_join_all(refreshes).await?;
    ensure_eq!(store.probes() - before, 2, "probes of 20 refreshes");
    same_everywhere(&registry, &entity("it").key).await
}

async fn nothing_is_cached_before_the_first_read(cx: Context) -> Checked {
    let registry = cx.registry().await?;
    let status = registry.cache_status();
    ensure_eq!((status.age, status.rows), (None, 0), "the status");
    ensure!(!registry.is_cache_valid(), "valid without a snapshot");
    registry.apply(entity("it").apply()).await?;
    registry.find(&entity("it").key, Freshness::Cache).await?;
    ensure!(registry.is_cache_valid(), "not valid after a read");
    ensure!(registry.cache_status().age.is_some(), "no age after a read");
    Ok(())
}

async fn reads_and_refreshes_are_counted(cx: Context) -> Checked {
    let registry = cx.registry_with(options(None, CacheMode::Sync)).await?;
    registry.apply(entity("it").apply()).await?;
    cached(&registry, &entity("it")).await?;
    cached(&registry, &entity("other")).await?;
    registry.refresh().await?;
    registry.find(&entity("it").key, Freshness::Store).await?;
    let status = registry.cache_status();
    ensure_eq!((status.hits, status.misses), (2, 0), "hits and misses");
    ensure_eq!(status.refreshes, 2, "refreshes");
    Ok(())
}
