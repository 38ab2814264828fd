//! A server that goes away and comes back, and transactions that wait for each other in a circle.

use std::collections::BTreeSet;

use feast_registry_conformance::proxy::{Fault, Proxy};
use feast_registry_core::{Change, ErrorKind, Freshness, Key, Kind, Registry};
use feast_registry_proto::core::FeatureView;
use feast_registry_proto::prost::Message;
use feast_registry_proto::prost_types::Timestamp;
use feast_registry_sql::{Access, Driver, Step};
use tokio::task::JoinSet;

use crate::fixture::{Fixture, address, query, rows, through, view};

const WRITERS: i64 = 8;
const ROUNDS: i64 = 12;

fn at(seconds: i64) -> Timestamp {
    Timestamp { seconds, nanos: 0 }
}

/// What became of the materialisations of one writer, by their beginnings.
#[derive(Default)]
struct Told {
    done: BTreeSet<i64>,
    unknown: BTreeSet<i64>,
}

async fn materialise(registry: Registry, writer: i64) -> Told {
    let mut told = Told::default();
    for round in 0..ROUNDS {
        let start = 1_700_000_000 + writer * ROUNDS + round;
        let outcome = registry.apply_materialization("p", "v", at(start), at(start + 1));
        match outcome.await {
            Ok(_) => told.done.insert(start),
            Err(error) if error.kind() == ErrorKind::UnknownOutcome => told.unknown.insert(start),
            // Its first connection broke before there was a session. It has changed nothing.
            Err(error) if error.kind() == ErrorKind::Unavailable => false,
            Err(error) => panic!("a server that comes back in time fails nobody: {error}"),
        };
    }
    told
}

async fn intervals(registry: &Registry) -> Vec<i64> {
    let key = Key::new(Kind::FeatureView, "p", "v");
    let row = registry.get(&key, Freshness::Store).await.unwrap();
    let view = FeatureView::decode(row.body).unwrap();
    let intervals = view.meta.unwrap_or_default().materialization_intervals;
    let start = |start: Option<Timestamp>| start.map_or(0, |start| start.seconds);
    intervals
        .into_iter()
        .map(|each| start(each.start_time))
        .collect()
}

pub(crate) async fn writers_outlive_their_connections() {
    let fixture = Fixture::new().await;
    let settings = fixture.settings();
    let proxy = Proxy::start(address(&settings)).await.unwrap();
    let test = fixture
        .registry(&through(&settings, proxy.address().port()))
        .await;
    test.registry.apply(view("v", "first")).await.unwrap();
    // Looks on from beside the proxy.
    let onlooker = fixture.registry(&settings).await;

    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        writers.spawn(materialise(test.registry.clone(), writer));
    }
    // In the middle of it every connection breaks, more than once.
    for kept in [10, 25, 40] {
        while intervals(&onlooker.registry).await.len() < kept {}
        proxy.cut();
    }

    let mut told = Told::default();
    while let Some(writer) = writers.join_next().await {
        let writer = writer.unwrap();
        told.done.extend(writer.done);
        told.unknown.extend(writer.unknown);
    }
    let kept = intervals(&onlooker.registry).await;
    let found: BTreeSet<i64> = kept.iter().copied().collect();
    assert_eq!(found.len(), kept.len(), "recorded twice");
    assert!(found.len() > 60, "writers gave up: {} kept", found.len());
    assert!(told.done.is_subset(&found), "an acknowledged one is gone");
    assert!(
        found
            .iter()
            .all(|start| told.done.contains(start) || told.unknown.contains(start)),
        "one that failed is there"
    );
    fixture.end().await;
}

/// A call that has begun: one that begins while no server is there fails at once.
pub(crate) async fn a_call_under_way_waits_for_a_server_that_comes_back() {
    let fixture = Fixture::new().await;
    let settings = fixture.settings();
    let proxy = Proxy::start(address(&settings)).await.unwrap();
    let settings = through(&settings, proxy.address().port());
    let test = fixture.registry(&settings).await;
    test.registry.apply(view("v", "first")).await.unwrap();

    let other = fixture.driver();
    let mut other = other.acquire(Access::Write).await.unwrap();
    let begin = vec![Step::control("BEGIN"), lock(&fixture, "v")];
    other.run(begin).await.unwrap();
    let registry = test.registry.clone();
    let call = tokio::spawn(async move { registry.apply(view("v", "second")).await });
    until_somebody_waits(&fixture).await;

    proxy.set(Fault::Refuse);
    proxy.cut();
    let refused = proxy.connections();
    while proxy.connections() < refused + 3 {
        tokio::task::yield_now().await;
    }
    proxy.set(Fault::None);
    other.run(vec![Step::control("COMMIT")]).await.unwrap();
    call.await.unwrap().unwrap();
    fixture.end().await;
}

/// Holds the row of a view.
fn lock(fixture: &Fixture, name: &str) -> Step {
    let table = fixture.table("feature_views");
    query(
        &format!("SELECT 1 FROM {table} WHERE feature_view_name = '{name}' FOR UPDATE"),
        Vec::new(),
    )
}

pub(crate) async fn a_deadlock_is_tried_again() {
    let fixture = Fixture::new().await;
    let test = fixture.registry(&fixture.settings()).await;
    for name in ["a", "b"] {
        test.registry.apply(view(name, "first")).await.unwrap();
    }
    let other = fixture.driver();
    let mut other = other.acquire(Access::Write).await.unwrap();
    other
        .run(vec![Step::control("BEGIN"), lock(&fixture, "b")])
        .await
        .unwrap();

    // Ours locks a and waits for b; the other one then waits for a.
    let registry = test.registry.clone();
    let batch = ["a", "b"].map(|name| Change::Apply(view(name, "second")));
    let ours = tokio::spawn(async move { registry.commit(batch.into()).await });
    until_somebody_waits(&fixture).await;
    // Whoever of the two is told to give way, ours is done in the end.
    let _ = other
        .run(vec![lock(&fixture, "a"), Step::control("COMMIT")])
        .await;
    let _ = other.run(vec![Step::control("ROLLBACK")]).await;
    let outcomes = ours.await.unwrap().unwrap();
    assert_eq!(outcomes.len(), 2);
    fixture.end().await;
}

async fn until_somebody_waits(fixture: &Fixture) {
    let waiting = format!(
        "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%{}%'",
        fixture.schema
    );
    let mut connection = fixture.administrator.acquire(Access::Read).await.unwrap();
    while rows(&mut *connection, &waiting).await.unwrap().is_empty() {}
}
