//! Which changes make a version.

use feast_registry_core::wire::Patch;
use feast_registry_core::{Effect, Freshness, Kind};

use super::{numbers, view};
use crate::check::Checked;
use crate::context::Context;
use crate::trial::Trial;
use crate::{rows, samples};

/// The views that may have a function.
const WITH_FUNCTION: [Kind; 2] = [Kind::StreamFeatureView, Kind::OnDemandFeatureView];

pub(super) fn trials() -> Vec<Trial> {
    let mut trials = trials_for!["versions", Kind::VIEWS;
        metadata_makes_no_version,
        features_make_a_version,
        materialising_and_state_make_no_version,
    ];
    trials.extend(trials_for!["versions", WITH_FUNCTION;
        a_new_pickle_of_the_same_function_changes_nothing,
        a_new_text_of_the_function_makes_a_version,
    ]);
    trials
}

/// Where the function of a view is: its pickle and its text.
fn function(kind: Kind) -> Option<(&'static [u32], &'static [u32])> {
    kind.view().and_then(|view| view.functions.last().copied())
}

async fn metadata_makes_no_version(cx: Context, kind: Kind) -> Checked {
    let registry = cx.registry().await?;
    registry.apply(view(kind).apply()).await?;
    registry.apply(view(kind).redefined("one").apply()).await?;
    let changed = view(kind).redefined("one").tagged("a", "b");
    let outcome = registry.apply(changed.apply()).await?;
    ensure_eq!(
        (outcome.effect, outcome.version),
        (Effect::Updated, None),
        "the outcome"
    );
    ensure_eq!(numbers(&registry).await?, [0, 1], "versions");
    let row = registry.get(&changed.key, Freshness::Store).await?;
    let has_number = kind
        .view()
        .is_some_and(|view| view.version_number_path.is_some());
    ensure_eq!(
        samples::active_version(&row),
        u64::from(has_number),
        "the active version"
    );
    Ok(())
}

async fn features_make_a_version(cx: Context, kind: Kind) -> Checked {
    let registry = cx.registry().await?;
    registry.apply(view(kind).apply()).await?;
    let path = kind.view().map_or(&[][..], |view| view.features_path);
    let mut features = samples::listed(&view(kind).body, path);
    features.pop();
    let fewer = view(kind).patched(&Patch::default().replace_repeated(path, features));
    for (sample, version) in [
        (&fewer, Some(1)),
        (&view(kind), Some(2)),
        (&view(kind), None),
        (&fewer, Some(3)),
    ] {
        let outcome = registry.apply(sample.apply()).await?;
        ensure_eq!(outcome.version, version, "the version of the outcome");
    }
    Ok(())
}

async fn materialising_and_state_make_no_version(cx: Context, kind: Kind) -> Checked {
    let registry = cx.registry().await?;
    registry.apply(view(kind).apply()).await?;
    if kind
        .view()
        .is_some_and(|view| view.intervals_path.is_some())
    {
        let (start, end) = samples::interval(0, 0);
        registry
            .apply_materialization("fahrten", "trips", start, end)
            .await?;
    }
    registry
        .set_user_metadata("fahrten", "trips", &b"mine"[..])
        .await?;
    ensure_eq!(numbers(&registry).await?, [0], "versions");
    Ok(())
}

async fn a_new_pickle_of_the_same_function_changes_nothing(cx: Context, kind: Kind) -> Checked {
    let registry = cx.registry().await?;
    registry.apply(view(kind).apply()).await?;
    let (pickle, _) = crate::check::present(function(kind), "a function")?;
    let other = view(kind).patched(&Patch::default().set_message(pickle, &b"\x80\x05other"[..]));
    let before = rows::all(&registry).await?;
    let outcome = registry.apply(other.apply()).await?;
    ensure_eq!(outcome.effect, Effect::Unchanged, "the effect");
    ensure_eq!(rows::all(&registry).await?, before, "all rows");
    Ok(())
}

async fn a_new_text_of_the_function_makes_a_version(cx: Context, kind: Kind) -> Checked {
    let registry = cx.registry().await?;
    registry.apply(view(kind).apply()).await?;
    let (_, text) = crate::check::present(function(kind), "a function")?;
    let other = view(kind).patched(&Patch::default().set_string(text, "def other(): ..."));
    let outcome = registry.apply(other.apply()).await?;
    ensure_eq!(outcome.version, Some(1), "the version of the outcome");
    Ok(())
}
