//! How much slower the registry is than rusqlite writing and reading the same rows.
//!
//! Every figure is a ratio of medians within one run, measured in turns on two files in the same
//! folder: absolute times differ from machine to machine and hour to hour. Run it with
//! `cargo bench --package feast-registry-sqlite`.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    missing_docs,
    reason = "a benchmark prints, and fails by panic"
)]

mod raw;
mod sample;

use std::sync::Arc;
use std::time::{Duration, Instant};

use feast_registry_core::{Apply, Change, Freshness, Key, Kind, Registry, RegistryOptions};
use feast_registry_sqlite::{SqliteSettings, open};

use self::raw::Raw;

const SIZES: [usize; 3] = [100, 1_000, 10_000];
const BATCH: usize = 10_000;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    // On the thread of `block_on`, wake-ups are slower than anywhere else.
    tokio::spawn(run()).await.unwrap();
}

async fn run() {
    println!(
        "{:<44} {:>8} {:>12} {:>12} {:>8}",
        "work", "views", "raw", "ours", "ratio"
    );
    let only_batches = std::env::args().any(|argument| argument == "batches");
    for size in SIZES.into_iter().filter(|_| !only_batches) {
        let mut bench = Bench::filled(size).await;
        bench.one_apply(size).await;
        bench.one_version(size).await;
        bench.one_unchanged(size).await;
        bench.one_get(size).await;
        bench.one_list(size).await;
        bench.eight_writers(size).await;
    }
    batches().await;
}

struct Bench {
    registry: Registry,
    raw: Raw,
    _folder: tempfile::TempDir,
}

impl Bench {
    async fn empty() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = open(&SqliteSettings::file(folder.path().join("ours.db"))).unwrap();
        let registry = Registry::open(Arc::new(store), RegistryOptions::default())
            .await
            .unwrap();
        // The other file gets its tables from the same statements.
        let theirs = open(&SqliteSettings::file(folder.path().join("raw.db"))).unwrap();
        Registry::open(Arc::new(theirs), RegistryOptions::default())
            .await
            .unwrap()
            .close()
            .await
            .unwrap();
        Bench {
            registry,
            raw: Raw::open(&folder.path().join("raw.db")),
            _folder: folder,
        }
    }

    async fn filled(size: usize) -> Self {
        let mut bench = Bench::empty().await;
        bench.registry.commit(applies(size, 0)).await.unwrap();
        bench.raw.insert(&sample::views(size, 0));
        bench
    }

    /// A change that is no new version: one row is written.
    async fn one_apply(&mut self, size: usize) {
        let mut pair = Pair::default();
        for round in 1..=200_u32 {
            let name = sample::name(round as usize % size);
            let view = sample::described(round as usize % size, round);
            let apply = Apply::new(Kind::FeatureView, "bench", name.clone(), view.clone());
            // Who comes second finds the disk busy with what the first one wrote: take turns.
            if round % 2 == 0 {
                pair.raw(|| self.raw.update(&name, &view));
            }
            pair.ours(self.registry.apply(apply)).await.unwrap();
            if round % 2 == 1 {
                pair.raw(|| self.raw.update(&name, &view));
            }
        }
        pair.print("one durable apply", size);
    }

    /// A change that is a new version: a row of the history is written too.
    async fn one_version(&mut self, size: usize) {
        let mut pair = Pair::default();
        for round in 1..=200_u32 {
            let index = round as usize % size;
            let (name, view) = (sample::name(index), sample::view(index, round));
            let apply = Apply::new(Kind::FeatureView, "bench", name.clone(), view.clone());
            let number = round.cast_signed();
            if round % 2 == 0 {
                pair.raw(|| self.raw.update_with_history(&name, &view, number));
            }
            pair.ours(self.registry.apply(apply)).await.unwrap();
            if round % 2 == 1 {
                pair.raw(|| self.raw.update_with_history(&name, &view, number));
            }
        }
        pair.print("one durable apply, a new version", size);
    }

    async fn one_unchanged(&mut self, size: usize) {
        let mut pair = Pair::default();
        for round in 0..200 {
            let name = sample::name(round % size);
            pair.raw(|| self.raw.get(&name));
            let stored = self
                .registry
                .get(&key(&name), Freshness::Store)
                .await
                .unwrap();
            let apply = Apply::new(Kind::FeatureView, "bench", name, stored.body);
            pair.ours(self.registry.apply(apply)).await.unwrap();
        }
        pair.print("one apply that changes nothing / get", size);
    }

    async fn one_get(&mut self, size: usize) {
        let mut pair = Pair::default();
        for round in 0..2_000 {
            let name = sample::name(round * 7 % size);
            pair.raw(|| self.raw.get(&name));
            let key = key(&name);
            pair.ours(self.registry.find(&key, Freshness::Store))
                .await
                .unwrap();
        }
        pair.print("uncached get", size);
    }

    async fn one_list(&mut self, size: usize) {
        let mut pair = Pair::default();
        for _ in 0..5 {
            pair.raw(|| self.raw.list());
            let scan = feast_registry_core::store::Scan::project(Kind::FeatureView, "bench");
            let store = self.registry.store();
            pair.ours(store.scan(&scan, Default::default()))
                .await
                .unwrap();
        }
        pair.print("list of all, as records", size);
    }

    async fn eight_writers(&mut self, size: usize) {
        let mut times = Vec::new();
        let mut tasks = tokio::task::JoinSet::new();
        for task in 0..8_usize {
            let registry = self.registry.clone();
            tasks.spawn(async move {
                let mut times = Vec::new();
                for round in 0..100_u32 {
                    let index = (task * 12 + round as usize) % size;
                    let view =
                        sample::described(index, 1_000 + round * 8 + u32::try_from(task).unwrap());
                    let start = Instant::now();
                    registry
                        .apply(Apply::new(
                            Kind::FeatureView,
                            "bench",
                            sample::name(index),
                            view,
                        ))
                        .await
                        .unwrap();
                    times.push(start.elapsed());
                }
                times
            });
        }
        while let Some(done) = tasks.join_next().await {
            times.extend(done.unwrap());
        }
        times.sort_unstable();
        let (median, p99) = (times[times.len() / 2], times[times.len() * 99 / 100]);
        print("8 tasks writing: p99 / median", size, median, p99);
    }
}

/// New and changed views, many in one transaction.
async fn batches() {
    let mut fresh = Pair::default();
    let mut changed = Pair::default();
    let mut same = Pair::default();
    for _ in 0..3 {
        let mut bench = Bench::empty().await;
        let views = sample::views(BATCH, 0);
        fresh.raw(|| bench.raw.insert(&views));
        let changes = applies(BATCH, 0);
        fresh.ours(bench.registry.commit(changes)).await.unwrap();
        let views = sample::views(BATCH, 1);
        changed.raw(|| bench.raw.update_all(&views, 1));
        let changes = applies(BATCH, 1);
        changed.ours(bench.registry.commit(changes)).await.unwrap();
        same.raw(|| bench.raw.list());
        let changes = applies(BATCH, 1);
        same.ours(bench.registry.commit(changes)).await.unwrap();
    }
    fresh.print("a batch of new views", BATCH);
    changed.print("a batch of new versions", BATCH);
    same.print("a batch that changes nothing / list", BATCH);
}

fn applies(count: usize, round: u32) -> Vec<Change> {
    let views = sample::views(count, round).into_iter();
    views
        .map(|(name, body)| Change::Apply(Apply::new(Kind::FeatureView, "bench", name, body)))
        .collect()
}

fn key(name: &str) -> Key {
    Key::new(Kind::FeatureView, "bench", name)
}

/// Times of the same work done by both.
#[derive(Default)]
struct Pair {
    raw: Vec<Duration>,
    ours: Vec<Duration>,
}

impl Pair {
    fn raw<T>(&mut self, work: impl FnOnce() -> T) {
        let start = Instant::now();
        std::hint::black_box(work());
        self.raw.push(start.elapsed());
    }

    async fn ours<T>(&mut self, work: impl Future<Output = T>) -> T {
        let start = Instant::now();
        let result = work.await;
        self.ours.push(start.elapsed());
        result
    }

    fn print(mut self, work: &str, size: usize) {
        self.raw.sort_unstable();
        self.ours.sort_unstable();
        print(
            work,
            size,
            self.raw[self.raw.len() / 2],
            self.ours[self.ours.len() / 2],
        );
    }
}

fn print(work: &str, size: usize, raw: Duration, ours: Duration) {
    let ratio = ours.as_secs_f64() / raw.as_secs_f64();
    println!(
        "{work:<44} {size:>8} {:>12} {:>12} {ratio:>8.2}",
        format!("{raw:.1?}"),
        format!("{ours:.1?}")
    );
}
