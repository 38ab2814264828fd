//! The probe that tells whether anything changed.

use std::sync::Arc;

use feast_registry_core::Kind;
use feast_registry_core::store::{Probe, Write};

use crate::check::Checked;
use crate::context::Context;
use crate::rows::{self, STAMP};
use crate::trial::Trial;

pub(super) fn trials() -> Vec<Trial> {
    let mut trials = trials!["store::changes":
        reading_changes_nothing,
        the_probe_has_the_figures_of_every_kind_and_project,
    ];
    trials.extend(trials_for!["store::changes", Kind::ALL;
        every_commit_changes_the_version,
        an_insert_an_update_and_a_delete_each_change_the_probe,
        the_stamps_are_those_of_the_rows,
    ]);
    trials
}

async fn an_insert_an_update_and_a_delete_each_change_the_probe(
    cx: Context,
    kind: Kind,
) -> Checked {
    let store = cx.store().await?;
    let row = rows::row(kind, "p", "it");
    let steps = [
        Write::Insert(row.clone()),
        rows::update(&row.key, "changed", STAMP + 5),
        rows::update(&row.key, "changed", STAMP + 6),
        Write::Delete(row.key),
    ];
    let mut before = store.changes().await?;
    for step in steps {
        rows::write(&*store, vec![step.clone()]).await?;
        let after = store.changes().await?;
        ensure!(after != before, "the probe did not notice {step:?}");
        before = after;
    }
    ensure_eq!(
        store.changes().await?,
        Probe::default(),
        "the probe in the end"
    );
    Ok(())
}

/// Where a store has one. A second handle writes too: it is another writer.
async fn every_commit_changes_the_version(cx: Context, kind: Kind) -> Checked {
    let opened = cx.located().await?;
    let row = rows::row(kind, "p", "it");
    let mut stores = vec![Arc::clone(&opened.store)];
    if cx.facts().capabilities.shared {
        stores.push(cx.reopen(&opened.location).await?);
    }
    for writer in &stores {
        for step in [
            Write::Insert(row.clone()),
            rows::update(&row.key, "changed", STAMP),
            Write::Delete(row.key.clone()),
        ] {
            let Some(before) = opened.store.version().await? else {
                ensure!(
                    !opened.store.capabilities().local_rows,
                    "rows without a version"
                );
                return Ok(());
            };
            rows::write(&**writer, vec![step.clone()]).await?;
            let after = opened.store.version().await?;
            ensure!(
                after.as_ref() != Some(&before),
                "the version did not notice {step:?}"
            );
        }
    }
    Ok(())
}

async fn the_stamps_are_those_of_the_rows(cx: Context, kind: Kind) -> Checked {
    let store = cx.store().await?;
    let mut rows = vec![rows::row(kind, "p", "it"), rows::row(kind, "q", "it")];
    if kind != Kind::Project && kind != Kind::Infra {
        rows.push(rows::row(kind, "p", "other"));
    }
    rows::insert(&*store, &rows).await?;
    let changed = rows::update(&rows[0].key, "changed", STAMP + 7);
    rows::write(&*store, vec![changed]).await?;
    rows[0].stamp = STAMP + 7;
    rows.retain(|row| &*row.key.project == "p");
    let mut wanted: Vec<_> = rows.into_iter().map(|row| (row.key, row.stamp)).collect();
    let mut stamps = store.stamps(kind, &"p".into()).await?;
    wanted.sort();
    stamps.sort();
    ensure_eq!(stamps, wanted, "the stamps");
    Ok(())
}

async fn reading_changes_nothing(cx: Context) -> Checked {
    let store = cx.store().await?;
    rows::insert(&*store, &rows::one_of_each("p")).await?;
    let before = store.changes().await?;
    rows::everything(&*store).await?;
    ensure_eq!(store.changes().await?, before, "the probe");
    Ok(())
}

async fn the_probe_has_the_figures_of_every_kind_and_project(cx: Context) -> Checked {
    let store = cx.store().await?;
    let mut rows = [rows::one_of_each("p"), rows::one_of_each("ä")].concat();
    for (second, name) in (0..).zip(["x", "y", "z"]) {
        let key = rows::entity("p", name).key;
        rows.push(rows::at(key, name, STAMP + second));
    }
    rows::insert(&*store, &rows).await?;
    let mut wanted = Probe::default();
    for row in &rows {
        let place = (row.key.kind, Arc::clone(&row.key.project));
        wanted.entries.entry(place).or_default().add(row.stamp);
    }
    ensure_eq!(store.changes().await?, wanted, "the probe");
    Ok(())
}
