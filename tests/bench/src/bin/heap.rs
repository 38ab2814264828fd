//! How much memory the cache takes beside what is stored. A program of its own: counting what is allocated would slow
//! the other measurements down.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark prints, and fails by panic"
)]

#[allow(dead_code, reason = "shared with benchmarks that need more of it")]
#[path = "../../../../crates/feast-registry-sqlite/benches/ratio/sample.rs"]
mod sample;

use std::sync::Arc;

use feast_registry_core::store::{Decision, ReadSet, StoreExt, Write};
use feast_registry_core::{Freshness, Key, Kind, Record, Registry, RegistryOptions, Store};
use feast_registry_sqlite::{SqliteSettings, open};
use peak_alloc::PeakAlloc;

#[global_allocator]
static ALLOCATED: PeakAlloc = PeakAlloc;

const PROJECT: &str = "large";
const VIEWS: usize = 100_000;
const CHUNK: usize = 10_000;

#[tokio::main]
async fn main() {
    let folder = tempfile::tempdir().unwrap();
    let settings = SqliteSettings::file(folder.path().join("registry.db"));
    // SQLite's own memory is not counted, nor is it the cache.
    let stored = {
        let store: Arc<dyn Store> = Arc::new(open(&settings).unwrap());
        let registry = Registry::open(store, RegistryOptions::default())
            .await
            .unwrap();
        let stored = fill(&registry).await;
        registry.close().await.unwrap();
        stored
    };
    let store: Arc<dyn Store> = Arc::new(open(&settings).unwrap());
    let registry = Registry::open(store, RegistryOptions::default())
        .await
        .unwrap();
    let key = Key::new(Kind::FeatureView, PROJECT, sample::name(0));
    registry.get(&key, Freshness::Store).await.unwrap();
    let before = ALLOCATED.current_usage();
    registry.refresh().await.unwrap();
    let heap = ALLOCATED.current_usage() - before;
    println!(
        "\n{:<52} {:>12} {:>12} {:>7}  at most",
        "The cache", "stored", "heap", "ratio"
    );
    let mebibytes = |bytes: usize| format!("{:.1} MiB", bytes as f64 / f64::from(1 << 20));
    println!(
        "{:<52} {:>12} {:>12} {:>7.2}  1.5",
        format!("heap with {VIEWS} views cached"),
        mebibytes(stored),
        mebibytes(heap),
        heap as f64 / stored as f64
    );
}

/// Bytes of the views. They have no history: the cache would hold that too.
async fn fill(registry: &Registry) -> usize {
    let mut stored = 0;
    for begin in (0..VIEWS).step_by(CHUNK) {
        let row = |index| {
            let body = sample::view(index, 0);
            stored += body.len();
            let key = Key::new(Kind::FeatureView, PROJECT, sample::name(index));
            Write::Insert(Record::new(key, body, 1_700_000_000))
        };
        let rows: Vec<Write> = (begin..begin + CHUNK).map(row).collect();
        let insert = move |_: &_, _: &_| {
            Ok(Decision::Commit {
                writes: rows.clone(),
                answer: (),
            })
        };
        registry
            .store()
            .transact_typed(ReadSet::new(), insert)
            .await
            .unwrap();
    }
    stored
}
