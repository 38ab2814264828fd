//! What is wrong is found, and mended where that is safe.

use feast_registry_core::doctor::{self, Finding, Mended};
use feast_registry_core::wire::Patch;
use feast_registry_core::{ErrorKind, Key, Kind, Record, Registry};

use crate::check::{Checked, refused};
use crate::context::Context;
use crate::rows::{self, STAMP};
use crate::samples::{self, Sample};
use crate::trial::Trial;

pub(super) fn trials() -> Vec<Trial> {
    trials!["doctor":
        a_sound_registry_has_nothing_to_mend,
        bytes_that_cannot_be_read_are_found,
        views_of_two_kinds_with_one_name_are_found,
        names_that_differ_in_case_and_accents_are_found,
        references_to_nothing_are_found,
        intervals_that_cover_nothing_or_the_same_are_found,
        stamps_of_the_future_are_found,
        the_project_of_an_object_is_created,
        the_history_of_a_view_that_is_gone_is_removed,
        the_metadata_of_a_project_that_is_gone_is_removed,
        an_active_version_is_recorded,
        what_changed_meanwhile_is_left_alone,
        the_clock_of_the_store_is_this_one,
        findings_of_thousands_of_rows_are_all_told,
    ]
}

const PROJECT: &str = "fahrten";

fn sample(kind: Kind, name: &str) -> Sample {
    Sample::new(kind, PROJECT, name)
}

/// A registry in which all is well.
async fn sound(cx: &Context) -> Checked<Registry> {
    let registry = cx.registry().await?;
    registry
        .apply(sample(Kind::Entity, "driver").apply())
        .await?;
    Ok(registry)
}

async fn examine(registry: &Registry) -> Checked<Vec<Finding>> {
    Ok(doctor::examine(&**registry.store()).await?)
}

/// The only finding, of this code and about this row.
async fn only(registry: &Registry, code: &str, key: &Key) -> Checked<Finding> {
    let findings = examine(registry).await?;
    let told: Vec<_> = findings
        .iter()
        .map(|one| (one.defect.code, one.key.clone()))
        .collect();
    ensure_eq!(told, vec![(code, Some(key.clone()))], "what was found");
    findings
        .into_iter()
        .next()
        .ok_or_else(|| crate::check::Failure::new("nothing was found"))
}

/// Found, and left to people: nothing is written.
async fn is_told(registry: &Registry, code: &str, key: &Key) -> Checked {
    let finding = only(registry, code, key).await?;
    let before = rows::all(registry).await?;
    ensure!(!finding.is_fixable(), "{code} would be mended");
    let result = doctor::mend(&**registry.store(), &finding).await;
    refused(result, ErrorKind::Unsupported)?;
    ensure_eq!(rows::all(registry).await?, before, "all rows");
    Ok(())
}

/// Found and mended; mending again does nothing.
async fn is_mended(registry: &Registry, code: &str, key: &Key) -> Checked {
    let finding = only(registry, code, key).await?;
    let store = &**registry.store();
    ensure_eq!(
        doctor::mend(store, &finding).await?,
        Mended::Done,
        "mending"
    );
    let left = examine(registry).await?;
    ensure!(left.is_empty(), "still found: {left:?}");
    let after = rows::all(registry).await?;
    ensure_eq!(
        doctor::mend(store, &finding).await?,
        Mended::Changed,
        "mending again"
    );
    ensure_eq!(rows::all(registry).await?, after, "all rows");
    Ok(())
}

/// Puts rows past the rules, as another program or a fault may.
async fn plant(registry: &Registry, planted: &[Record]) -> Checked {
    Ok(rows::insert(&**registry.store(), planted).await?)
}

async fn a_sound_registry_has_nothing_to_mend(cx: Context) -> Checked {
    let registry = sound(&cx).await?;
    registry
        .set_project_metadata(PROJECT, "team", "fahrgäste")
        .await?;
    let found = examine(&registry).await?;
    ensure!(found.is_empty(), "found: {found:?}");
    Ok(())
}

async fn bytes_that_cannot_be_read_are_found(cx: Context) -> Checked {
    let registry = sound(&cx).await?;
    let bad = Record::new(
        sample(Kind::FeatureService, "bad").key,
        &[0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x80][..],
        STAMP,
    );
    plant(&registry, std::slice::from_ref(&bad)).await?;
    is_told(&registry, "undecodable", &bad.key).await
}

async fn views_of_two_kinds_with_one_name_are_found(cx: Context) -> Checked {
    let registry = sound(&cx).await?;
    let [first, second] =
        [Kind::FeatureView, Kind::LabelView].map(|kind| rows::row(kind, PROJECT, "twin"));
    plant(&registry, &[first, second.clone()]).await?;
    is_told(&registry, "two-views", &second.key).await
}

async fn names_that_differ_in_case_and_accents_are_found(cx: Context) -> Checked {
    if !cx.facts().capabilities.case_sensitive_names {
        return Ok(());
    }
    let registry = sound(&cx).await?;
    let lookalike = sample(Kind::Entity, "DRIVÉR");
    registry.apply(lookalike.apply()).await?;
    // Both are of one kind: the row that comes later in the store is told.
    let findings = examine(&registry).await?;
    let codes: Vec<_> = findings.iter().map(|one| one.defect.code).collect();
    ensure_eq!(codes, ["lookalike-names"], "what was found");
    Ok(())
}

async fn references_to_nothing_are_found(cx: Context) -> Checked {
    let registry = sound(&cx).await?;
    let mut reference = rows::row(Kind::ValidationReference, PROJECT, "reference");
    reference.body = Patch::default()
        .set_string(&[2], "no dataset")
        .apply(&reference.body)?
        .into();
    plant(&registry, std::slice::from_ref(&reference)).await?;
    is_told(&registry, "dangling-reference", &reference.key).await
}

async fn intervals_that_cover_nothing_or_the_same_are_found(cx: Context) -> Checked {
    for (intervals, code) in [
        ([(5, 4), (1, 2)], "inverted-interval"),
        ([(1, 4), (2, 3)], "overlapping-intervals"),
    ] {
        let registry = sound(&cx).await?;
        let mut view = rows::row(Kind::FeatureView, PROJECT, "trips");
        let mut patch = Patch::default();
        for (start, end) in intervals {
            let interval = Patch::default()
                .set_timestamp(&[1], &samples::second(start))
                .set_timestamp(&[2], &samples::second(end))
                .apply(&[])?;
            patch = patch.append_message(&[2, 3], interval);
        }
        view.body = patch.apply(&view.body)?.into();
        plant(&registry, std::slice::from_ref(&view)).await?;
        is_told(&registry, code, &view.key).await?;
    }
    Ok(())
}

async fn stamps_of_the_future_are_found(cx: Context) -> Checked {
    let registry = sound(&cx).await?;
    let key = sample(Kind::Entity, "tomorrow").key;
    // The year 9999 is far enough for every clock.
    let late = rows::at(key.clone(), "late", 253_402_300_000);
    plant(&registry, &[late]).await?;
    is_told(&registry, "future-stamp", &key).await
}

async fn the_project_of_an_object_is_created(cx: Context) -> Checked {
    let registry = sound(&cx).await?;
    plant(&registry, &[rows::entity("lost", "child")]).await?;
    is_mended(&registry, "missing-project", &Key::project("lost")).await?;
    let row = registry
        .get(&Key::project("lost"), Default::default())
        .await?;
    let (created, updated) = samples::stamps(&row);
    ensure!(
        created.is_some() && created == updated,
        "the stamps: {created:?}, {updated:?}"
    );
    Ok(())
}

async fn the_history_of_a_view_that_is_gone_is_removed(cx: Context) -> Checked {
    for project in [PROJECT, "gone"] {
        let registry = sound(&cx).await?;
        let version = |number| rows::at(Key::version(project, "view", number), "v", STAMP);
        plant(&registry, &[version(0), version(3)]).await?;
        is_mended(
            &registry,
            "orphan-history",
            &Key::version(project, "view", 0),
        )
        .await?;
    }
    Ok(())
}

async fn the_metadata_of_a_project_that_is_gone_is_removed(cx: Context) -> Checked {
    let registry = sound(&cx).await?;
    let row = rows::at(Key::metadata("gone", "team"), "nobody", STAMP);
    plant(&registry, std::slice::from_ref(&row)).await?;
    is_mended(&registry, "orphan-metadata", &row.key).await
}

async fn an_active_version_is_recorded(cx: Context) -> Checked {
    let registry = sound(&cx).await?;
    let mut view = rows::row(Kind::FeatureView, PROJECT, "trips");
    view.body = Patch::default()
        .set_varint(&[2, 4], 7)
        .apply(&view.body)?
        .into();
    plant(&registry, std::slice::from_ref(&view)).await?;
    is_mended(&registry, "missing-version", &view.key).await?;
    let version = registry.get_version(PROJECT, "trips", 7).await?;
    ensure_eq!(
        samples::active_version(&Record {
            key: view.key,
            ..version
        }),
        7,
        "the version"
    );
    Ok(())
}

async fn what_changed_meanwhile_is_left_alone(cx: Context) -> Checked {
    let registry = sound(&cx).await?;
    let version = rows::at(Key::version(PROJECT, "back", 0), "v", STAMP);
    let metadata = rows::at(Key::metadata("later", "team"), "somebody", STAMP);
    plant(&registry, &[version, metadata]).await?;
    let findings = examine(&registry).await?;
    ensure_eq!(findings.len(), 2, "findings");
    let view = rows::row(Kind::FeatureView, PROJECT, "back");
    plant(
        &registry,
        &[view, rows::row(Kind::Project, "later", "later")],
    )
    .await?;
    let before = rows::all(&registry).await?;
    for finding in &findings {
        let mended = doctor::mend(&**registry.store(), finding).await?;
        ensure_eq!(mended, Mended::Changed, "mending {finding}");
    }
    ensure_eq!(rows::all(&registry).await?, before, "all rows");
    Ok(())
}

/// Servers under test have the clock of this machine, or one that is not far off.
async fn the_clock_of_the_store_is_this_one(cx: Context) -> Checked {
    let store = cx.store().await?;
    let ours = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?;
    if let Some(theirs) = store.clock().await? {
        let ours = i64::try_from(ours.as_secs()).unwrap_or(i64::MAX);
        ensure!(
            ours.abs_diff(theirs) < 600,
            "ours is {ours}, theirs {theirs}"
        );
    }
    Ok(())
}

async fn findings_of_thousands_of_rows_are_all_told(cx: Context) -> Checked {
    let registry = sound(&cx).await?;
    let count = cx.rounds(1_200);
    let planted: Vec<Record> = (0..count)
        .map(|number| {
            rows::at(
                Key::version(PROJECT, format!("gone_{number}"), 0),
                "v",
                STAMP,
            )
        })
        .collect();
    plant(&registry, &planted).await?;
    let findings = examine(&registry).await?;
    ensure_eq!(findings.len(), count, "findings");
    ensure!(
        findings.iter().all(Finding::is_fixable),
        "not all would be mended"
    );
    Ok(())
}
