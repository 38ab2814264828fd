//! What looks at a whole large registry, or changes much of it, beside the raw driver reading all of its rows.

use feast_registry_core::{Change, doctor, migration};

use crate::Target;
use crate::cache::{VIEWS, edit};
use crate::measure::{Pair, ROUNDS, seconds};
use crate::raw::{Raw, RawConnection};

/// Views that a plan changes.
const CHANGED: usize = 10_000;

pub(crate) async fn all<R: Raw>(target: &Target<R>) {
    let mut connection = target.raw.connect().await;
    let store = &**target.registry.store();
    let mut work: [Pair; 4] = Default::default();
    for _ in 0..ROUNDS {
        let raw = seconds(connection.list()).await;
        let changes: Vec<Change> = (0..CHANGED).map(edit).collect();
        let (mut plan, again) = (None, changes.clone());
        let planned = seconds(async { plan = target.registry.plan(changes).await.ok() }).await;
        let plan = plan.unwrap();
        let applied = target.registry.commit_planned(again, plan);
        let times = [
            planned,
            seconds(async { applied.await.unwrap() }).await,
            seconds(async { doctor::examine(store).await.unwrap() }).await,
            seconds(async {
                let differing = migration::differing_keys(store, store, None).await;
                assert!(differing.unwrap().is_empty());
            })
            .await,
        ];
        for (pair, time) in work.iter_mut().zip(times) {
            pair.add(raw, time);
        }
    }
    println!("    beside a SELECT of all rows by the raw driver:");
    let names = [
        format!("plan of {CHANGED} changed views of {VIEWS}"),
        "apply of that plan".to_owned(),
        format!("doctor on {VIEWS} views"),
        format!("diff of {VIEWS} views with themselves"),
    ];
    for (pair, name) in work.into_iter().zip(names) {
        pair.print_times(&name, "");
    }
}
