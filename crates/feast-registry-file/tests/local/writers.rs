//! Writers of one process, written together.

use std::sync::Arc;

use feast_registry_core::store::{Decision, ReadSet};
use feast_registry_core::{Apply, Error, ErrorKind, Kind, Registry, RegistryOptions, StoreExt};
use feast_registry_core::{Freshness, wire};
use futures::future::join_all;
use prost_types::Timestamp;

use crate::lost_answers::Watched;
use crate::world::{World, increment, put, text};

const VIEWS: usize = 20;
const CHANGES: usize = 1_000;

fn second(seconds: usize) -> Timestamp {
    let seconds = i64::try_from(seconds).unwrap();
    Timestamp { seconds, nanos: 0 }
}

fn view(number: usize) -> String {
    format!("view_{number}")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_materialisations_at_once_cost_tens_of_puts() {
    let world = World::new();
    let watched = Watched::new(&world);
    let registry = Registry::open(Arc::new(watched.store()), RegistryOptions::default());
    let registry = registry.await.unwrap();
    for number in 0..VIEWS {
        let body = wire::Patch::default()
            .set_string(&[1, 1], &view(number))
            .set_string(&[1, 3], "driver")
            .apply(&[])
            .unwrap();
        let apply = Apply::new(Kind::FeatureView, "p", view(number), body);
        registry.apply(apply).await.unwrap();
    }
    let before = watched.puts();
    let all = (0..CHANGES).map(|number| {
        let registry = registry.clone();
        tokio::spawn(async move {
            let (start, end) = (second(number), second(number + 1));
            registry
                .apply_materialization("p", &view(number % VIEWS), start, end)
                .await
        })
    });
    for done in join_all(all).await {
        done.unwrap().unwrap();
    }
    let puts = watched.puts() - before;
    assert!(puts <= 100, "{puts} puts");
    let mut intervals = 0;
    for number in 0..VIEWS {
        let key = feast_registry_core::Key::new(Kind::FeatureView, "p", view(number));
        let row = registry.get(&key, Freshness::Store).await.unwrap();
        let meta = wire::message(&row.body, &[2]).unwrap().unwrap();
        intervals += wire::repeated(&meta, 3).unwrap().len();
    }
    assert_eq!(intervals, CHANGES);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_gives_up_or_panics_does_not_touch_the_others() {
    let world = World::new();
    let store = world.store();
    let all = (0..90).map(|number| {
        let store = store.clone();
        tokio::spawn(async move {
            let name = number.to_string();
            match number % 3 {
                0 => put(&store, &name, "x").await,
                1 => {
                    let give_up = |_: &_, _: &_| -> Result<Decision<()>, Error> {
                        Err(Error::invalid("gives up"))
                    };
                    store.transact_typed(ReadSet::new(), give_up).await
                }
                _ => {
                    let panic = |_: &_, _: &_| -> Result<Decision<()>, Error> {
                        // As a panic would, but without its noise.
                        std::panic::resume_unwind(Box::new("a test"))
                    };
                    store.transact_typed(ReadSet::new(), panic).await
                }
            }
        })
    });
    for (number, done) in join_all(all).await.into_iter().enumerate() {
        let kind = done.unwrap().map_err(|error| error.kind());
        let wanted = [Ok(()), Err(ErrorKind::Invalid), Err(ErrorKind::Internal)];
        assert_eq!(kind, wanted[number % 3], "{number}");
        let found = text(&store, &number.to_string()).await;
        assert_eq!(found.is_some(), number % 3 == 0, "{number}");
    }
}

/// Each sees what those before it in the same put have written.
#[tokio::test(flavor = "multi_thread")]
async fn increments_that_are_written_together_are_all_kept() {
    let world = World::new();
    let watched = Watched::new(&world);
    let store = watched.store();
    let increments = (0..200).map(|_| {
        let store = store.clone();
        tokio::spawn(async move { increment(&store, "counter").await.unwrap() })
    });
    let done = join_all(increments).await;
    let mut numbers: Vec<u32> = done.into_iter().map(Result::unwrap).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=200).collect::<Vec<u32>>());
    assert!(watched.puts() < 100, "{} puts", watched.puts());
}
