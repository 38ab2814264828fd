//! Reading, deciding and answering.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use feast_registry_core::store::{Decision, Lock, Range, ReadSet, Write};
use feast_registry_core::{ErrorKind, Key, Kind, Record, StoreExt};
use tokio::time::timeout;

use crate::check::{Checked, Failure, failed, refused};
use crate::context::Context;
use crate::rows;
use crate::trial::Trial;

pub(super) fn trials() -> Vec<Trial> {
    trials!["store::transact":
        a_decision_sees_what_it_asked_for,
        the_answer_comes_back,
        a_decision_may_ask_for_more,
        a_decision_may_ask_for_more_several_times,
        a_decision_may_ask_for_a_stronger_lock,
        a_decision_that_asks_for_what_it_has_fails,
        a_decision_that_gives_up_writes_nothing,
        a_decision_that_gives_up_late_writes_nothing,
        an_empty_commit_changes_nothing,
        a_panic_of_a_decision_harms_nobody,
        identities_stay_the_same_over_attempts,
        now_is_the_time_of_the_transaction,
    ]
}

async fn a_decision_sees_what_it_asked_for(cx: Context) -> Checked {
    let store = cx.store().await?;
    let rows = rows::one_of_each("p");
    rows::insert(&*store, &rows).await?;
    for lock in [Lock::Plain, Lock::Share, Lock::Update] {
        let keys: Vec<Key> = rows.iter().map(|row| row.key.clone()).collect();
        let absent = Key::new(Kind::Entity, "p", "absent");
        let asked = [keys, vec![absent]].concat();
        let found: Vec<Option<Record>> = rows::with_keys(&store, asked, lock, |found, _| {
            Ok(Decision::Commit {
                writes: vec![],
                answer: found.to_vec(),
            })
        })
        .await?;
        let wanted: Vec<Option<Record>> = rows.iter().cloned().map(Some).chain([None]).collect();
        ensure_eq!(found, wanted, "read with {lock:?}");
    }
    Ok(())
}

async fn the_answer_comes_back(cx: Context) -> Checked {
    let store = cx.store().await?;
    let answer: Vec<String> = store
        .transact_typed(ReadSet::new(), |_, _| {
            Ok(Decision::Commit {
                writes: vec![],
                answer: vec!["ä".to_owned(), "b".to_owned()],
            })
        })
        .await?;
    ensure_eq!(answer, ["ä", "b"], "the answer");
    Ok(())
}

async fn a_decision_may_ask_for_more(cx: Context) -> Checked {
    let store = cx.store().await?;
    let (first, second) = (
        rows::entity("p", "first"),
        rows::row(Kind::Project, "p", "p"),
    );
    rows::insert(&*store, &[first.clone(), second.clone()]).await?;
    let mut reads = ReadSet::new();
    reads.key(first.key.clone(), Lock::Update);
    let (one, two) = (first.key.clone(), second.key.clone());
    let found = store
        .transact_typed(reads, move |view, _| {
            let Some(other) = view.key(&two, Lock::Share) else {
                let mut more = ReadSet::new();
                more.key(two.clone(), Lock::Share);
                return Ok(Decision::Need(more));
            };
            let one = view.key(&one, Lock::Update).map(Option::<&Record>::cloned);
            Ok(Decision::Commit {
                writes: vec![],
                answer: (one, other.cloned()),
            })
        })
        .await?;
    ensure_eq!(
        found,
        (Some(Some(first)), Some(second)),
        "what was seen in the end"
    );
    Ok(())
}

async fn a_decision_may_ask_for_more_several_times(cx: Context) -> Checked {
    let store = cx.store().await?;
    let chain: Vec<Record> = (0..6)
        .map(|n| {
            let key = Key::new(Kind::Entity, "p", format!("e{n}"));
            rows::at(key, &format!("e{}", n + 1), rows::STAMP)
        })
        .collect();
    rows::insert(&*store, &chain).await?;
    let visited = store
        .transact_typed(ReadSet::new(), |view, _| {
            let mut next = Key::new(Kind::Entity, "p", "e0");
            let mut visited = 0;
            loop {
                match view.key(&next, Lock::Update) {
                    None => {
                        let mut more = ReadSet::new();
                        more.key(next, Lock::Update);
                        return Ok(Decision::Need(more));
                    }
                    Some(None) => {
                        return Ok(Decision::Commit {
                            writes: vec![],
                            answer: visited,
                        });
                    }
                    Some(Some(row)) => next = Key::new(Kind::Entity, "p", rows::text(row)),
                }
                visited += 1;
            }
        })
        .await?;
    ensure_eq!(visited, 6, "rows along the chain");
    Ok(())
}

async fn a_decision_may_ask_for_a_stronger_lock(cx: Context) -> Checked {
    let store = cx.store().await?;
    let row = rows::entity("p", "e");
    rows::insert(&*store, std::slice::from_ref(&row)).await?;
    let mut reads = ReadSet::new();
    reads.key(row.key.clone(), Lock::Plain);
    let key = row.key.clone();
    store
        .transact_typed(reads, move |view, _| match view.key(&key, Lock::Update) {
            None => {
                let mut more = ReadSet::new();
                more.key(key.clone(), Lock::Update);
                Ok(Decision::Need(more))
            }
            Some(_) => Ok(Decision::Commit {
                writes: vec![rows::update(&key, "changed", rows::STAMP)],
                answer: (),
            }),
        })
        .await?;
    let found = rows::get(&*store, &row.key).await?;
    ensure_eq!(
        found.as_ref().map(rows::text).as_deref(),
        Some("changed"),
        "the text"
    );
    Ok(())
}

async fn a_decision_that_asks_for_what_it_has_fails(cx: Context) -> Checked {
    let store = cx.store().await?;
    let mut reads = ReadSet::new();
    reads.key(Key::project("p"), Lock::Share);
    let endless = store.transact_typed(reads.clone(), move |_, _| {
        Ok::<Decision<()>, _>(Decision::Need(reads.clone()))
    });
    let Ok(result) = timeout(Duration::from_secs(60), endless).await else {
        return Err(Failure::new("asks for ever"));
    };
    refused(result, ErrorKind::Internal)?;
    Ok(())
}

async fn a_decision_that_gives_up_writes_nothing(cx: Context) -> Checked {
    let store = cx.store().await?;
    rows::insert(&*store, &rows::one_of_each("p")).await?;
    let before = rows::everything(&*store).await?;
    let key = Key::new(Kind::Entity, "p", "it");
    let result = rows::with_keys::<(), _>(&store, vec![key], Lock::Update, |_, _| {
        Err(rows::refusal().with_hint("try another one"))
    })
    .await;
    let error = refused(result, ErrorKind::Invalid)?;
    ensure_eq!(error.message(), rows::refusal().message(), "the message");
    ensure_eq!(error.hint(), Some("try another one"), "the hint");
    ensure_eq!(rows::everything(&*store).await?, before, "all rows");
    Ok(())
}

async fn a_decision_that_gives_up_late_writes_nothing(cx: Context) -> Checked {
    let store = cx.store().await?;
    let row = rows::entity("p", "e");
    rows::insert(&*store, std::slice::from_ref(&row)).await?;
    let key = row.key.clone();
    let result = store
        .transact_typed::<(), _>(ReadSet::new(), move |view, _| {
            if view.key(&key, Lock::Update).is_some() {
                return Err(rows::refusal());
            }
            let mut more = ReadSet::new();
            more.key(key.clone(), Lock::Update);
            Ok(Decision::Need(more))
        })
        .await;
    refused(result, ErrorKind::Invalid)?;
    ensure_eq!(
        rows::everything(&*store).await?,
        vec![row.clone()],
        "all rows"
    );
    // The lock is free again.
    let change = rows::write(&*store, vec![rows::update(&row.key, "free", rows::STAMP)]);
    let Ok(changed) = timeout(Duration::from_secs(30), change).await else {
        return Err(Failure::new("a decision that gave up left a lock"));
    };
    Ok(changed?)
}

async fn an_empty_commit_changes_nothing(cx: Context) -> Checked {
    let store = cx.store().await?;
    rows::insert(&*store, &rows::one_of_each("p")).await?;
    let (rows, probe) = (rows::everything(&*store).await?, store.changes().await?);
    let mut reads = ReadSet::new();
    reads.range(Range::project(Kind::Entity, "p"), Lock::Update);
    let nothing = |_: &_, _: &_| {
        Ok(Decision::Commit {
            writes: vec![],
            answer: (),
        })
    };
    store.transact_typed(reads, nothing).await?;
    ensure_eq!(rows::everything(&*store).await?, rows, "all rows");
    ensure_eq!(store.changes().await?, probe, "the probe");
    Ok(())
}

async fn a_panic_of_a_decision_harms_nobody(cx: Context) -> Checked {
    let store = cx.store().await?;
    let row = rows::entity("p", "e");
    rows::insert(&*store, std::slice::from_ref(&row)).await?;
    let key = row.key.clone();
    let panicking = Arc::clone(&store);
    let task = tokio::spawn(async move {
        rows::with_keys::<(), _>(&panicking, vec![key], Lock::Update, |_, _| {
            // As a panic would, but without its noise.
            std::panic::resume_unwind(Box::new("a trial"))
        })
        .await
    });
    if let Ok(Ok(result)) = timeout(Duration::from_secs(30), task).await {
        failed(result)?;
    }
    let change = rows::write(&*store, vec![rows::update(&row.key, "after", rows::STAMP)]);
    let Ok(changed) = timeout(Duration::from_secs(30), change).await else {
        return Err(Failure::new("the panic left a lock"));
    };
    changed?;
    let all = rows::everything(&*store).await?;
    ensure_eq!(
        all.iter().map(rows::text).collect::<Vec<_>>(),
        ["after"],
        "all rows"
    );
    Ok(())
}

async fn identities_stay_the_same_over_attempts(cx: Context) -> Checked {
    let store = cx.store().await?;
    let seen = Arc::new(Mutex::new(Vec::new()));
    for _ in 0..2 {
        let (attempts, seen) = (AtomicUsize::new(0), Arc::clone(&seen));
        store
            .transact_typed(ReadSet::new(), move |_, context| {
                let ids = (context.ids.operation(), context.ids.uuid("purpose"));
                seen.lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .push(ids);
                let attempt = attempts.fetch_add(1, Ordering::SeqCst);
                if attempt == 3 {
                    return Ok(Decision::Commit {
                        writes: vec![],
                        answer: (),
                    });
                }
                let mut more = ReadSet::new();
                more.key(Key::project(format!("p{attempt}")), Lock::Share);
                Ok(Decision::Need(more))
            })
            .await?;
    }
    let seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
    ensure_eq!(seen.len(), 8, "attempts of two operations");
    ensure!(
        seen[..4].iter().all(|ids| *ids == seen[0]),
        "the identities changed: {seen:?}"
    );
    ensure!(
        seen[0] != seen[4],
        "two operations have the same identities"
    );
    Ok(())
}

async fn now_is_the_time_of_the_transaction(cx: Context) -> Checked {
    let store = cx.store().await?;
    let key = Key::new(Kind::Entity, "p", "clock");
    let mut last = 0;
    for _ in 0..20 {
        let before = micros()?;
        let now = rows::with_keys(&store, vec![key.clone()], Lock::Update, |found, context| {
            let now = context.now;
            let write = match found {
                [Some(row)] => rows::update(&row.key, "tick", now.seconds),
                _ => Write::Insert(rows::at(
                    Key::new(Kind::Entity, "p", "clock"),
                    "tick",
                    now.seconds,
                )),
            };
            let micros = now.seconds * 1_000_000 + i64::from(now.nanos) / 1_000;
            Ok(Decision::Commit {
                writes: vec![write],
                answer: (micros, now.nanos % 1_000),
            })
        })
        .await?;
        ensure!(
            now.0 >= before,
            "now is before the call: {} < {before}",
            now.0
        );
        ensure!(
            now.0 >= last,
            "now is before the last write: {} < {last}",
            now.0
        );
        ensure!(now.0 <= micros()?, "now is after the call");
        ensure_eq!(
            now.1,
            0,
            "nanoseconds below a microsecond, which Feast does not keep"
        );
        last = now.0;
    }
    Ok(())
}

fn micros() -> Checked<i64> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH)?;
    Ok(i64::try_from(since.as_micros())?)
}
