//! Gets that wait for each other are read together, and nobody notices.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use feast_registry_core::{Freshness, Key, Kind, Record};
use feast_registry_proto::core::FeatureView;
use feast_registry_proto::prost::Message;
use feast_registry_sql::{Access, Connection, Driver, Step};
use futures::future::join_all;
use tokio::task::JoinSet;

use crate::fixture::{Fixture, TestRegistry, view};

fn key(name: &str) -> Key {
    Key::new(Kind::FeatureView, "p", name)
}

/// Keeps everybody from reading views until it is dropped.
async fn lock<'a>(fixture: &Fixture, driver: &'a impl Driver) -> Box<dyn Connection + 'a> {
    let mut holder = driver.acquire(Access::Write).await.unwrap();
    let lock = format!("LOCK TABLE {}", fixture.table("feature_views"));
    let steps = vec![Step::control("BEGIN"), Step::control(lock)];
    holder.run(steps).await.unwrap();
    holder
}

/// What the views of these names are, asked for while none could be read; and the statements for it.
async fn get_all(
    fixture: &Fixture,
    test: &TestRegistry,
    names: &[String],
) -> (Vec<feast_registry_core::Result<Record>>, u64) {
    let driver = fixture.driver();
    let locked = lock(fixture, &driver).await;
    let before = test.store.counters().statements();
    let gets = join_all(names.iter().map(async |name| {
        let key = key(name);
        test.registry.get(&key, Freshness::Store).await
    }));
    let mut gets = Box::pin(gets);
    assert!(futures::poll!(&mut gets).is_pending());
    drop(locked);
    let got = gets.await;
    (got, test.store.counters().statements() - before)
}

pub(crate) async fn gets_that_wait_for_each_other_are_few_statements() {
    let fixture = Fixture::new().await;
    let test = fixture.registry(&fixture.settings()).await;
    let names: Vec<String> = (0..50).map(|number| format!("v{number}")).collect();
    for name in &names[1..] {
        test.registry.apply(view(name, "first")).await.unwrap();
    }
    let (got, statements) = get_all(&fixture, &test, &names).await;
    assert!(got[0].is_err(), "it was not applied");
    for (name, record) in names.iter().zip(got).skip(1) {
        assert_eq!(*record.unwrap().key.name, **name);
    }
    // The first one, those that came until it was sent, and the others.
    assert!(statements < 10, "{statements} statements");
    fixture.end().await;
}

pub(crate) async fn a_get_that_is_refused_takes_nobody_along() {
    let fixture = Fixture::new().await;
    let test = fixture.registry(&fixture.settings()).await;
    test.registry.apply(view("v", "first")).await.unwrap();
    let names = ["v", "v", "nul \0", "v", "none"].map(str::to_owned);
    let (got, _) = get_all(&fixture, &test, &names).await;
    let got: Vec<bool> = got.iter().map(Result::is_ok).collect();
    assert_eq!(got, [true, true, false, true, false]);
    fixture.end().await;
}

pub(crate) async fn a_get_among_many_sees_what_was_committed_before_it() {
    let fixture = Fixture::new().await;
    let test = fixture.registry(&fixture.settings()).await;
    let registry = &test.registry;
    registry.apply(view("v", "first")).await.unwrap();
    let stop = Arc::new(AtomicBool::new(false));
    let mut readers = JoinSet::new();
    for _ in 0..8 {
        let (registry, stop) = (registry.clone(), Arc::clone(&stop));
        readers.spawn(async move {
            while !stop.load(Ordering::Relaxed) {
                registry.get(&key("v"), Freshness::Store).await.unwrap();
            }
        });
    }
    for round in 0..50 {
        let edition = format!("edition {round}");
        registry.apply(view("v", &edition)).await.unwrap();
        let record = registry.get(&key("v"), Freshness::Store).await.unwrap();
        let found = FeatureView::decode(&*record.body).unwrap();
        assert_eq!(found.spec.unwrap().description, edition);
    }
    stop.store(true, Ordering::Relaxed);
    readers.join_all().await;
    fixture.end().await;
}
