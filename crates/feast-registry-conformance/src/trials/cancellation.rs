//! A future that is dropped leaves nothing behind.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use feast_registry_core::store::{Consistency, Decision, Lock, Range, Scan, Write};
use feast_registry_core::{Key, Kind, Registry, RegistryOptions, Result, Store};
use futures::StreamExt;
use tokio::time::timeout;

use crate::check::{Checked, Failure};
use crate::context::Context;
use crate::random::Random;
use crate::rows::{self, STAMP};
use crate::samples::{self, Sample};
use crate::trial::Trial;

pub(super) fn trials() -> Vec<Trial> {
    trials!["cancellation::transact":
        a_dropped_transaction_holds_no_lock,
        a_dropped_transaction_is_whole_or_not_there,
        a_dropped_batch_is_whole_or_not_there,
        dropping_while_others_write_loses_nothing,
        dropped_ones_use_nothing_up,
    ]
    .into_iter()
    .chain(trials!["cancellation::read": dropped_reads_use_nothing_up])
    .collect()
}

/// How long the next writer may take. A lock that stays is there for ever.
const WAIT: Duration = Duration::from_secs(10);

/// Polls a future and drops it when it has had to wait so many times; its output if it was faster.
async fn dropped_after<F: Future>(waits: usize, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut left = waits;
    std::future::poll_fn(move |context| match future.as_mut().poll(context) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending if left == 0 => Poll::Ready(None),
        Poll::Pending => {
            left -= 1;
            Poll::Pending
        }
    })
    .await
}

async fn in_time<T>(write: impl Future<Output = Result<T>>) -> Checked<T> {
    match timeout(WAIT, write).await {
        Ok(done) => Ok(done?),
        Err(_) => Err(Failure::new("a dropped transaction has left a lock")),
    }
}

fn it(name: &str) -> Key {
    Key::new(Kind::Entity, "p", name)
}

/// Sets three rows to the same text.
async fn set(store: &Arc<dyn Store>, text: String) -> Result<()> {
    let keys = vec![it("a"), it("b"), it("c")];
    rows::with_keys(store, keys, Lock::Update, move |found, _| {
        let rows = found.iter().flatten();
        let writes = rows
            .map(|row| rows::update(&row.key, &text, STAMP))
            .collect();
        Ok(Decision::Commit { writes, answer: () })
    })
    .await
}

async fn three(cx: &Context) -> Checked<Arc<dyn Store>> {
    let store = cx.store().await?;
    let rows = ["a", "b", "c"].map(|name| rows::at(it(name), "start", STAMP));
    rows::insert(&*store, &rows).await?;
    Ok(store)
}

async fn check_whole(store: &Arc<dyn Store>) -> Checked {
    let texts: Vec<String> = rows::everything(&**store)
        .await?
        .iter()
        .map(rows::text)
        .collect();
    ensure_eq!(texts.len(), 3, "rows");
    ensure!(
        texts.iter().all(|text| *text == texts[0]),
        "half a transaction: {texts:?}"
    );
    Ok(())
}

async fn a_dropped_transaction_holds_no_lock(cx: Context) -> Checked {
    let store = three(&cx).await?;
    for waits in 0..cx.rounds(15) {
        dropped_after(waits % 15, set(&store, format!("dropped after {waits}"))).await;
        in_time(set(&store, format!("after {waits}"))).await?;
        let row = crate::check::present(rows::get(&*store, &it("b")).await?, "the row")?;
        ensure_eq!(rows::text(&row), format!("after {waits}"), "the text");
    }
    Ok(())
}

async fn a_dropped_transaction_is_whole_or_not_there(cx: Context) -> Checked {
    let store = three(&cx).await?;
    let mut random = Random::new(cx.seed());
    for round in 0..cx.rounds(30) {
        let write = set(&store, format!("round {round}"));
        if round % 2 == 0 {
            dropped_after(random.below(12), write).await;
        } else {
            // Anywhere in time, not only where the future waits.
            let micros = random.below(3_000) as u64;
            timeout(Duration::from_micros(micros), write).await.ok();
        }
        check_whole(&store).await?;
    }
    Ok(())
}

async fn a_dropped_batch_is_whole_or_not_there(cx: Context) -> Checked {
    let registry = cx.registry().await?;
    let mut random = Random::new(cx.seed());
    let rounds = cx.rounds(20);
    for number in 0..rounds as u64 {
        let pair = samples::pair("fahrten", "pair", number);
        let commit = registry.commit(pair.into());
        dropped_after(random.below(12), commit).await;
    }
    let last = Sample::new(Kind::Entity, "fahrten", "last");
    in_time(registry.apply(last.apply())).await?;
    let rows = rows::all(&registry).await?;
    let names = rows::names(&rows);
    for number in 0..rounds as u64 {
        let found = samples::pair_names("pair", number)
            .iter()
            .filter(|name| names.contains(&name.as_str()))
            .count();
        ensure!(found != 1, "half of pair {number}");
    }
    Ok(())
}

async fn dropping_while_others_write_loses_nothing(cx: Context) -> Checked {
    let store = cx.store().await?;
    let registry = Registry::open(Arc::clone(&store), RegistryOptions::default()).await?;
    let view = Sample::new(Kind::FeatureView, "fahrten", "trips");
    registry.apply(view.apply()).await?;
    let rounds = cx.rounds(20);
    let writer = tokio::spawn({
        let registry = registry.clone();
        async move {
            for round in 0..rounds {
                let (start, end) = samples::interval(1, round);
                registry
                    .apply_materialization("fahrten", "trips", start, end)
                    .await?;
            }
            Checked::<()>::Ok(())
        }
    });
    let mut random = Random::new(cx.seed());
    let mut finished = 0;
    for round in 0..rounds {
        let (start, end) = samples::interval(2, round);
        let write = registry.apply_materialization("fahrten", "trips", start, end);
        if let Some(done) = dropped_after(random.below(12), write).await {
            done?;
            finished += 1;
        }
    }
    let Ok(done) = timeout(WAIT, writer).await else {
        return Err(Failure::new(
            "the other writer waits for a dropped transaction",
        ));
    };
    done??;
    // Behind whatever was dropped and goes on all the same.
    in_time(registry.set_user_metadata("fahrten", "trips", "last")).await?;
    let row = registry
        .get(&view.key, feast_registry_core::Freshness::Store)
        .await?;
    let found = samples::intervals(&row);
    for round in 0..rounds {
        let (start, end) = samples::interval(1, round);
        ensure!(
            found.contains(&(start.seconds, end.seconds)),
            "round {round} is lost"
        );
    }
    ensure!(
        found.len() >= rounds + finished,
        "{} of {}",
        found.len(),
        rounds + finished
    );
    Ok(())
}

async fn dropped_ones_use_nothing_up(cx: Context) -> Checked {
    let store = three(&cx).await?;
    // More than any pool has connections.
    for round in 0..cx.rounds(100) {
        dropped_after(round % 5, set(&store, format!("round {round}"))).await;
    }
    in_time(set(&store, "last".to_owned())).await?;
    check_whole(&store).await?;
    in_time(rows::write(
        &*store,
        vec![Write::DeleteRange(Range::project(Kind::Entity, "p"))],
    ))
    .await
}

async fn dropped_reads_use_nothing_up(cx: Context) -> Checked {
    let store = three(&cx).await?;
    for round in 0..cx.rounds(100) {
        let waits = round % 5;
        dropped_after(waits, store.get(&it("a"), Consistency::Primary)).await;
        dropped_after(
            waits,
            store.scan(&Scan::all(Kind::Entity), Consistency::Primary),
        )
        .await;
        dropped_after(waits, store.changes()).await;
        let stream = async {
            if let Ok(mut chunks) = store.snapshot(Consistency::Primary).await {
                while chunks.next().await.is_some() {}
            }
        };
        dropped_after(waits, stream).await;
    }
    in_time(set(&store, "last".to_owned())).await?;
    check_whole(&store).await
}
