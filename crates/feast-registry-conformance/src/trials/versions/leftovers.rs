//! What Python processes and older releases leave behind.

use feast_registry_core::store::Write;
use feast_registry_core::{ErrorKind, Extra, Freshness, Key, Kind, Record, VersionExtra};

use super::{PINNABLE, numbers, view};
use crate::check::{Checked, refused};
use crate::context::Context;
use crate::rows;
use crate::samples::{self, Sample};
use crate::trial::Trial;

pub(super) fn trials() -> Vec<Trial> {
    let mut trials = trials_for!["versions", Kind::VIEWS;
        history_that_was_left_behind_is_continued,
        a_view_without_history_gets_version_0,
    ];
    trials.extend(trials_for!["versions", PINNABLE;
        a_version_of_another_type_cannot_be_pinned,
        a_deleted_view_is_restored_from_history,
    ]);
    trials
}

/// A row of the history that no active view belongs to.
fn left_behind(kind: Kind, number: i32) -> Record {
    let history_type = kind.view().map_or("", |view| view.history_type);
    Record {
        extra: Extra::Version(Box::new(VersionExtra {
            view_type: history_type.into(),
            version_id: "11111111-2222-4333-8444-555566667777".to_owned(),
            description: String::new(),
        })),
        ..Record::new(
            Key::version("fahrten", "trips", number),
            view(kind).body,
            rows::STAMP,
        )
    }
}

async fn history_that_was_left_behind_is_continued(cx: Context, kind: Kind) -> Checked {
    let registry = cx.registry().await?;
    let old = [left_behind(kind, 0), left_behind(kind, 7)];
    rows::insert(&**registry.store(), &old).await?;
    let outcome = registry.apply(view(kind).apply()).await?;
    ensure_eq!(outcome.version, Some(8), "the version of the outcome");
    ensure_eq!(numbers(&registry).await?, [0, 7, 8], "versions");
    Ok(())
}

async fn a_view_without_history_gets_version_0(cx: Context, kind: Kind) -> Checked {
    let registry = cx.registry().await?;
    registry.apply(view(kind).apply()).await?;
    let old = registry.get(&view(kind).key, Freshness::Store).await?;
    rows::write(
        &**registry.store(),
        vec![Write::Delete(Key::version("fahrten", "trips", 0))],
    )
    .await?;
    let outcome = registry.apply(view(kind).redefined("one").apply()).await?;
    ensure_eq!(outcome.version, Some(1), "the version of the outcome");
    let versions = registry.list_versions("fahrten", "trips").await?;
    let bodies: Vec<_> = versions
        .iter()
        .map(|row| (row.key.number, row.body.clone()))
        .collect();
    let new = registry.get(&view(kind).key, Freshness::Store).await?;
    ensure_eq!(bodies, [(0, old.body), (1, new.body)], "versions");
    Ok(())
}

async fn a_version_of_another_type_cannot_be_pinned(cx: Context, kind: Kind) -> Checked {
    let registry = cx.registry().await?;
    rows::insert(&**registry.store(), &[left_behind(Kind::LabelView, 0)]).await?;
    registry.apply(view(kind).apply()).await?;
    let before = rows::all(&registry).await?;
    let result = registry.apply(view(kind).version("v0").apply()).await;
    refused(result, ErrorKind::Invalid)?;
    ensure_eq!(rows::all(&registry).await?, before, "all rows");
    Ok(())
}

async fn a_deleted_view_is_restored_from_history(cx: Context, kind: Kind) -> Checked {
    let registry = cx.registry().await?;
    rows::insert(&**registry.store(), &[left_behind(kind, 2)]).await?;
    let asked = Sample::new(kind, "fahrten", "trips")
        .redefined("ignored")
        .version("v2");
    let outcome = registry.apply(asked.apply()).await?;
    ensure_eq!(outcome.version, Some(2), "the version of the outcome");
    let row = registry.get(&asked.key, Freshness::Store).await?;
    ensure_eq!(samples::features(&row).len(), 3, "features");
    ensure_eq!(numbers(&registry).await?, [2], "versions");
    Ok(())
}
