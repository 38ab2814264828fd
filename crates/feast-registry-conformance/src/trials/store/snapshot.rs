//! Everything, as of one moment.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use feast_registry_core::store::{Consistency, Scan};
use feast_registry_core::{Key, Kind, Record};
use futures::StreamExt;

use crate::check::Checked;
use crate::context::Context;
use crate::rows::{self, STAMP};
use crate::trial::Trial;

pub(super) fn trials() -> Vec<Trial> {
    trials!["store::snapshot":
        an_empty_store_has_an_empty_snapshot,
        every_row_is_there_once_kind_by_kind,
        thousands_of_rows_are_there,
        a_transaction_is_seen_whole_or_not_at_all,
        dropping_the_stream_leaves_nothing_open,
    ]
}

async fn an_empty_store_has_an_empty_snapshot(cx: Context) -> Checked {
    let store = cx.store().await?;
    ensure_eq!(rows::everything(&*store).await?, vec![], "all rows");
    Ok(())
}

async fn every_row_is_there_once_kind_by_kind(cx: Context) -> Checked {
    let store = cx.store().await?;
    let mut rows = [rows::one_of_each("p"), rows::one_of_each("q")].concat();
    rows::insert(&*store, &rows).await?;
    let mut found: Vec<Record> = Vec::new();
    let mut chunks = store.snapshot(Consistency::Primary).await?;
    while let Some(chunk) = chunks.next().await {
        found.extend(chunk?);
    }
    drop(chunks);
    ensure!(
        found.is_sorted_by_key(|row| row.key.kind),
        "the kinds are mixed: {found:?}"
    );
    found.sort_unstable_by(|a, b| a.key.cmp(&b.key));
    rows.sort_unstable_by(|a, b| a.key.cmp(&b.key));
    ensure_eq!(found, rows, "all rows");

    let mut scanned = Vec::new();
    for kind in Kind::ALL {
        scanned.extend(rows::scan(&*store, Scan::all(kind)).await?);
    }
    ensure_eq!(found, scanned, "the sum of the scans");
    Ok(())
}

async fn thousands_of_rows_are_there(cx: Context) -> Checked {
    let store = cx.store().await?;
    let per_kind = cx.rounds(1_200);
    for kind in [Kind::Entity, Kind::FeatureView, Kind::Version] {
        let name = |n: usize| format!("{n:06}");
        let rows: Vec<Record> = (0..per_kind)
            .map(|n| rows::row(kind, "p", &name(n)))
            .collect();
        for some in rows.chunks(600) {
            rows::insert(&*store, some).await?;
        }
    }
    let keys: std::collections::BTreeSet<Key> = rows::everything(&*store)
        .await?
        .into_iter()
        .map(|row| row.key)
        .collect();
    ensure_eq!(keys.len(), 3 * per_kind, "rows");
    Ok(())
}

/// Kinds from the first to the last table that a snapshot reads.
const SPREAD: [Kind; 5] = [
    Kind::Project,
    Kind::Entity,
    Kind::LabelView,
    Kind::Version,
    Kind::Metadata,
];

async fn a_transaction_is_seen_whole_or_not_at_all(cx: Context) -> Checked {
    let store = cx.store().await?;
    let rows = SPREAD.map(|kind| rows::at(rows::row(kind, "p", "it").key, "0", STAMP));
    rows::insert(&*store, &rows).await?;
    let done = Arc::new(AtomicBool::new(false));
    let writer = tokio::spawn({
        let (store, done) = (Arc::clone(&store), Arc::clone(&done));
        async move {
            let mut round = 0;
            while !done.load(Ordering::Relaxed) {
                round += 1;
                let text = round.to_string();
                let writes = rows.iter().map(|row| rows::update(&row.key, &text, STAMP));
                rows::write(&*store, writes.collect()).await?;
                tokio::task::yield_now().await;
            }
            Checked::Ok(round)
        }
    });
    let looked = async {
        let mut last = 0;
        for _ in 0..cx.rounds(50) {
            let numbers: Vec<i64> = rows::everything(&*store)
                .await?
                .iter()
                .map(rows::number)
                .collect();
            ensure_eq!(numbers.len(), SPREAD.len(), "rows");
            ensure!(
                numbers.iter().all(|n| *n == numbers[0]),
                "torn: {numbers:?}"
            );
            ensure!(
                numbers[0] >= last,
                "went back from {last} to {}",
                numbers[0]
            );
            last = numbers[0];
            tokio::task::yield_now().await;
        }
        Checked::<()>::Ok(())
    }
    .await;
    done.store(true, Ordering::Relaxed);
    writer.await??;
    looked
}

async fn dropping_the_stream_leaves_nothing_open(cx: Context) -> Checked {
    let store = cx.store().await?;
    let rows: Vec<Record> = (0..500)
        .map(|n| rows::entity("p", &n.to_string()))
        .collect();
    rows::insert(&*store, &rows).await?;
    for round in 0..40 {
        let mut chunks = store.snapshot(Consistency::Primary).await?;
        if round % 2 == 0 {
            ensure!(chunks.next().await.is_some(), "no chunk");
        }
        drop(chunks);
        rows::write(&*store, vec![rows::update(&rows[0].key, "changed", STAMP)]).await?;
    }
    ensure_eq!(rows::everything(&*store).await?.len(), rows.len(), "rows");
    Ok(())
}
