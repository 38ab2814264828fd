//! The whole registry out and in.

use bytes::Bytes;
use feast_registry_core::store::Scan;
use feast_registry_core::{
    ErrorKind, Extra, Freshness, Key, Kind, LAST_UPDATED, Record, Registry, message,
};

use crate::check::{Checked, refused};
use crate::context::Context;
use crate::rows;
use crate::samples::{self, Sample};
use crate::trial::Trial;

pub(super) fn trials() -> Vec<Trial> {
    trials!["export::rows":
        they_are_equal_in_a_fresh_store,
        importing_again_changes_nothing,
        they_are_the_sum_of_all_scans,
        one_project_may_be_exported_alone,
        stamps_and_history_are_imported_as_they_are,
        an_import_replaces_what_differs,
        an_import_keeps_user_metadata_that_it_does_not_have,
        an_import_of_a_taken_name_is_refused_whole,
        a_bad_row_is_refused_with_all_others,
    ]
    .into_iter()
    .chain(trials!["export::message":
        it_holds_all_objects_and_their_history,
        split_and_join_are_opposites,
        losses_are_named,
        what_is_no_message_is_refused,
        objects_without_a_project_need_a_default,
    ])
    .collect()
}

/// A registry with everything in two projects.
pub(super) async fn filled(cx: &Context) -> Checked<Registry> {
    let registry = cx.registry().await?;
    for project in ["fahrten", "züge"] {
        let changes = Kind::OBJECTS
            .into_iter()
            .filter(|kind| *kind != Kind::Project)
            .map(|kind| Sample::new(kind, project, &kind.to_string()).change());
        registry.commit(changes.collect()).await?;
        let views = Kind::VIEWS.map(|kind| Sample::new(kind, project, &kind.to_string()));
        for view in views {
            registry.apply(view.redefined("one").apply()).await?;
        }
        let (start, end) = samples::interval(0, 0);
        registry
            .apply_materialization(project, "FeatureView", start, end)
            .await?;
    }
    Ok(registry)
}

async fn they_are_equal_in_a_fresh_store(cx: Context) -> Checked {
    let registry = filled(&cx).await?;
    registry.update_infra("fahrten", samples::infra()).await?;
    registry
        .set_user_metadata("fahrten", "LabelView", &b"mine"[..])
        .await?;
    registry
        .set_project_metadata("fahrten", "mine", "ja")
        .await?;
    let rows = rows::all(&registry).await?;
    let other = cx.registry().await?;
    let summary = other.import_rows(rows.clone()).await?;
    ensure_eq!(summary.created, rows.len(), "rows created");
    ensure_eq!(rows::all(&other).await?, rows, "all rows");
    Ok(())
}

async fn importing_again_changes_nothing(cx: Context) -> Checked {
    let registry = filled(&cx).await?;
    let rows = rows::all(&registry).await?;
    let summary = registry.import_rows(rows.clone()).await?;
    ensure_eq!(summary.unchanged, rows.len(), "rows unchanged");
    ensure_eq!(rows::all(&registry).await?, rows, "all rows");
    Ok(())
}

async fn they_are_the_sum_of_all_scans(cx: Context) -> Checked {
    let registry = filled(&cx).await?;
    let mut scanned = Vec::new();
    for kind in Kind::ALL {
        scanned.extend(rows::scan(&**registry.store(), Scan::all(kind)).await?);
    }
    ensure_eq!(rows::all(&registry).await?, scanned, "all rows");
    Ok(())
}

async fn one_project_may_be_exported_alone(cx: Context) -> Checked {
    let registry = filled(&cx).await?;
    let rows = rows::of(&registry, "züge").await?;
    let mut wanted = rows::all(&registry).await?;
    wanted.retain(|row| *row.key.project == *"züge");
    ensure_eq!(rows, wanted, "rows");
    let other = cx.registry().await?;
    other.import_rows(rows.clone()).await?;
    ensure_eq!(rows::all(&other).await?, rows, "imported");
    Ok(())
}

async fn stamps_and_history_are_imported_as_they_are(cx: Context) -> Checked {
    let registry = filled(&cx).await?;
    let mut rows = rows::all(&registry).await?;
    for row in &mut rows {
        row.stamp -= 10_000;
    }
    let other = cx.registry().await?;
    other.import_rows(rows.clone()).await?;
    ensure_eq!(rows::all(&other).await?, rows, "all rows");
    // And the numbers go on from there.
    let view = Sample::new(Kind::FeatureView, "fahrten", "FeatureView");
    let outcome = other.apply(view.redefined("two").apply()).await?;
    ensure_eq!(outcome.version, Some(2), "the next version");
    Ok(())
}

async fn an_import_replaces_what_differs(cx: Context) -> Checked {
    let registry = filled(&cx).await?;
    let rows = rows::all(&registry).await?;
    let view = Sample::new(Kind::FeatureView, "fahrten", "FeatureView");
    registry
        .apply(view.redefined("three").tagged("a", "b").apply())
        .await?;
    registry
        .delete(Sample::new(Kind::Entity, "züge", "Entity").delete())
        .await?;
    let changed: Vec<Record> = rows
        .iter()
        .filter(|row| *row.key.name == *"FeatureView" || row.key.kind == Kind::Entity)
        .cloned()
        .collect();
    registry.import_rows(changed.clone()).await?;
    for row in changed {
        ensure_eq!(
            registry.find(&row.key, Freshness::Store).await?,
            Some(row),
            "the row"
        );
    }
    Ok(())
}

async fn an_import_keeps_user_metadata_that_it_does_not_have(cx: Context) -> Checked {
    let registry = filled(&cx).await?;
    let key = Key::new(Kind::FeatureView, "fahrten", "FeatureView");
    registry
        .set_user_metadata("fahrten", "FeatureView", &b"mine"[..])
        .await?;
    let mut row = registry.get(&key, Freshness::Store).await?;
    row.extra = Extra::None;
    row.stamp -= 5;
    registry.import_rows(vec![row]).await?;
    let found = registry.user_metadata("fahrten", "FeatureView").await?;
    ensure_eq!(found.as_deref(), Some(&b"mine"[..]), "user metadata");
    Ok(())
}

async fn an_import_of_a_taken_name_is_refused_whole(cx: Context) -> Checked {
    let registry = filled(&cx).await?;
    let other = cx.registry().await?;
    let taken = Sample::new(Kind::LabelView, "züge", "FeatureView");
    other.apply(taken.apply()).await?;
    let before = rows::all(&other).await?;
    let result = other.import_rows(rows::all(&registry).await?).await;
    refused(result, ErrorKind::NameConflict)?;
    ensure_eq!(rows::all(&other).await?, before, "all rows");
    Ok(())
}

async fn a_bad_row_is_refused_with_all_others(cx: Context) -> Checked {
    let registry = filled(&cx).await?;
    let mut rows = rows::all(&registry).await?;
    rows.push(Record::new(
        Key::new(Kind::Entity, "fahrten", "bad"),
        vec![0xff; 8],
        1,
    ));
    let other = cx.registry().await?;
    refused(other.import_rows(rows).await, ErrorKind::Invalid)?;
    ensure_eq!(rows::all(&other).await?, vec![], "all rows");
    Ok(())
}

async fn it_holds_all_objects_and_their_history(cx: Context) -> Checked {
    let registry = filled(&cx).await?;
    let joined = registry.export(None).await?;
    ensure!(joined.losses.is_empty(), "lost: {:?}", joined.losses);
    let other = cx.registry().await?;
    other.import(&Bytes::from(joined.message), None).await?;
    let comparable = |rows: Vec<Record>| -> Vec<(Key, Vec<u8>, Extra)> {
        rows.into_iter()
            .filter(|row| *row.key.name != *LAST_UPDATED)
            .map(|row| (row.key.clone(), samples::defined(&row), row.extra))
            .collect()
    };
    ensure_eq!(
        comparable(rows::all(&other).await?),
        comparable(rows::all(&registry).await?),
        "all rows"
    );
    let key = Key::new(Kind::FeatureView, "fahrten", "FeatureView");
    let [ours, theirs] = [
        registry.get(&key, Freshness::Store).await?,
        other.get(&key, Freshness::Store).await?,
    ];
    ensure_eq!(samples::stamps(&theirs), samples::stamps(&ours), "stamps");
    ensure_eq!(
        samples::intervals(&theirs),
        samples::intervals(&ours),
        "intervals"
    );
    Ok(())
}

async fn split_and_join_are_opposites(cx: Context) -> Checked {
    let registry = filled(&cx).await?;
    let message = Bytes::from(registry.export(None).await?.message);
    let rows = message::split(&message, None)?;
    let again = message::join(&rows, "version", &samples::second(1))?;
    let rows_again = message::split(&Bytes::from(again.message), None)?;
    ensure_eq!(rows_again, rows, "rows");
    Ok(())
}

async fn losses_are_named(cx: Context) -> Checked {
    let registry = filled(&cx).await?;
    registry
        .set_user_metadata("fahrten", "LabelView", &b"mine"[..])
        .await?;
    registry.set_project_metadata("züge", "mine", "ja").await?;
    registry.update_infra("fahrten", samples::infra()).await?;
    registry.update_infra("züge", samples::infra()).await?;
    let losses: Vec<String> = registry.export(None).await?.losses.into_iter().collect();
    ensure_eq!(losses.len(), 3, "losses: {losses:?}");
    for part in ["LabelView", "`mine`", "infrastructure"] {
        ensure!(
            losses.iter().any(|loss| loss.contains(part)),
            "`{part}` is missing: {losses:?}"
        );
    }
    Ok(())
}

async fn what_is_no_message_is_refused(cx: Context) -> Checked {
    let registry = filled(&cx).await?;
    let before = rows::all(&registry).await?;
    let whole = Bytes::from(registry.export(None).await?.message);
    let hostile = [
        Bytes::from_static(b"\xff\xff\xff\xff"),
        Bytes::from_static(b"SQLite format 3\0"),
        Bytes::from_static(b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\x7f"),
        whole.slice(..whole.len() - 1),
        whole.slice(..whole.len() / 2),
    ];
    for bytes in hostile {
        let result = registry.import(&bytes, Some("fahrten")).await;
        ensure!(
            result.is_err(),
            "imported {:?}",
            &bytes[..bytes.len().min(20)]
        );
        ensure!(
            rows::all(&registry).await? == before,
            "something was written"
        );
    }
    Ok(())
}

async fn objects_without_a_project_need_a_default(cx: Context) -> Checked {
    let registry = cx.registry().await?;
    let sample = Sample::new(Kind::Entity, "fahrten", "driver");
    let mut bytes = Vec::new();
    let field = Kind::Entity.spec().registry_field;
    feast_registry_core::wire::put_len(field, &sample.body, &mut bytes);
    let message = Bytes::from(bytes);
    refused(registry.import(&message, None).await, ErrorKind::Invalid)?;
    registry.import(&message, Some("fahrten")).await?;
    registry.get(&sample.key, Freshness::Store).await?;
    Ok(())
}
