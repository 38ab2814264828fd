//! A cached read takes no memory, and a snapshot not much more than what is stored.

#![allow(clippy::unwrap_used, reason = "a test fails by panic")]

use std::sync::Arc;

use allocation_counter::{AllocationInfo, measure};
use feast_registry_core::store::{Decision, MemoryStore, ReadSet, StoreExt, Write};
use feast_registry_core::{Freshness, Key, Kind, Record, Registry, RegistryOptions};
use futures::FutureExt;

const VIEWS: usize = 10_000;

fn key(index: usize) -> Key {
    Key::new(Kind::FeatureView, "p", format!("view_{index}"))
}

/// A registry whose cache is not loaded yet.
async fn registry() -> Registry {
    let store = Arc::new(MemoryStore::new());
    let rows = (0..VIEWS).map(|index| Record::new(key(index), vec![b'x'; 2_000], 1));
    let rows: Vec<Write> = rows.map(Write::Insert).collect();
    let insert = move |_: &_, _: &_| {
        Ok(Decision::Commit {
            writes: rows.clone(),
            answer: (),
        })
    };
    store.transact_typed(ReadSet::new(), insert).await.unwrap();
    Registry::open(store, RegistryOptions::default())
        .await
        .unwrap()
}

/// What the reads of some keys allocate. Each is answered at once: its future never waits.
fn read(registry: &Registry, keys: &[Key]) -> AllocationInfo {
    measure(|| {
        for key in keys {
            let found = registry.find(key, Freshness::Cache).now_or_never();
            let found = found.expect("the cache is loaded").unwrap();
            assert!(std::hint::black_box(found).is_some());
        }
    })
}

#[tokio::test]
async fn a_cached_read_allocates_nothing() {
    let registry = registry().await;
    registry.refresh().await.unwrap();
    let keys: Vec<Key> = (0..VIEWS).map(key).collect();
    assert_eq!(read(&registry, &keys).count_total, 0);
}

#[tokio::test]
async fn neither_does_one_of_a_row_that_was_written_since() {
    let registry = registry().await;
    registry.refresh().await.unwrap();
    let written = key(5);
    let change = written.clone();
    let update = move |_: &_, _: &_| {
        Ok(Decision::Commit {
            writes: vec![Write::Update {
                key: change.clone(),
                body: vec![b'y'; 2_000].into(),
                stamp: i64::MAX / 2,
            }],
            answer: (),
        })
    };
    let store = registry.store();
    store.transact_typed(ReadSet::new(), update).await.unwrap();
    registry.refresh().await.unwrap();
    let counted = read(&registry, std::slice::from_ref(&written));
    assert_eq!(counted.count_total, 0);
    let found = registry.find(&written, Freshness::Cache).await.unwrap();
    assert_eq!(found.unwrap().body[0], b'y');
}
