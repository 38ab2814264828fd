//! Going back to a version, and ahead of the newest one.

use feast_registry_core::wire;
use feast_registry_core::{Effect, ErrorKind, Freshness, Kind};

use super::{PINNABLE, numbers, view};
use crate::check::{Checked, refused};
use crate::context::Context;
use crate::rows;
use crate::samples;
use crate::trial::Trial;

pub(super) fn trials() -> Vec<Trial> {
    trials_for!["versions", PINNABLE;
        pinning_brings_an_old_definition_back,
        pinning_again_changes_nothing,
        the_same_pin_again_changes_nothing,
        pinning_together_with_a_change_is_refused,
        unpinning_goes_on_with_what_is_active,
        a_number_ahead_is_declared_and_continued,
        a_new_view_may_begin_at_any_number,
        a_pin_is_not_only_recorded,
        what_is_not_a_version_is_refused,
        versions_may_be_written_in_several_ways,
    ]
}

async fn pinning_brings_an_old_definition_back(cx: Context, kind: Kind) -> Checked {
    let registry = cx.registry().await?;
    registry.apply(view(kind).apply()).await?;
    let newer = view(kind).redefined("one");
    registry.apply(newer.apply()).await?;
    let created = samples::stamps(&registry.get(&newer.key, Freshness::Store).await?).0;
    let outcome = registry.apply(newer.version("v0").apply()).await?;
    ensure_eq!(
        (outcome.effect, outcome.version),
        (Effect::Updated, Some(0)),
        "the outcome"
    );
    let row = registry.get(&newer.key, Freshness::Store).await?;
    ensure_eq!(samples::features(&row).len(), 3, "features");
    ensure_eq!(samples::active_version(&row), 0, "the active version");
    ensure_eq!(samples::stamps(&row).0, created, "the time of creation");
    let path = kind
        .view()
        .and_then(|view| view.version_path)
        .unwrap_or_default();
    ensure_eq!(
        wire::string(&row.body, path)?.as_deref(),
        Some("v0"),
        "what the user asked for"
    );
    ensure_eq!(numbers(&registry).await?, [0, 1], "versions");
    Ok(())
}

async fn pinning_again_changes_nothing(cx: Context, kind: Kind) -> Checked {
    let registry = cx.registry().await?;
    registry.apply(view(kind).apply()).await?;
    registry.apply(view(kind).redefined("one").apply()).await?;
    registry
        .apply(view(kind).redefined("one").version("v0").apply())
        .await?;
    let before = registry.get(&view(kind).key, Freshness::Store).await?;
    let outcome = registry.apply(view(kind).version("v0").apply()).await?;
    ensure_eq!(outcome.effect, Effect::Unchanged, "the effect");
    ensure_eq!(
        registry.get(&view(kind).key, Freshness::Store).await?,
        before,
        "the view"
    );
    Ok(())
}

/// The file that was pinned with holds a newer definition than the active one, and is applied again
/// and again.
async fn the_same_pin_again_changes_nothing(cx: Context, kind: Kind) -> Checked {
    let registry = cx.registry().await?;
    registry.apply(view(kind).apply()).await?;
    for feature in ["one", "two"] {
        let newer = view(kind).redefined(feature);
        registry.apply(newer.apply()).await?;
        registry.apply(newer.version("v0").apply()).await?;
        let before = rows::all(&registry).await?;
        for spelling in ["v0", "version0"] {
            let outcome = registry.apply(newer.version(spelling).apply()).await?;
            ensure_eq!(
                (outcome.effect, outcome.version),
                (Effect::Unchanged, Some(0)),
                "the outcome of {spelling}"
            );
            ensure_eq!(rows::all(&registry).await?, before, "all rows");
        }
        for changed in [newer.redefined("more"), newer.tagged("a", "b")] {
            let result = registry.apply(changed.version("v0").apply()).await;
            refused(result, ErrorKind::PinConflict)?;
        }
        registry.apply(newer.apply()).await?;
    }
    Ok(())
}

async fn pinning_together_with_a_change_is_refused(cx: Context, kind: Kind) -> Checked {
    let registry = cx.registry().await?;
    registry.apply(view(kind).apply()).await?;
    registry.apply(view(kind).redefined("one").apply()).await?;
    let before = rows::all(&registry).await?;
    for changed in [
        view(kind).redefined("two"),
        view(kind).redefined("one").tagged("a", "b"),
    ] {
        let result = registry.apply(changed.version("v0").apply()).await;
        refused(result, ErrorKind::PinConflict)?;
        ensure_eq!(rows::all(&registry).await?, before, "all rows");
    }
    Ok(())
}

async fn unpinning_goes_on_with_what_is_active(cx: Context, kind: Kind) -> Checked {
    let registry = cx.registry().await?;
    registry.apply(view(kind).apply()).await?;
    registry.apply(view(kind).redefined("one").apply()).await?;
    registry
        .apply(view(kind).redefined("one").version("v0").apply())
        .await?;
    let outcome = registry.apply(view(kind).version("latest").apply()).await?;
    ensure_eq!(
        (outcome.effect, outcome.version),
        (Effect::Updated, None),
        "the outcome"
    );
    ensure_eq!(numbers(&registry).await?, [0, 1], "versions");
    let outcome = registry.apply(view(kind).redefined("two").apply()).await?;
    ensure_eq!(outcome.version, Some(2), "the next version");
    Ok(())
}

async fn a_number_ahead_is_declared_and_continued(cx: Context, kind: Kind) -> Checked {
    let registry = cx.registry().await?;
    registry.apply(view(kind).apply()).await?;
    let ahead = view(kind).redefined("five").version("v5");
    let outcome = registry.apply(ahead.apply()).await?;
    ensure_eq!(
        (outcome.effect, outcome.version),
        (Effect::Updated, Some(5)),
        "the outcome"
    );
    let row = registry.get(&ahead.key, Freshness::Store).await?;
    ensure_eq!(samples::active_version(&row), 5, "the active version");
    ensure_eq!(samples::features(&row).len(), 4, "features");
    let outcome = registry.apply(view(kind).redefined("six").apply()).await?;
    ensure_eq!(outcome.version, Some(6), "the version after v5");
    ensure_eq!(numbers(&registry).await?, [0, 5, 6], "versions");
    Ok(())
}

async fn a_new_view_may_begin_at_any_number(cx: Context, kind: Kind) -> Checked {
    let registry = cx.registry().await?;
    let outcome = registry.apply(view(kind).version("v3").apply()).await?;
    ensure_eq!(
        (outcome.effect, outcome.version),
        (Effect::Created, Some(3)),
        "the outcome"
    );
    let outcome = registry.apply(view(kind).redefined("four").apply()).await?;
    ensure_eq!(outcome.version, Some(4), "the version after v3");
    ensure_eq!(numbers(&registry).await?, [3, 4], "versions");
    Ok(())
}

async fn a_pin_is_not_only_recorded(cx: Context, kind: Kind) -> Checked {
    let registry = cx.registry().await?;
    registry.apply(view(kind).apply()).await?;
    registry.apply(view(kind).redefined("one").apply()).await?;
    let mut pin = view(kind).redefined("one").version("v0").apply();
    pin.no_promote = true;
    refused(registry.apply(pin).await, ErrorKind::Invalid)?;
    Ok(())
}

async fn what_is_not_a_version_is_refused(cx: Context, kind: Kind) -> Checked {
    let registry = cx.registry().await?;
    registry.apply(view(kind).apply()).await?;
    let before = rows::all(&registry).await?;
    let nonsense = [
        "v",
        "1",
        "vx",
        "v-1",
        "v 1",
        "v1.0",
        "newest",
        "v99999999999",
        "version",
        "v٣",
        " v1",
    ];
    for text in nonsense {
        let result = registry.apply(view(kind).version(text).apply()).await;
        let error = refused(result, ErrorKind::Invalid)
            .map_err(|failure| failure.context(format_args!("`{text}`")))?;
        ensure!(
            error.message().contains(text),
            "the text is missing: {error:?}"
        );
    }
    ensure_eq!(rows::all(&registry).await?, before, "all rows");
    Ok(())
}

async fn versions_may_be_written_in_several_ways(cx: Context, kind: Kind) -> Checked {
    let registry = cx.registry().await?;
    registry.apply(view(kind).apply()).await?;
    for text in ["v0", "V0", "version0", "Version0", "v00"] {
        let outcome = registry.apply(view(kind).version(text).apply()).await?;
        ensure_eq!(outcome.version, Some(0), "the version of `{text}`");
    }
    for text in ["latest", "LATEST", ""] {
        let outcome = registry.apply(view(kind).version(text).apply()).await?;
        ensure_eq!(outcome.version, None, "the version of `{text}`");
    }
    ensure_eq!(numbers(&registry).await?, [0], "versions");
    Ok(())
}
