//! Reading and deleting ranges.

use std::sync::Arc;

use feast_registry_core::store::{Decision, Lock, Range, ReadSet, Write};
use feast_registry_core::{Key, Kind, Record, Store, StoreExt};

use crate::check::Checked;
use crate::context::Context;
use crate::rows::{self, STAMP};
use crate::trial::Trial;

pub(super) fn trials() -> Vec<Trial> {
    trials!["store::range":
        a_range_is_read_whole_and_in_order,
        the_last_of_a_range_has_the_highest_number,
        nothing_is_in_an_empty_range,
        a_range_delete_spares_the_rest,
        a_range_delete_may_reach_over_projects,
    ]
}

fn history() -> Vec<Record> {
    let versions = [
        ("a", 0),
        ("a", 2),
        ("a", 10),
        ("aa", 1),
        ("A", 7),
        ("a%", 3),
        ("b", 4),
    ];
    let mut rows: Vec<Record> = Vec::new();
    for project in ["p", "q"] {
        for (view, number) in versions {
            rows.push(rows::at(Key::version(project, view, number), view, STAMP));
        }
    }
    rows.sort_unstable_by(|a, b| a.key.cmp(&b.key));
    rows
}

async fn read(store: &Arc<dyn Store>, range: Range, lock: Lock) -> Checked<Vec<Record>> {
    let mut reads = ReadSet::new();
    reads.range(range.clone(), lock);
    let found = store
        .transact_typed(reads, move |view, _| {
            let answer = view.range(&range).map(<[Record]>::to_vec);
            Ok(Decision::Commit {
                writes: vec![],
                answer,
            })
        })
        .await?;
    crate::check::present(found, "the range")
}

fn ranges() -> Vec<Range> {
    let mut everywhere = Range::project(Kind::Version, "p");
    everywhere.project = None;
    vec![
        Range::versions("p", "a"),
        Range::versions("q", "b"),
        Range::project(Kind::Version, "p"),
        everywhere,
    ]
}

async fn a_range_is_read_whole_and_in_order(cx: Context) -> Checked {
    let store = cx.store().await?;
    let rows = history();
    rows::insert(&*store, &rows).await?;
    for range in ranges() {
        let wanted: Vec<Record> = rows
            .iter()
            .filter(|row| range.contains(&row.key))
            .cloned()
            .collect();
        for lock in [Lock::Plain, Lock::Share, Lock::Update] {
            let found = read(&store, range.clone(), lock).await?;
            ensure_eq!(found, wanted, "{range:?} with {lock:?}");
        }
    }
    Ok(())
}

async fn the_last_of_a_range_has_the_highest_number(cx: Context) -> Checked {
    let store = cx.store().await?;
    rows::insert(&*store, &history()).await?;
    for (view, number) in [("a", 10), ("aa", 1), ("b", 4), ("a%", 3)] {
        for lock in [Lock::Plain, Lock::Update] {
            let found = read(&store, Range::last_version("p", view), lock).await?;
            let numbers: Vec<i32> = found.iter().map(|row| row.key.number).collect();
            ensure_eq!(numbers, [number], "the last version of `{view}`");
        }
    }
    Ok(())
}

async fn nothing_is_in_an_empty_range(cx: Context) -> Checked {
    let store = cx.store().await?;
    rows::insert(&*store, &history()).await?;
    let empty = [
        Range::versions("p", "c"),
        Range::versions("r", "a"),
        Range::last_version("p", "c"),
        Range::last_version("p", "_"),
        Range::project(Kind::Entity, "p"),
    ];
    for range in empty {
        for lock in [Lock::Plain, Lock::Update] {
            ensure_eq!(
                read(&store, range.clone(), lock).await?,
                vec![],
                "{range:?}"
            );
        }
    }
    Ok(())
}

async fn a_range_delete_spares_the_rest(cx: Context) -> Checked {
    let store = cx.store().await?;
    let others = rows::one_of_each("p");
    let rows = [history(), others.clone()].concat();
    rows::insert(&*store, &rows).await?;
    for range in [Range::versions("p", "a"), Range::project(Kind::Entity, "p")] {
        let mut wanted = rows::everything(&*store).await?;
        wanted.retain(|row| !range.contains(&row.key));
        rows::write(&*store, vec![Write::DeleteRange(range.clone())]).await?;
        ensure_eq!(
            rows::everything(&*store).await?,
            wanted,
            "what is left of {range:?}"
        );
    }
    Ok(())
}

async fn a_range_delete_may_reach_over_projects(cx: Context) -> Checked {
    let store = cx.store().await?;
    rows::insert(
        &*store,
        &[rows::one_of_each("p"), rows::one_of_each("q")].concat(),
    )
    .await?;
    for kind in Kind::ALL {
        let mut range = Range::project(kind, "p");
        range.project = None;
        rows::write(&*store, vec![Write::DeleteRange(range)]).await?;
        let left = rows::everything(&*store).await?;
        ensure!(
            left.iter().all(|row| row.key.kind > kind),
            "a {kind} is left: {left:?}"
        );
    }
    Ok(())
}
