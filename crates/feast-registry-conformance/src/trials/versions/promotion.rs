//! Recording a version without making it the active one, and pinning around facts.

use feast_registry_core::{Apply, Effect, Freshness, Kind};

use super::{numbers, view};
use crate::check::Checked;
use crate::context::Context;
use crate::rows;
use crate::samples::{self, Sample};
use crate::trial::Trial;

/// Views that can be materialised and pinned.
const MATERIALISED: [Kind; 2] = [Kind::FeatureView, Kind::StreamFeatureView];

pub(super) fn trials() -> Vec<Trial> {
    let mut trials = trials_for!["versions", Kind::VIEWS;
        a_version_may_be_recorded_only,
        what_makes_no_version_is_stored_even_so,
        recording_the_same_again_changes_nothing,
    ];
    trials.extend(trials_for!["versions", MATERIALISED; a_pin_keeps_intervals_and_state]);
    trials
}

fn recording(sample: &Sample) -> Apply {
    Apply {
        no_promote: true,
        ..sample.apply()
    }
}

async fn a_version_may_be_recorded_only(cx: Context, kind: Kind) -> Checked {
    let registry = cx.registry().await?;
    registry.apply(view(kind).apply()).await?;
    let before = registry.get(&view(kind).key, Freshness::Store).await?;
    let newer = view(kind).redefined("one");
    let outcome = registry.apply(recording(&newer)).await?;
    ensure_eq!(
        (outcome.effect, outcome.version),
        (Effect::Recorded, Some(1)),
        "the outcome"
    );
    ensure_eq!(
        outcome.revision(),
        Some(before.revision()),
        "the revision of what is active"
    );
    for freshness in [Freshness::Store, Freshness::Cache] {
        ensure_eq!(
            registry.get(&newer.key, freshness).await?,
            before,
            "what is active"
        );
    }
    let recorded = registry.get_version("fahrten", "trips", 1).await?;
    ensure_eq!(
        samples::features(&recorded).len(),
        4,
        "features of the recorded version"
    );
    ensure_eq!(numbers(&registry).await?, [0, 1], "versions");
    Ok(())
}

async fn recording_the_same_again_changes_nothing(cx: Context, kind: Kind) -> Checked {
    let registry = cx.registry().await?;
    registry.apply(view(kind).apply()).await?;
    let newer = view(kind).redefined("one");
    registry.apply(recording(&newer)).await?;
    let before = rows::all(&registry).await?;
    let outcome = registry.apply(recording(&newer)).await?;
    ensure_eq!(
        (outcome.effect, outcome.version),
        (Effect::Unchanged, Some(1)),
        "the outcome"
    );
    ensure_eq!(rows::all(&registry).await?, before, "all rows");
    // Without the flag it becomes the active one.
    registry.apply(newer.apply()).await?;
    let row = registry.get(&newer.key, Freshness::Store).await?;
    ensure_eq!(samples::features(&row).len(), 4, "features");
    Ok(())
}

async fn what_makes_no_version_is_stored_even_so(cx: Context, kind: Kind) -> Checked {
    let registry = cx.registry().await?;
    let outcome = registry.apply(recording(&view(kind))).await?;
    ensure_eq!(
        (outcome.effect, outcome.version),
        (Effect::Created, Some(0)),
        "a new view"
    );
    let tagged = view(kind).tagged("a", "b");
    let outcome = registry.apply(recording(&tagged)).await?;
    ensure_eq!(
        (outcome.effect, outcome.version),
        (Effect::Updated, None),
        "a new tag"
    );
    let row = registry.get(&tagged.key, Freshness::Store).await?;
    let wanted = samples::definition(kind, &tagged.body);
    ensure_eq!(samples::defined(&row), wanted, "the definition");
    Ok(())
}

async fn a_pin_keeps_intervals_and_state(cx: Context, kind: Kind) -> Checked {
    let registry = cx.registry().await?;
    registry.apply(view(kind).apply()).await?;
    let newer = view(kind).redefined("one");
    let mut wanted = Vec::new();
    for round in 0..2 {
        let (start, end) = samples::interval(0, round);
        registry
            .apply_materialization("fahrten", "trips", start, end)
            .await?;
        wanted.push((start.seconds, end.seconds));
        registry.apply(newer.apply()).await?;
    }
    registry.apply(newer.version("v0").apply()).await?;
    let row = registry.get(&newer.key, Freshness::Store).await?;
    ensure_eq!(samples::features(&row).len(), 3, "features");
    ensure_eq!(samples::intervals(&row), wanted, "intervals");
    ensure_eq!(samples::state(&row), 4, "the state");
    Ok(())
}
