//! What users attach to views and projects.

use feast_registry_core::{Effect, ErrorKind, Freshness, Key, Kind, Query};

use crate::check::{Checked, refused};
use crate::context::Context;
use crate::rows;
use crate::samples::Sample;
use crate::trial::Trial;

pub(super) fn trials() -> Vec<Trial> {
    let mut trials = trials_for!["rules", Kind::VIEWS;
        user_metadata_is_kept_beside_it,
        user_metadata_survives_its_changes,
    ];
    trials.extend(trials!["rules::user_metadata":
        an_unknown_view_is_not_found,
        it_belongs_to_one_project,
    ]);
    trials.extend(trials!["rules::project_metadata":
        values_are_set_and_listed,
        a_key_has_at_most_fifty_characters,
        a_value_without_a_project_creates_it,
        values_do_not_touch_each_other,
    ]);
    trials
}

async fn user_metadata_is_kept_beside_it(cx: Context, kind: Kind) -> Checked {
    let registry = cx.registry().await?;
    let view = Sample::new(kind, "fahrten", "trips");
    registry.apply(view.apply()).await?;
    ensure_eq!(
        registry.user_metadata("fahrten", "trips").await?,
        None,
        "at first"
    );
    let before = registry.get(&view.key, Freshness::Store).await?;
    let bytes = &b"\x00\xff { not: text }"[..];
    for effect in [Effect::Updated, Effect::Unchanged] {
        let outcome = registry
            .set_user_metadata("fahrten", "trips", bytes)
            .await?;
        ensure_eq!(outcome.effect, effect, "the effect");
        let found = registry.user_metadata("fahrten", "trips").await?;
        ensure_eq!(found.as_deref(), Some(bytes), "user metadata");
    }
    for freshness in [Freshness::Store, Freshness::Cache] {
        let after = registry.get(&view.key, freshness).await?;
        ensure_eq!(after.body, before.body, "the message");
        ensure!(
            after.stamp >= before.stamp,
            "the stamp of the row went back"
        );
        ensure_eq!(
            after.user_metadata().map(|found| &found[..]),
            Some(bytes),
            "in the row"
        );
    }
    Ok(())
}

async fn user_metadata_survives_its_changes(cx: Context, kind: Kind) -> Checked {
    let registry = cx.registry().await?;
    let view = Sample::new(kind, "fahrten", "trips");
    registry.apply(view.apply()).await?;
    registry
        .set_user_metadata("fahrten", "trips", &b"mine"[..])
        .await?;
    for changed in [
        view.tagged("a", "b"),
        view.redefined("another"),
        view.clone(),
    ] {
        registry.apply(changed.apply()).await?;
        let found = registry.user_metadata("fahrten", "trips").await?;
        ensure_eq!(found.as_deref(), Some(&b"mine"[..]), "user metadata");
    }
    let listing = registry.list(&Query::new(kind, "fahrten")).await?;
    let listed = listing
        .records
        .first()
        .and_then(|row| row.user_metadata().cloned());
    ensure_eq!(listed.as_deref(), Some(&b"mine"[..]), "listed");
    // Gone with the view.
    registry.delete(view.delete()).await?;
    registry.apply(view.apply()).await?;
    ensure_eq!(
        registry.user_metadata("fahrten", "trips").await?,
        None,
        "of a new view"
    );
    Ok(())
}

async fn an_unknown_view_is_not_found(cx: Context) -> Checked {
    let registry = cx.registry().await?;
    registry
        .apply(Sample::new(Kind::Entity, "fahrten", "trips").apply())
        .await?;
    let result = registry
        .set_user_metadata("fahrten", "trips", &b"mine"[..])
        .await;
    refused(result, ErrorKind::NotFound(Kind::FeatureView))?;
    let result = registry.user_metadata("fahrten", "trips").await;
    refused(result, ErrorKind::NotFound(Kind::FeatureView))?;
    Ok(())
}

async fn it_belongs_to_one_project(cx: Context) -> Checked {
    let registry = cx.registry().await?;
    for project in ["a", "b"] {
        registry
            .apply(Sample::new(Kind::FeatureView, project, "trips").apply())
            .await?;
        registry
            .set_user_metadata(project, "trips", project.to_owned())
            .await?;
    }
    for project in ["a", "b"] {
        let found = registry.user_metadata(project, "trips").await?;
        ensure_eq!(
            found.as_deref(),
            Some(project.as_bytes()),
            "user metadata in {project}"
        );
    }
    Ok(())
}

async fn values_are_set_and_listed(cx: Context) -> Checked {
    let registry = cx.registry().await?;
    let value = "[\"größe\", 'it''s', \"\\n\"]\n🚕";
    let steps = [
        ("", Effect::Created),
        (value, Effect::Updated),
        (value, Effect::Unchanged),
        ("2", Effect::Updated),
    ];
    for (value, effect) in steps {
        let outcome = registry
            .set_project_metadata("fahrten", "zuletzt", value)
            .await?;
        ensure_eq!(outcome.effect, effect, "the effect of {value:?}");
        let found = registry.project_metadata("fahrten", "zuletzt").await?;
        ensure_eq!(found.as_deref(), Some(value), "the value");
    }
    registry
        .set_project_metadata("fahrten", "another", "ä")
        .await?;
    let mine: Vec<(String, String)> = registry
        .list_project_metadata("fahrten")
        .await?
        .into_iter()
        .filter(|(key, _)| ["another", "zuletzt"].contains(&key.as_str()))
        .collect();
    let wanted = [("another", "ä"), ("zuletzt", "2")];
    ensure_eq!(
        mine,
        wanted.map(|(key, value)| (key.to_owned(), value.to_owned())),
        "listed"
    );
    ensure_eq!(
        registry.project_metadata("other", "zuletzt").await?,
        None,
        "elsewhere"
    );
    Ok(())
}

async fn a_key_has_at_most_fifty_characters(cx: Context) -> Checked {
    let registry = cx.registry().await?;
    let longest = "ä".repeat(50);
    registry
        .set_project_metadata("fahrten", &longest, "it fits")
        .await?;
    let found = registry.project_metadata("fahrten", &longest).await?;
    ensure_eq!(found.as_deref(), Some("it fits"), "the value");
    let before = rows::all(&registry).await?;
    for (key, value) in [
        ("x".repeat(51).as_str(), "v"),
        ("", "v"),
        ("a\0b", "v"),
        ("k", "a\0b"),
    ] {
        let result = registry.set_project_metadata("fahrten", key, value).await;
        refused(result, ErrorKind::Invalid)?;
    }
    ensure_eq!(rows::all(&registry).await?, before, "all rows");
    Ok(())
}

async fn a_value_without_a_project_creates_it(cx: Context) -> Checked {
    let registry = cx.registry().await?;
    registry
        .set_project_metadata("fahrten", "mine", "ja")
        .await?;
    registry
        .get(&Key::project("fahrten"), Freshness::Store)
        .await?;
    Ok(())
}

async fn values_do_not_touch_each_other(cx: Context) -> Checked {
    let registry = cx.registry().await?;
    for n in 0..5 {
        registry
            .set_project_metadata("fahrten", &format!("key {n}"), n.to_string())
            .await?;
    }
    registry
        .set_project_metadata("fahrten", "key 2", "changed")
        .await?;
    for (n, wanted) in ["0", "1", "changed", "3", "4"].into_iter().enumerate() {
        let found = registry
            .project_metadata("fahrten", &format!("key {n}"))
            .await?;
        ensure_eq!(found.as_deref(), Some(wanted), "key {n}");
    }
    Ok(())
}
