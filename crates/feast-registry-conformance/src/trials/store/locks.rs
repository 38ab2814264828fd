//! What holds between the reads of a transaction and its writes.

use std::sync::Arc;

use feast_registry_core::store::{Decision, Lock, Range, ReadSet, Write};
use feast_registry_core::{Key, Kind, Result, Store, StoreExt};
use futures::future::try_join_all;

use crate::check::Checked;
use crate::context::Context;
use crate::random::Random;
use crate::rows::{self, STAMP};
use crate::trial::Trial;

pub(super) fn trials() -> Vec<Trial> {
    trials!["store::lock":
        increments_under_a_lock_are_all_kept,
        increments_of_a_row_that_is_not_there_yet_are_all_kept,
        transfers_in_any_direction_keep_the_sum,
        many_that_share_a_lock_and_then_want_it_alone_all_get_it,
        a_shared_parent_is_not_deleted_under_its_children,
        numbers_taken_under_a_lock_are_unique,
    ]
}

const TASKS: usize = 8;

fn counter(name: &str) -> Key {
    Key::new(Kind::Entity, "p", name)
}

async fn increments_under_a_lock_are_all_kept(cx: Context) -> Checked {
    let store = cx.store().await?;
    rows::insert(&*store, &[rows::at(counter("c"), "0", STAMP)]).await?;
    count_together(&cx, &store).await
}

async fn increments_of_a_row_that_is_not_there_yet_are_all_kept(cx: Context) -> Checked {
    let store = cx.store().await?;
    count_together(&cx, &store).await
}

async fn count_together(cx: &Context, store: &Arc<dyn Store>) -> Checked {
    let rounds = cx.rounds(10);
    let tasks = (0..TASKS).map(|_| {
        let store = Arc::clone(store);
        tokio::spawn(async move {
            for _ in 0..rounds {
                increment(&store, Lock::Update).await?;
            }
            Checked::<()>::Ok(())
        })
    });
    for done in try_join_all(tasks).await? {
        done?;
    }
    let sum = rows::get(&**store, &counter("c"))
        .await?
        .as_ref()
        .map(rows::number);
    ensure_eq!(sum, i64::try_from(TASKS * rounds).ok(), "the counter");
    Ok(())
}

/// Adds one to the counter. A lock that is too weak at first is strengthened.
async fn increment(store: &Arc<dyn Store>, first: Lock) -> Result<()> {
    let mut reads = ReadSet::new();
    reads.key(counter("c"), first);
    store
        .transact_typed(reads, |view, _| {
            let Some(row) = view.key(&counter("c"), Lock::Update) else {
                let mut more = ReadSet::new();
                more.key(counter("c"), Lock::Update);
                return Ok(Decision::Need(more));
            };
            let write = match row {
                None => Write::Insert(rows::at(counter("c"), "1", STAMP)),
                Some(row) => {
                    let next = (rows::number(row) + 1).to_string();
                    rows::update(&row.key, &next, STAMP)
                }
            };
            Ok(Decision::Commit {
                writes: vec![write],
                answer: (),
            })
        })
        .await
}

async fn many_that_share_a_lock_and_then_want_it_alone_all_get_it(cx: Context) -> Checked {
    let store = cx.store().await?;
    rows::insert(&*store, &[rows::at(counter("c"), "0", STAMP)]).await?;
    let rounds = cx.rounds(5);
    let tasks = (0..TASKS).map(|_| {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            for _ in 0..rounds {
                increment(&store, Lock::Share).await?;
            }
            Checked::<()>::Ok(())
        })
    });
    for done in try_join_all(tasks).await? {
        done?;
    }
    let sum = rows::get(&*store, &counter("c"))
        .await?
        .as_ref()
        .map(rows::number);
    ensure_eq!(sum, i64::try_from(TASKS * rounds).ok(), "the counter");
    Ok(())
}

async fn transfers_in_any_direction_keep_the_sum(cx: Context) -> Checked {
    const ACCOUNTS: usize = 4;
    let store = cx.store().await?;
    let account = |n: usize| counter(&format!("account {n}"));
    let start: Vec<_> = (0..ACCOUNTS)
        .map(|n| rows::at(account(n), "100", STAMP))
        .collect();
    rows::insert(&*store, &start).await?;
    let rounds = cx.rounds(10);
    let tasks = (0..TASKS).map(|task| {
        let (store, mut random) = (Arc::clone(&store), Random::new(cx.seed() + task as u64));
        tokio::spawn(async move {
            for _ in 0..rounds {
                let from = random.below(ACCOUNTS);
                let to = (from + 1 + random.below(ACCOUNTS - 1)) % ACCOUNTS;
                let keys = vec![account(from), account(to)];
                rows::with_keys(&store, keys, Lock::Update, |found, _| {
                    let [Some(from), Some(to)] = found else {
                        return Err(rows::refusal());
                    };
                    let moved = [(from, rows::number(from) - 1), (to, rows::number(to) + 1)]
                        .map(|(row, sum)| rows::update(&row.key, &sum.to_string(), STAMP));
                    Ok(Decision::Commit {
                        writes: moved.into(),
                        answer: (),
                    })
                })
                .await?;
            }
            Checked::<()>::Ok(())
        })
    });
    let sums = async {
        for _ in 0..rounds {
            let sum: i64 = rows::everything(&*store)
                .await?
                .iter()
                .map(rows::number)
                .sum();
            ensure_eq!(sum, 400, "the sum meanwhile");
        }
        Checked::<()>::Ok(())
    };
    let (moved, sums) = tokio::join!(try_join_all(tasks), sums);
    for done in moved? {
        done?;
    }
    sums?;
    let sum: i64 = rows::everything(&*store)
        .await?
        .iter()
        .map(rows::number)
        .sum();
    ensure_eq!(sum, 400, "the sum in the end");
    Ok(())
}

async fn a_shared_parent_is_not_deleted_under_its_children(cx: Context) -> Checked {
    let store = cx.store().await?;
    let rounds = cx.rounds(10);
    let parent = || Key::project("p");
    let children = (0..4).map(|task| {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            for round in 0..rounds {
                let child = rows::entity("p", &format!("child {task} {round}"));
                rows::with_keys(&store, vec![parent()], Lock::Share, move |found, _| {
                    let mut writes = vec![Write::Insert(child.clone())];
                    if found[0].is_none() {
                        writes.push(Write::Insert(rows::row(Kind::Project, "p", "p")));
                    }
                    Ok(Decision::Commit { writes, answer: () })
                })
                .await?;
            }
            Checked::<()>::Ok(())
        })
    });
    let deleting = tokio::spawn({
        let store = Arc::clone(&store);
        async move {
            for _ in 0..rounds * 2 {
                rows::with_keys(&store, vec![parent()], Lock::Update, move |found, _| {
                    let mut writes = Vec::new();
                    if found[0].is_some() {
                        writes.push(Write::DeleteRange(Range::project(Kind::Entity, "p")));
                        writes.push(Write::Delete(parent()));
                    }
                    Ok(Decision::Commit { writes, answer: () })
                })
                .await?;
                let rows = rows::everything(&*store).await?;
                let orphans = rows.iter().all(|row| row.key.kind == Kind::Entity);
                ensure!(
                    rows.is_empty() || !orphans,
                    "children without a parent: {rows:?}"
                );
            }
            Checked::<()>::Ok(())
        }
    });
    for done in try_join_all(children).await? {
        done?;
    }
    deleting.await??;
    let rows = rows::everything(&*store).await?;
    let parents = rows
        .iter()
        .filter(|row| row.key.kind == Kind::Project)
        .count();
    ensure!(
        rows.is_empty() || parents == 1,
        "children without a parent in the end"
    );
    Ok(())
}

async fn numbers_taken_under_a_lock_are_unique(cx: Context) -> Checked {
    let store = cx.store().await?;
    let guard = rows::row(Kind::FeatureView, "p", "v");
    rows::insert(&*store, std::slice::from_ref(&guard)).await?;
    let rounds = cx.rounds(8);
    let tasks = (0..TASKS).map(|_| {
        let (store, guard) = (Arc::clone(&store), guard.key.clone());
        tokio::spawn(async move {
            for _ in 0..rounds {
                let mut reads = ReadSet::new();
                let last = Range::last_version("p", "v");
                reads
                    .key(guard.clone(), Lock::Update)
                    .range(last.clone(), Lock::Plain);
                let guard = guard.clone();
                store
                    .transact_typed(reads, move |view, _| {
                        let found = view.range(&last).and_then(<[_]>::last);
                        let next = found.map_or(0, |row| row.key.number + 1);
                        let version = rows::at(Key::version("p", "v", next), "v", STAMP);
                        let writes = vec![
                            Write::Insert(version),
                            rows::update(&guard, &next.to_string(), STAMP),
                        ];
                        Ok(Decision::Commit { writes, answer: () })
                    })
                    .await?;
            }
            Checked::<()>::Ok(())
        })
    });
    for done in try_join_all(tasks).await? {
        done?;
    }
    let all = rows::everything(&*store).await?;
    let versions = all.iter().filter(|row| row.key.kind == Kind::Version);
    let numbers: Vec<i32> = versions.map(|row| row.key.number).collect();
    let wanted: Vec<i32> = (0..i32::try_from(TASKS * rounds)?).collect();
    ensure_eq!(numbers, wanted, "numbers");
    Ok(())
}
