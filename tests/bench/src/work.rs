//! The work that both do.

use std::sync::Arc;

use feast_registry_core::store::Scan;
use feast_registry_core::{Apply, Change, Freshness, Key, Kind, Registry};
use feast_registry_proto::prost_types::Timestamp;
use tokio::task::JoinSet;

use crate::measure::{Pair, ROUNDS, head, seconds};
use crate::raw::{Raw, RawConnection, Row};
use crate::{Target, sample, sqlite};

pub(crate) const PROJECT: &str = "bench";
/// Views that single writes are spread over.
pub(crate) const VIEWS: usize = 1_000;
/// Writes of one round: each view once, and as many for each writer.
const WRITES: usize = 960;
const BATCH: usize = 10_000;
const WRITERS: [usize; 3] = [1, 8, 32];

/// Everything, or the work whose name contains `only`.
pub(crate) async fn all<R: Raw>(target: &Target<R>, only: &str) {
    let wanted = |work: &str| work.contains(only);
    if !["apply", "materialise", "read", "batch"]
        .into_iter()
        .any(wanted)
    {
        return;
    }
    head(target.name);
    fill(target).await;
    if wanted("apply") {
        applies(target).await;
    }
    if wanted("materialise") {
        materialise(target).await;
    }
    if wanted("read") {
        reads(target).await;
    }
    if wanted("batch") {
        batches(target).await;
    }
}

pub(crate) async fn fill<R: Raw>(target: &Target<R>) {
    let views = sample::views(VIEWS, 0);
    let changes = views
        .iter()
        .map(|(name, body)| apply(PROJECT, name, body.clone()));
    target.registry.commit(changes.collect()).await.unwrap();
    target.raw.connect().await.write_all(&views, 0).await;
}

pub(crate) fn apply(project: &str, name: &str, body: Vec<u8>) -> Change {
    Change::Apply(Apply::new(Kind::FeatureView, project, name, body))
}

pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp { seconds, nanos: 0 }
}

/// What a writer writes: its own views, one after the other.
fn share(writer: usize, of: usize) -> impl Iterator<Item = usize> {
    (0..WRITES / of).map(move |round| (writer + round * of) % VIEWS)
}

async fn applies<R: Raw>(target: &Target<R>) {
    let mut edition = 1;
    let mut rates = Vec::new();
    for writers in WRITERS {
        let mut pair = Pair::default();
        let mut pipelined = Pair::default();
        for _ in 0..ROUNDS {
            edition += 1;
            let raw = raw_rate(target, writers, edition, Shape::InTurn).await;
            let joined = raw_rate(target, writers, edition + 10_000, Shape::Pipelined).await;
            let ours = our_rate(&target.registry, writers, edition, sample::described).await;
            pair.add(raw, ours);
            pipelined.add(joined, ours);
        }
        let limit = if writers > 1 {
            "1.1 (MySQL 1.3)"
        } else {
            "(MySQL 1.3)"
        };
        rates.push(pair.print_rates(
            &format!("apply of an existing view, {writers} writers"),
            limit,
        ));
        pipelined.print_rates(
            "    against pipelined statements",
            if writers == 1 { "1.15" } else { "" },
        );
    }
    println!(
        "    32 writers are {:.1} times as fast as 1 (at least 2.5)",
        rates[2] / rates[0]
    );
    for writers in WRITERS {
        let mut pair = Pair::default();
        for _ in 0..ROUNDS {
            edition += 1;
            let raw = raw_rate(target, writers, edition, Shape::History).await;
            let ours = our_rate(&target.registry, writers, edition, sample::view).await;
            pair.add(raw, ours);
        }
        pair.print_rates(&format!("apply of a new version, {writers} writers"), "");
    }
}

#[derive(Clone, Copy)]
enum Shape {
    InTurn,
    Pipelined,
    History,
}

async fn raw_rate<R: Raw>(target: &Target<R>, writers: usize, edition: u32, shape: Shape) -> f64 {
    let mut tasks = JoinSet::new();
    let mut ready = Vec::new();
    for _ in 0..writers {
        ready.push(target.raw.connect().await);
    }
    let time = seconds(async {
        for (writer, mut connection) in ready.into_iter().enumerate() {
            tasks.spawn(async move {
                for index in share(writer, writers) {
                    let name = sample::name(index);
                    let body = sample::described(index, edition);
                    let version = i32::try_from(edition).ok();
                    let row = Row {
                        name: &name,
                        body: &body,
                        version: None,
                    };
                    match shape {
                        Shape::InTurn => connection.update(row).await,
                        Shape::Pipelined => connection.update_pipelined(row).await,
                        Shape::History => connection.update(Row { version, ..row }).await,
                    }
                }
            });
        }
        while let Some(done) = tasks.join_next().await {
            done.unwrap();
        }
    })
    .await;
    rate(time)
}

async fn our_rate(
    registry: &Registry,
    writers: usize,
    edition: u32,
    body: fn(usize, u32) -> Vec<u8>,
) -> f64 {
    let mut tasks = JoinSet::new();
    let time = seconds(async {
        for writer in 0..writers {
            let registry = registry.clone();
            tasks.spawn(async move {
                for index in share(writer, writers) {
                    let change = apply(PROJECT, &sample::name(index), body(index, edition));
                    registry.commit(vec![change]).await.unwrap();
                }
            });
        }
        while let Some(done) = tasks.join_next().await {
            done.unwrap();
        }
    })
    .await;
    rate(time)
}

fn rate(time: f64) -> f64 {
    WRITES as f64 / time
}

/// Every round has a view of its own, so that it does not grow from one to the next.
async fn materialise<R: Raw>(target: &Target<R>) {
    let mut ours_by_writers = Vec::new();
    for writers in [1, 8, 64] {
        let mut pair = Pair::default();
        for round in 0..ROUNDS {
            let name: Arc<str> = sample::name(writers * ROUNDS + round).into();
            let raw = raw_appends(target, writers, &name).await;
            let ours = our_appends(&target.registry, writers, &name).await;
            pair.add(raw, ours);
        }
        let limit = if writers == 8 { "1.18" } else { "" };
        let work = format!("materialise one view, {writers} writers");
        ours_by_writers.push(pair.print_rates(&work, limit));
    }
    println!(
        "    64 writers are {:.2} times as fast as 8 (at least 0.85)",
        ours_by_writers[2] / ours_by_writers[1]
    );
}

async fn raw_appends<R: Raw>(target: &Target<R>, writers: usize, name: &Arc<str>) -> f64 {
    let mut ready = Vec::new();
    for _ in 0..writers {
        ready.push(target.raw.connect().await);
    }
    let mut tasks = JoinSet::new();
    let time = seconds(async {
        for mut connection in ready {
            let name = Arc::clone(name);
            tasks.spawn(async move {
                for _ in 0..WRITES / writers {
                    connection.append(&name, &[7; 22]).await;
                }
            });
        }
        while let Some(done) = tasks.join_next().await {
            done.unwrap();
        }
    })
    .await;
    rate(time)
}

async fn our_appends(registry: &Registry, writers: usize, name: &Arc<str>) -> f64 {
    let before = intervals(registry, name).await;
    let mut tasks = JoinSet::new();
    let time = seconds(async {
        for writer in 0..writers {
            let (registry, name) = (registry.clone(), Arc::clone(name));
            tasks.spawn(async move {
                for round in 0..WRITES / writers {
                    let second = i64::try_from(1_800_000_000 + writer * WRITES + round).unwrap();
                    registry
                        .apply_materialization(PROJECT, &name, at(second), at(second + 1))
                        .await
                        .unwrap();
                }
            });
        }
        while let Some(done) = tasks.join_next().await {
            done.unwrap();
        }
    })
    .await;
    let kept = intervals(registry, name).await - before;
    assert_eq!(kept, WRITES / writers * writers, "intervals were lost");
    rate(time)
}

pub(crate) async fn intervals(registry: &Registry, name: &str) -> usize {
    use feast_registry_proto::core::FeatureView;
    use feast_registry_proto::prost::Message as _;
    let key = Key::new(Kind::FeatureView, PROJECT, name);
    let row = registry.get(&key, Freshness::Store).await.unwrap();
    let view = FeatureView::decode(row.body).unwrap();
    view.meta
        .unwrap_or_default()
        .materialization_intervals
        .len()
}

async fn reads<R: Raw>(target: &Target<R>) {
    let mut connection = target.raw.connect().await;
    let mut get = Pair::default();
    let mut list = Pair::default();
    for _ in 0..ROUNDS {
        let raw = seconds(async {
            for index in 0..VIEWS {
                std::hint::black_box(connection.get(&sample::name(index)).await);
            }
        })
        .await;
        let ours = seconds(async {
            for index in 0..VIEWS {
                let key = Key::new(Kind::FeatureView, PROJECT, sample::name(index));
                let found = target.registry.find(&key, Freshness::Store).await.unwrap();
                assert!(found.is_some());
            }
        })
        .await;
        get.add(raw / VIEWS as f64, ours / VIEWS as f64);
        let store = target.registry.store();
        let scan = Scan::project(Kind::FeatureView, PROJECT);
        for _ in 0..20 {
            let raw = seconds(connection.list()).await;
            let ours = seconds(store.scan(&scan, Default::default())).await;
            list.add(raw, ours);
        }
    }
    get.print_times("read one view, uncached", "1.15");
    list.print_times(&format!("read {VIEWS} views, as records"), "1.3");
}

async fn batches<R: Raw>(target: &Target<R>) {
    let mut fresh = Pair::default();
    let mut changed = Pair::default();
    let mut connection = target.raw.connect().await;
    let elsewhere = sqlite::target().await;
    for round in 0..ROUNDS {
        // New names every time.
        let begin = (round + 1) * 100_000;
        for (pair, edition) in [(&mut fresh, 0), (&mut changed, 1)] {
            let changes = batch(begin, edition);
            let rows = rows_of(&elsewhere.registry, changes.clone()).await;
            let version = i32::try_from(edition).unwrap();
            let raw = connection.write_all(&rows, version);
            let ours = async { target.registry.commit(changes).await.unwrap() };
            // Who comes second finds the server busy with what the first one left: take turns.
            let (raw, ours) = if round % 2 == 0 {
                let raw = seconds(raw).await;
                (raw, seconds(ours).await)
            } else {
                let ours = seconds(ours).await;
                (seconds(raw).await, ours)
            };
            pair.add(raw, ours);
        }
    }
    fresh.print_times(&format!("a batch of {BATCH} new views"), "2");
    changed.print_times(&format!("a batch of {BATCH} new versions"), "2");
    elsewhere.close().await;
}

/// Applies of views with these numbers and their like, of which each edition is another version.
fn batch(begin: usize, edition: u32) -> Vec<Change> {
    let indexes = begin..begin + BATCH;
    let views = indexes.map(|index| (sample::name(index), sample::view(index, edition)));
    views
        .map(|(name, body)| apply(PROJECT, &name, body))
        .collect()
}

/// The rows that changes leave in a registry: with stamps and version they are longer than what was applied, and the
/// raw driver is to write the same.
async fn rows_of(registry: &Registry, changes: Vec<Change>) -> Vec<(String, Vec<u8>)> {
    let outcomes = registry.commit(changes).await.unwrap();
    let mut rows = Vec::with_capacity(outcomes.len());
    for outcome in outcomes {
        let row = registry.get(&outcome.key, Freshness::Store).await.unwrap();
        rows.push((row.key.name.to_string(), row.body.to_vec()));
    }
    rows
}
