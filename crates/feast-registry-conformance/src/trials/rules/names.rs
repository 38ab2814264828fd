//! Views of four kinds share one name space.

use feast_registry_core::{Delete, Effect, ErrorKind, Freshness, Kind, Record};

use crate::check::{Checked, refused};
use crate::context::Context;
use crate::rows;
use crate::samples::Sample;
use crate::trial::{Trial, slug};

pub(super) fn trials() -> Vec<Trial> {
    let mut trials = Vec::new();
    for first in Kind::VIEWS {
        for second in Kind::VIEWS.into_iter().filter(|second| *second != first) {
            let name = format!(
                "rules::{}::its_name_is_refused_to_a_{}",
                slug(first),
                slug(second)
            );
            trials.push(Trial::new(name, move |cx| conflicts(cx, first, second)));
        }
    }
    trials.extend(trials!["rules::view_names":
        a_name_may_be_used_in_another_project,
        a_name_is_free_once_its_view_is_gone,
        a_view_is_deleted_by_name_whatever_its_kind,
        views_that_share_a_name_are_deleted_together,
        other_kinds_may_have_the_name_of_a_view,
    ]);
    trials
}

async fn conflicts(cx: Context, first: Kind, second: Kind) -> Checked {
    let registry = cx.registry().await?;
    registry
        .apply(Sample::new(first, "fahrten", "trips").apply())
        .await?;
    let before = rows::all(&registry).await?;
    let other = Sample::new(second, "fahrten", "trips");
    let error = refused(registry.apply(other.apply()).await, ErrorKind::NameConflict)?;
    ensure!(
        error.message().contains("trips"),
        "the name is missing: {error:?}"
    );
    ensure_eq!(rows::all(&registry).await?, before, "all rows");
    refused(
        registry.delete(other.delete()).await,
        ErrorKind::NotFound(second),
    )?;
    Ok(())
}

async fn a_name_may_be_used_in_another_project(cx: Context) -> Checked {
    let registry = cx.registry().await?;
    for (kind, project) in Kind::VIEWS.into_iter().zip(["a", "b", "c", "d"]) {
        let outcome = registry
            .apply(Sample::new(kind, project, "trips").apply())
            .await?;
        ensure_eq!(outcome.effect, Effect::Created, "the effect of the {kind}");
    }
    Ok(())
}

async fn a_name_is_free_once_its_view_is_gone(cx: Context) -> Checked {
    let registry = cx.registry().await?;
    for kind in Kind::VIEWS {
        let sample = Sample::new(kind, "fahrten", "trips");
        let outcome = registry.apply(sample.apply()).await?;
        ensure_eq!(outcome.version, Some(0), "the version of the {kind}");
        registry.delete(sample.delete()).await?;
    }
    Ok(())
}

async fn a_view_is_deleted_by_name_whatever_its_kind(cx: Context) -> Checked {
    let registry = cx.registry().await?;
    for kind in Kind::VIEWS {
        let sample = Sample::new(kind, "fahrten", "trips");
        registry.apply(sample.apply()).await?;
        let outcome = registry
            .delete(Delete::any_view("fahrten", "trips"))
            .await?;
        ensure_eq!(outcome.key, sample.key, "what was deleted");
        ensure_eq!(
            registry.find(&sample.key, Freshness::Store).await?,
            None,
            "the {kind}"
        );
    }
    let gone = registry.delete(Delete::any_view("fahrten", "trips")).await;
    refused(gone, ErrorKind::NotFound(Kind::FeatureView))?;
    Ok(())
}

/// A race between Python writers can leave them.
async fn views_that_share_a_name_are_deleted_together(cx: Context) -> Checked {
    let registry = cx.registry().await?;
    registry
        .apply(Sample::new(Kind::LabelView, "fahrten", "trips").apply())
        .await?;
    let twin = Sample::new(Kind::FeatureView, "fahrten", "trips");
    let twin = Record::new(twin.key, twin.body, rows::STAMP);
    rows::insert(&**registry.store(), &[twin]).await?;
    registry
        .delete(Delete::any_view("fahrten", "trips"))
        .await?;
    let gone = registry
        .get_any_view("fahrten", "trips", Freshness::Store)
        .await;
    refused(gone, ErrorKind::NotFound(Kind::FeatureView))?;
    Ok(())
}

async fn other_kinds_may_have_the_name_of_a_view(cx: Context) -> Checked {
    let registry = cx.registry().await?;
    registry
        .apply(Sample::new(Kind::FeatureView, "fahrten", "it").apply())
        .await?;
    for kind in Kind::OBJECTS
        .into_iter()
        .filter(|kind| !kind.is_view() && *kind != Kind::Project)
    {
        registry
            .apply(Sample::new(kind, "fahrten", "it").apply())
            .await?;
    }
    Ok(())
}
