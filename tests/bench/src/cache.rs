//! The cache over a large registry: how long a full load takes beside reading all rows with the raw
//! driver, how little of it a refresh costs, and that nobody waits for it.

mod readers;

use std::sync::Arc;
use std::time::{Duration, Instant};

use feast_registry_core::store::{Decision, ReadSet, Store, StoreExt, Write};
use feast_registry_core::{Change, Freshness, Key, Kind, Record, Registry, RegistryOptions};
use futures::FutureExt;

use crate::measure::{Pair, ROUNDS, median, seconds};
use crate::raw::{Raw, RawConnection};
use crate::work::apply;
use crate::{Target, bulk, sample};

/// A project of its own: other work has views of other sizes.
const PROJECT: &str = "large";
pub(crate) const VIEWS: usize = 100_000;
/// Names that other work has not written.
const FIRST: usize = 1_000_000;
const CHUNK: usize = 10_000;
const GETS: usize = 1_000_000;
/// How many keys are made at a time, outside of what is measured.
const KEYS: usize = 100;
/// How many views somebody else changes between two refreshes.
const CHANGED: [usize; 3] = [1, 100, 10_000];

/// Those works on a large registry that are `wanted`.
pub(crate) async fn all<R: Raw>(target: &Target<R>, wanted: impl Fn(&str) -> bool) {
    fill(target).await;
    if wanted("cache") {
        let registry = loads(target).await;
        get(&registry);
        readers::all(&target.registry, &registry).await;
    }
    if wanted("bulk") {
        bulk::all(target).await;
    }
}

/// How long a full load takes, and which part of it a refresh. Answers a registry that is loaded.
async fn loads<R: Raw>(target: &Target<R>) -> Registry {
    let mut load = Pair::default();
    let mut connection = target.raw.connect().await;
    let mut registry = open(target.registry.store()).await;
    for _ in 0..ROUNDS {
        let raw = seconds(connection.list()).await;
        registry = open(target.registry.store()).await;
        load.add(raw, seconds(registry.refresh()).await);
    }
    let limit = if target.name == "SQLite" { "1.5" } else { "2" };
    let full = load.print_times(&format!("full load of {VIEWS} views"), limit);
    refreshes(target, &registry, full, "").await;
    let store = target.registry.store();
    store.keep_log(true, false).await.unwrap();
    // A cache begins with the log when it is loaded.
    registry = open(store).await;
    registry.refresh().await.unwrap();
    refreshes(target, &registry, full, ", log").await;
    registry
}

/// What a refresh takes, beside a full load.
async fn refreshes<R: Raw>(target: &Target<R>, registry: &Registry, full: f64, how: &str) {
    // Rows stamped just now would be read again.
    settle(registry).await;
    let mut still = Vec::new();
    for _ in 0..ROUNDS {
        still.push(seconds(registry.refresh()).await);
    }
    share(
        &format!("refresh, nothing changed{how}"),
        still,
        full,
        "3 %",
    );
    for views in CHANGED {
        let mut changed = Vec::new();
        for _ in 0..ROUNDS {
            let theirs = (0..views).map(edit).collect();
            target.registry.commit(theirs).await.unwrap();
            changed.push(seconds(registry.refresh()).await);
        }
        share(
            &format!("refresh, changed views: {views}{how}"),
            changed,
            full,
            "",
        );
    }
}

async fn open(store: &Arc<dyn Store>) -> Registry {
    Registry::open(Arc::clone(store), RegistryOptions::default())
        .await
        .unwrap()
}

/// A change of a view, by its place among them, that is none of its features; another one each time.
pub(crate) fn edit(index: usize) -> Change {
    use std::sync::atomic::{AtomicU32, Ordering};
    static EDITIONS: AtomicU32 = AtomicU32::new(1);
    let edition = EDITIONS.fetch_add(1, Ordering::Relaxed);
    apply(
        PROJECT,
        &sample::name(FIRST + index),
        sample::described(FIRST + index, edition),
    )
}

/// The same views for both, without history: the cache would load that too.
async fn fill<R: Raw>(target: &Target<R>) {
    let store = target.registry.store();
    let mut connection = target.raw.connect().await;
    for begin in (0..VIEWS).step_by(CHUNK) {
        let views: Vec<(String, Vec<u8>)> = (FIRST + begin..FIRST + begin + CHUNK)
            .map(|index| (sample::name(index), sample::view(index, 0)))
            .collect();
        connection.write_all(&views, 0).await;
        let rows: Vec<Write> = views
            .into_iter()
            .map(|(name, body)| {
                Write::Insert(Record::new(
                    Key::new(Kind::FeatureView, PROJECT, name),
                    body,
                    1_700_000_000,
                ))
            })
            .collect();
        let insert = move |_: &_, _: &_| {
            Ok(Decision::Commit {
                writes: rows.clone(),
                answer: (),
            })
        };
        store.transact_typed(ReadSet::new(), insert).await.unwrap();
    }
}

/// Refreshes until one in which nothing is read: after so many writes, databases work on for a while.
async fn settle(registry: &Registry) {
    let mut before = None;
    for _ in 0..40 {
        registry.refresh().await.unwrap();
        let version = registry.store().version().await.unwrap();
        if version.is_some() && version == before {
            break;
        }
        before = version;
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    registry.refresh().await.unwrap();
}

fn share(work: &str, times: Vec<f64>, full: f64, limit: &str) {
    let time = median(times);
    println!(
        "{work:<52} {:>12} {:>12} {:>6.2} %  {limit}",
        "",
        format!("{:.1?}", Duration::from_secs_f64(time)),
        100.0 * time / full
    );
}

fn get(registry: &Registry) {
    // The fastest round: whatever else runs on the machine only adds.
    let time = (0..GETS / VIEWS).map(|_| pass(registry)).min().unwrap();
    println!(
        "{:<52} {:>12} {:>9.0} ns {:>7}  500 ns",
        "read one view, cached (the fastest of 10 rounds)",
        "",
        time.as_nanos() as f64 / VIEWS as f64,
        ""
    );
}

/// How long it takes to read every view once, in no order. Whoever asks has just made the key.
fn pass(registry: &Registry) -> Duration {
    let mut time = Duration::ZERO;
    for begin in (0..VIEWS).step_by(KEYS) {
        let indexes = (begin..VIEWS.min(begin + KEYS)).map(|turn| FIRST + turn * 7_919 % VIEWS);
        let keys: Vec<Key> = indexes
            .map(|index| Key::new(Kind::FeatureView, PROJECT, sample::name(index)))
            .collect();
        let begun = Instant::now();
        for key in &keys {
            assert!(std::hint::black_box(read(registry, key)));
        }
        time += begun.elapsed();
    }
    time
}

/// A read that is answered at once: the first poll of its future is the last.
fn read(registry: &Registry, key: &Key) -> bool {
    let found = registry.find(key, Freshness::Cache).now_or_never();
    found.expect("no wait").unwrap().is_some()
}
