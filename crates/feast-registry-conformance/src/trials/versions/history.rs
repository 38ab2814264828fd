//! Versions are numbered, kept and found again.

use std::collections::BTreeSet;

use feast_registry_core::{ErrorKind, Freshness, Kind};

use super::{numbers, view};
use crate::check::{Checked, present, refused};
use crate::context::Context;
use crate::samples::{self, Sample};
use crate::trial::Trial;

pub(super) fn trials() -> Vec<Trial> {
    let mut trials = trials_for!["versions", Kind::VIEWS;
        the_first_apply_is_version_0,
        a_new_definition_is_the_next_version,
        a_version_holds_what_was_active,
        a_version_is_found_by_its_number,
    ];
    trials.extend(trials!["versions::history":
        an_unknown_version_is_not_found,
        names_that_begin_alike_are_kept_apart,
        projects_are_kept_apart,
        every_version_has_an_identity,
        more_than_ten_stand_in_order,
    ]);
    trials
}

async fn the_first_apply_is_version_0(cx: Context, kind: Kind) -> Checked {
    let registry = cx.registry().await?;
    let outcome = registry.apply(view(kind).apply()).await?;
    ensure_eq!(outcome.version, Some(0), "the version of the outcome");
    let versions = registry.list_versions("fahrten", "trips").await?;
    ensure_eq!(versions.len(), 1, "versions");
    let extra = present(versions[0].version(), "what is beside the message")?;
    let wanted = kind.view().map(|view| view.history_type);
    ensure_eq!(Some(&*extra.view_type), wanted, "the type");
    ensure_eq!(extra.description, "", "the description");
    let active = registry.get(&view(kind).key, Freshness::Store).await?;
    ensure_eq!(versions[0].body, active.body, "the bytes");
    ensure_eq!(samples::active_version(&active), 0, "the active version");
    Ok(())
}

async fn a_new_definition_is_the_next_version(cx: Context, kind: Kind) -> Checked {
    let registry = cx.registry().await?;
    registry.apply(view(kind).apply()).await?;
    for (number, feature) in (1..).zip(["one", "two", "three"]) {
        let outcome = registry
            .apply(view(kind).redefined(feature).apply())
            .await?;
        ensure_eq!(outcome.version, Some(number), "the version of the outcome");
        let active = registry.get(&view(kind).key, Freshness::Store).await?;
        if kind
            .view()
            .is_some_and(|view| view.version_number_path.is_some())
        {
            ensure_eq!(
                i32::try_from(samples::active_version(&active))?,
                number,
                "the active version"
            );
        }
    }
    ensure_eq!(numbers(&registry).await?, [0, 1, 2, 3], "versions");
    Ok(())
}

async fn a_version_holds_what_was_active(cx: Context, kind: Kind) -> Checked {
    let registry = cx.registry().await?;
    let mut active = Vec::new();
    for sample in [
        view(kind),
        view(kind).redefined("one"),
        view(kind).redefined("two"),
    ] {
        registry.apply(sample.apply()).await?;
        active.push(registry.get(&sample.key, Freshness::Store).await?.body);
    }
    let versions = registry.list_versions("fahrten", "trips").await?;
    let kept: Vec<_> = versions.into_iter().map(|row| row.body).collect();
    ensure_eq!(kept, active, "the bytes of the versions");
    Ok(())
}

async fn a_version_is_found_by_its_number(cx: Context, kind: Kind) -> Checked {
    let registry = cx.registry().await?;
    registry.apply(view(kind).apply()).await?;
    registry.apply(view(kind).redefined("one").apply()).await?;
    for (number, count) in [(0, 3), (1, 4)] {
        let row = registry.get_version("fahrten", "trips", number).await?;
        ensure_eq!(row.key, view(kind).key, "the key of v{number}");
        ensure_eq!(
            samples::features(&row).len(),
            count,
            "features of v{number}"
        );
    }
    Ok(())
}

async fn an_unknown_version_is_not_found(cx: Context) -> Checked {
    let registry = cx.registry().await?;
    registry.apply(view(Kind::FeatureView).apply()).await?;
    for (project, name, number) in [
        ("fahrten", "trips", 1),
        ("fahrten", "trips", -1),
        ("fahrten", "trip", 0),
        ("other", "trips", 0),
    ] {
        let result = registry.get_version(project, name, number).await;
        refused(result, ErrorKind::NotFound(Kind::Version))?;
    }
    ensure_eq!(
        registry.list_versions("other", "trips").await?,
        vec![],
        "versions elsewhere"
    );
    Ok(())
}

async fn names_that_begin_alike_are_kept_apart(cx: Context) -> Checked {
    let registry = cx.registry().await?;
    let names = ["trips", "trips_", "trips_2", "trip", "trips%"];
    for name in names {
        registry
            .apply(Sample::new(Kind::FeatureView, "fahrten", name).apply())
            .await?;
    }
    for name in names {
        let versions = registry.list_versions("fahrten", name).await?;
        ensure_eq!(versions.len(), 1, "versions of `{name}`");
    }
    Ok(())
}

async fn projects_are_kept_apart(cx: Context) -> Checked {
    let registry = cx.registry().await?;
    for project in ["a", "b", "a", "b"] {
        let sample = Sample::new(Kind::FeatureView, project, "trips");
        let count = registry.list_versions(project, "trips").await?.len();
        let outcome = registry
            .apply(sample.redefined(&format!("f{count}")).apply())
            .await?;
        ensure_eq!(
            outcome.version,
            i32::try_from(count).ok(),
            "the version in {project}"
        );
    }
    Ok(())
}

async fn every_version_has_an_identity(cx: Context) -> Checked {
    let registry = cx.registry().await?;
    for kind in Kind::VIEWS {
        let sample = Sample::new(kind, "fahrten", &kind.to_string());
        registry
            .commit(vec![sample.change(), sample.redefined("one").change()])
            .await?;
    }
    let mut ids = BTreeSet::new();
    for kind in Kind::VIEWS {
        for row in registry.list_versions("fahrten", &kind.to_string()).await? {
            let extra = present(row.version(), "what is beside the message")?;
            let id: uuid::Uuid = extra.version_id.parse()?;
            ensure_eq!(id.get_version_num(), 4, "the version of the UUID");
            ids.insert(id);
        }
    }
    ensure_eq!(ids.len(), 8, "different identities");
    Ok(())
}

async fn more_than_ten_stand_in_order(cx: Context) -> Checked {
    let registry = cx.registry().await?;
    let sample = view(Kind::FeatureView);
    let changes = (0..12).map(|n| sample.redefined(&format!("feature {n}")).change());
    registry.commit(changes.collect()).await?;
    let outcome = registry.apply(sample.redefined("last").apply()).await?;
    ensure_eq!(outcome.version, Some(12), "the version after v11");
    ensure_eq!(
        numbers(&registry).await?,
        (0..=12).collect::<Vec<i32>>(),
        "versions"
    );
    Ok(())
}
