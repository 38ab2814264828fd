//! The cache over a large registry: how long a full load takes beside reading all rows with the raw
//! driver, and how little of it a refresh costs.

use std::sync::Arc;

use feast_registry_core::store::{Decision, ReadSet, StoreExt, Write};
use feast_registry_core::{Freshness, Key, Kind, Record, Registry, RegistryOptions};

use crate::measure::{Pair, ROUNDS, median, seconds};
use crate::raw::{Raw, RawConnection};
use crate::work::apply;
use crate::{Target, sample};

/// A project of its own: other work has views of other sizes.
const PROJECT: &str = "large";
const VIEWS: usize = 100_000;
/// Names that other work has not written.
const FIRST: usize = 1_000_000;
const CHUNK: usize = 10_000;
const GETS: usize = 1_000_000;

pub(crate) async fn all<R: Raw>(target: &Target<R>) {
    fill(target).await;
    let store = target.registry.store();
    let mut load = Pair::default();
    let mut connection = target.raw.connect().await;
    let mut registry = None;
    for _ in 0..ROUNDS {
        let raw = seconds(connection.list()).await;
        let fresh = Registry::open(Arc::clone(store), RegistryOptions::default())
            .await
            .unwrap();
        load.add(raw, seconds(fresh.refresh()).await);
        registry = Some(fresh);
    }
    let registry = registry.unwrap();
    let full = load.print_times(&format!("full load of {VIEWS} views"), "2");
    // Rows stamped just now would be read again.
    settle(&registry).await;
    let mut still = Vec::new();
    let mut changed = Vec::new();
    for round in 0..ROUNDS {
        still.push(seconds(registry.refresh()).await);
        let body = sample::described(FIRST, 1 + u32::try_from(round).unwrap());
        let theirs = apply(PROJECT, &sample::name(FIRST), body);
        target.registry.commit(vec![theirs]).await.unwrap();
        changed.push(seconds(registry.refresh()).await);
    }
    share("refresh, nothing changed", median(still), full, "3 %");
    share("refresh, one view changed", median(changed), full, "");
    get(&registry).await;
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

/// Refreshes until one in which nothing is read.
async fn settle(registry: &Registry) {
    for _ in 0..2 {
        registry.refresh().await.unwrap();
    }
}

fn share(work: &str, time: f64, full: f64, limit: &str) {
    println!(
        "{work:<52} {:>12} {:>12} {:>6.2} %  {limit}",
        "",
        format!("{:.1?}", std::time::Duration::from_secs_f64(time)),
        100.0 * time / full
    );
}

async fn get(registry: &Registry) {
    let keys: Vec<Key> = (FIRST..FIRST + VIEWS)
        .map(|index| Key::new(Kind::FeatureView, PROJECT, sample::name(index)))
        .collect();
    let time = seconds(async {
        for round in 0..GETS {
            // Not in the order of the keys.
            let key = &keys[round * 7_919 % VIEWS];
            let found = registry.find(key, Freshness::Cache).await.unwrap();
            assert!(std::hint::black_box(found).is_some());
        }
    })
    .await;
    println!(
        "{:<52} {:>12} {:>9.0} ns",
        "read one view, cached",
        "",
        1e9 * time / GETS as f64
    );
}
