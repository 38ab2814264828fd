//! Bytes that cannot be read harm nobody but themselves.

use bytes::Bytes;
use feast_registry_core::store::Teardown;
use feast_registry_core::{ErrorKind, Freshness, Key, Kind, Query, Record, Registry, decode};
use feast_registry_proto::core::{Entity, FeatureView};

use crate::check::{Checked, refused};
use crate::context::Context;
use crate::rows::{self, STAMP};
use crate::samples::{self, Sample};
use crate::trial::Trial;

pub(super) fn trials() -> Vec<Trial> {
    let mut trials = trials_for!["errors", Kind::OBJECTS;
        an_unreadable_one_is_skipped_in_lists_and_named,
        an_unreadable_one_does_not_keep_others_from_changing,
        an_unreadable_one_is_not_replaced_silently,
        an_unreadable_one_can_be_deleted,
    ];
    trials.extend(trials!["errors::unreadable":
        it_is_named_when_it_is_read,
        it_is_in_the_snapshot_and_the_cache,
        it_cannot_be_materialised,
        it_goes_with_its_project,
        it_goes_with_a_teardown,
        a_version_of_an_unknown_type_is_named,
        metadata_that_is_no_text_harms_nothing_else,
    ]);
    trials
}

/// What a fault of a disk or of another program may leave.
const UNREADABLE: &[u8] = &[0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x80];

async fn plant(registry: &Registry, key: &Key) -> Checked<Record> {
    let row = Record::new(key.clone(), Bytes::from_static(UNREADABLE), STAMP);
    rows::insert(&**registry.store(), std::slice::from_ref(&row)).await?;
    Ok(row)
}

/// A registry with an unreadable object between two good ones.
async fn damaged(cx: &Context, kind: Kind) -> Checked<(Registry, Sample)> {
    let registry = cx.registry().await?;
    let [a, bad, c] = ["a", "b", "c"].map(|name| Sample::new(kind, "fahrten", name));
    registry.commit(vec![a.change(), c.change()]).await?;
    plant(&registry, &bad.key).await?;
    Ok((registry, bad))
}

async fn an_unreadable_one_is_skipped_in_lists_and_named(cx: Context, kind: Kind) -> Checked {
    let (registry, bad) = damaged(&cx, kind).await?;
    for freshness in [Freshness::Store, Freshness::Cache] {
        let tagged = [("team".to_owned(), "fahrgäste".to_owned())];
        for tags in [[].into(), tagged.into()] {
            let query = Query::everywhere(kind).freshness(freshness).tags(tags);
            let listing = registry.list(&query).await?;
            let names: Vec<&str> = listing
                .records
                .iter()
                .map(|row| &*row.key.name)
                .filter(|name| *name != "fahrten")
                .collect();
            ensure_eq!(names, ["a", "c"], "listed from {freshness:?}");
            ensure_eq!(listing.skipped.len(), 1, "skipped from {freshness:?}");
            ensure_eq!(listing.skipped[0].key, bad.key, "what was skipped");
            let reason = &listing.skipped[0].reason;
            ensure!(reason.contains("`b`"), "the name is missing: {reason}");
        }
    }
    Ok(())
}

async fn an_unreadable_one_does_not_keep_others_from_changing(cx: Context, kind: Kind) -> Checked {
    let (registry, _) = damaged(&cx, kind).await?;
    for name in ["a", "c", "d"] {
        registry
            .apply(Sample::new(kind, "fahrten", name).tagged("x", "y").apply())
            .await?;
    }
    registry
        .delete(Sample::new(kind, "fahrten", "a").delete())
        .await?;
    Ok(())
}

async fn an_unreadable_one_is_not_replaced_silently(cx: Context, kind: Kind) -> Checked {
    let (registry, bad) = damaged(&cx, kind).await?;
    let before = rows::all(&registry).await?;
    let error = refused(registry.apply(bad.apply()).await, ErrorKind::Corrupt)?;
    ensure!(
        error.message().contains("`b`"),
        "the name is missing: {error:?}"
    );
    ensure!(error.hint().is_some(), "no hint: {error:?}");
    ensure_eq!(rows::all(&registry).await?, before, "all rows");
    Ok(())
}

async fn an_unreadable_one_can_be_deleted(cx: Context, kind: Kind) -> Checked {
    let (registry, bad) = damaged(&cx, kind).await?;
    registry.delete(bad.delete()).await?;
    registry.apply(bad.apply()).await?;
    ensure!(
        registry
            .list(&Query::everywhere(kind))
            .await?
            .skipped
            .is_empty(),
        "still skipped"
    );
    Ok(())
}

async fn it_is_named_when_it_is_read(cx: Context) -> Checked {
    let (registry, bad) = damaged(&cx, Kind::Entity).await?;
    let row = registry.get(&bad.key, Freshness::Store).await?;
    ensure_eq!(&row.body[..], UNREADABLE, "the bytes");
    for error in [
        refused(decode::<Entity>(&row), ErrorKind::Corrupt)?,
        refused(
            registry
                .get_object::<Entity>("fahrten", "b", Freshness::Cache)
                .await,
            ErrorKind::Corrupt,
        )?,
    ] {
        let named = error.message().contains("`b`") && error.message().contains("`fahrten`");
        ensure!(named, "not named: {error:?}");
    }
    let readable: Vec<Entity> = registry.list_objects("fahrten", Freshness::Store).await?;
    ensure_eq!(readable.len(), 2, "readable entities");
    Ok(())
}

async fn it_is_in_the_snapshot_and_the_cache(cx: Context) -> Checked {
    let (registry, bad) = damaged(&cx, Kind::FeatureView).await?;
    let rows = rows::all(&registry).await?;
    let planted = rows
        .iter()
        .find(|row| row.key == bad.key)
        .map(|row| &row.body[..]);
    ensure_eq!(planted, Some(UNREADABLE), "the row in a snapshot");
    let cached = registry.get(&bad.key, Freshness::Cache).await?;
    ensure_eq!(&cached.body[..], UNREADABLE, "the row in the cache");
    let readable: Vec<FeatureView> = registry.list_objects("fahrten", Freshness::Cache).await?;
    ensure_eq!(readable.len(), 2, "readable views");
    Ok(())
}

async fn it_cannot_be_materialised(cx: Context) -> Checked {
    let (registry, _) = damaged(&cx, Kind::FeatureView).await?;
    let before = rows::all(&registry).await?;
    let (start, end) = samples::interval(0, 0);
    let result = registry
        .apply_materialization("fahrten", "b", start, end)
        .await;
    refused(result, ErrorKind::Corrupt)?;
    ensure_eq!(rows::all(&registry).await?, before, "all rows");
    registry
        .apply_materialization("fahrten", "a", start, end)
        .await?;
    Ok(())
}

async fn it_goes_with_its_project(cx: Context) -> Checked {
    let registry = cx.registry().await?;
    for kind in Kind::OBJECTS
        .into_iter()
        .filter(|kind| *kind != Kind::Project)
    {
        registry
            .apply(Sample::new(kind, "fahrten", &kind.to_string()).apply())
            .await?;
        plant(&registry, &Key::new(kind, "fahrten", format!("bad {kind}"))).await?;
    }
    registry.delete_project("fahrten", None).await?;
    ensure_eq!(rows::all(&registry).await?, vec![], "all rows");
    Ok(())
}

async fn it_goes_with_a_teardown(cx: Context) -> Checked {
    let (registry, _) = damaged(&cx, Kind::Permission).await?;
    registry.teardown_all(Teardown::Rows).await?;
    ensure_eq!(rows::all(&registry).await?, vec![], "all rows");
    Ok(())
}

async fn a_version_of_an_unknown_type_is_named(cx: Context) -> Checked {
    let registry = cx.registry().await?;
    let mut row = rows::row(Kind::Version, "fahrten", "trips");
    if let feast_registry_core::Extra::Version(extra) = &mut row.extra {
        extra.view_type = "hologram_view".into();
    }
    rows::insert(&**registry.store(), &[row]).await?;
    let result = registry.get_version("fahrten", "trips", 0).await;
    let error = refused(result, ErrorKind::Corrupt)?;
    ensure!(
        error.message().contains("hologram_view"),
        "not named: {error:?}"
    );
    ensure_eq!(
        registry.list_versions("fahrten", "trips").await?.len(),
        1,
        "versions listed"
    );
    Ok(())
}

/// A column for text may refuse other bytes or mend them; nothing else may suffer.
async fn metadata_that_is_no_text_harms_nothing_else(cx: Context) -> Checked {
    let registry = cx.registry().await?;
    registry
        .set_project_metadata("fahrten", "good", "ja")
        .await?;
    let row = Record::new(Key::metadata("fahrten", "bad"), &b"\xff\xfe"[..], STAMP);
    if rows::insert(&**registry.store(), &[row]).await.is_err() {
        return Ok(());
    }
    let bad = registry.project_metadata("fahrten", "bad").await;
    if bad.is_err() {
        refused(bad, ErrorKind::Corrupt)?;
    }
    let listed = registry.list_project_metadata("fahrten").await?;
    let good = ("good".to_owned(), "ja".to_owned());
    ensure!(listed.contains(&good), "listed: {listed:?}");
    registry.delete_project("fahrten", None).await?;
    ensure_eq!(rows::all(&registry).await?, vec![], "all rows");
    Ok(())
}
