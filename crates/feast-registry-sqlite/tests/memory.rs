//! What a loaded cache takes of memory, and what a read from it does.

#![allow(clippy::unwrap_used, reason = "a test fails by panic")]

#[allow(
    dead_code,
    reason = "the views of the benchmark, of which one edition is enough"
)]
#[path = "../benches/ratio/sample.rs"]
mod sample;

use std::sync::Arc;

use allocation_counter::measure;
use feast_registry_core::store::{Decision, ReadSet, StoreExt, Write};
use feast_registry_core::{Freshness, Key, Kind, Record, Registry, RegistryOptions};
use feast_registry_sqlite::{SqliteSettings, open};

const VIEWS: usize = 10_000;

fn key(index: usize) -> Key {
    Key::new(Kind::FeatureView, "p", sample::name(index))
}

/// A registry of so many views, not loaded, and how many bytes they have.
async fn filled() -> (Registry, usize) {
    let store = Arc::new(open(&SqliteSettings::memory()).unwrap());
    let registry = Registry::open(Arc::clone(&store) as _, RegistryOptions::default())
        .await
        .unwrap();
    let views = (0..VIEWS).map(|index| Record::new(key(index), sample::view(index, 0), 1));
    let views: Vec<Record> = views.collect();
    let bytes = views.iter().map(|row| row.body.len()).sum();
    let writes: Vec<Write> = views.into_iter().map(Write::Insert).collect();
    let insert = move |_: &_, _: &_| {
        Ok(Decision::Commit {
            writes: writes.clone(),
            answer: (),
        })
    };
    store.transact_typed(ReadSet::new(), insert).await.unwrap();
    (registry, bytes)
}

#[test]
fn a_cache_takes_less_than_one_and_a_half_of_what_is_stored_and_reads_take_nothing() {
    // All on this thread: it is the only one on which allocations are counted.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let (registry, stored) = runtime.block_on(filled());
    let heap = measure(|| runtime.block_on(registry.refresh()).unwrap()).bytes_current;
    let heap = usize::try_from(heap).unwrap();
    assert!(heap >= stored, "{heap} bytes are not all of {stored}");
    assert!(2 * heap <= 3 * stored, "{heap} bytes for {stored}");

    let keys: Vec<Key> = (0..VIEWS).map(key).collect();
    let reads = measure(|| {
        for key in &keys {
            let found = runtime.block_on(registry.find(key, Freshness::Cache));
            assert!(found.unwrap().is_some());
        }
    });
    assert_eq!(reads.count_total, 0);
}
