//! What counts as a change.

use feast_registry_core::wire::{self, Patch};
use feast_registry_core::{Effect, Freshness, Kind};

use crate::check::{Checked, present};
use crate::context::Context;
use crate::rows;
use crate::samples::{self, Sample};
use crate::trial::Trial;

pub(super) fn trials() -> Vec<Trial> {
    let mut trials = trials_for!["rules", Kind::OBJECTS;
        the_order_of_tags_is_no_change,
        an_unknown_field_is_a_change,
        what_the_registry_adds_is_no_change,
    ];
    trials.extend(trials_for!["rules", WITH_TTL; without_a_ttl_it_is_unchanged_too]);
    trials.extend(trials_for!["rules", WITH_STATE; a_change_of_the_state_alone_is_stored]);
    trials.extend(trials!["rules::feature_view":
        the_order_of_entities_is_no_change,
        the_order_of_features_is_a_change_but_no_version,
        disabling_a_view_is_a_change_but_no_version,
    ]);
    trials.push(Trial::new(
        "rules::stream_feature_view::the_order_of_features_is_no_change",
        the_order_of_features_in_a_stream,
    ));
    trials.push(Trial::new(
        "rules::batch_feature_view::applied_again_it_keeps_stamps_and_intervals",
        a_batch_feature_view_again,
    ));
    trials
}

const WITH_STATE: [Kind; 3] = [
    Kind::FeatureView,
    Kind::StreamFeatureView,
    Kind::OnDemandFeatureView,
];

/// The views that may have a time to live.
const WITH_TTL: [Kind; 3] = [Kind::FeatureView, Kind::StreamFeatureView, Kind::LabelView];

fn sample(kind: Kind) -> Sample {
    Sample::new(kind, "fahrten", "it")
}

async fn the_order_of_tags_is_no_change(cx: Context, kind: Kind) -> Checked {
    let registry = cx.registry().await?;
    registry
        .apply(sample(kind).tagged("x", "1").tagged("y", "2").apply())
        .await?;
    let before = rows::all(&registry).await?;
    let other = sample(kind).tagged("y", "2").tagged("x", "1");
    let outcome = registry.apply(other.apply()).await?;
    ensure_eq!(outcome.effect, Effect::Unchanged, "the effect");
    ensure_eq!(rows::all(&registry).await?, before, "all rows");
    Ok(())
}

async fn an_unknown_field_is_a_change(cx: Context, kind: Kind) -> Checked {
    let registry = cx.registry().await?;
    registry.apply(sample(kind).apply()).await?;
    let newer = sample(kind).with_unknown(b"from the future");
    let outcome = registry.apply(newer.apply()).await?;
    ensure_eq!(outcome.effect, Effect::Updated, "the effect");
    let outcome = registry.apply(newer.apply()).await?;
    ensure_eq!(
        outcome.effect,
        Effect::Unchanged,
        "the effect of the same again"
    );
    Ok(())
}

/// Feast's client reads an object, and may apply what it has read.
async fn what_the_registry_adds_is_no_change(cx: Context, kind: Kind) -> Checked {
    let registry = cx.registry().await?;
    registry.apply(sample(kind).apply()).await?;
    let row = registry.get(&sample(kind).key, Freshness::Store).await?;
    let read = Sample {
        key: row.key.clone(),
        body: row.body.clone(),
    };
    ensure_eq!(
        registry.apply(read.apply()).await?.effect,
        Effect::Unchanged,
        "the effect"
    );
    ensure_eq!(
        registry.get(&row.key, Freshness::Store).await?,
        row,
        "the row"
    );
    Ok(())
}

async fn a_change_of_the_state_alone_is_stored(cx: Context, kind: Kind) -> Checked {
    let registry = cx.registry().await?;
    let outcome = registry.apply(sample(kind).apply()).await?;
    ensure_eq!(outcome.version, Some(0), "the first version");
    let path = kind
        .view()
        .and_then(|view| view.state_path)
        .unwrap_or_default();
    for state in [1, 2, 3] {
        let view = sample(kind).patched(&Patch::default().set_varint(path, state));
        let outcome = registry.apply(view.apply()).await?;
        ensure_eq!(
            outcome.effect,
            Effect::Updated,
            "the effect of state {state}"
        );
        let row = registry.get(&view.key, Freshness::Store).await?;
        ensure_eq!(samples::state(&row), state, "the state");
    }
    ensure_eq!(
        registry.list_versions("fahrten", "it").await?.len(),
        1,
        "versions"
    );
    Ok(())
}

async fn the_order_of_entities_is_no_change(cx: Context) -> Checked {
    let registry = cx.registry().await?;
    let view = sample(Kind::FeatureView);
    let entities = |names: [&str; 2]| {
        let names = names.map(|name| name.as_bytes().to_vec());
        view.patched(&Patch::default().replace_repeated(&[1, 3], names))
    };
    registry
        .apply(entities(["driver", "fahrzeug"]).apply())
        .await?;
    let outcome = registry
        .apply(entities(["fahrzeug", "driver"]).apply())
        .await?;
    ensure_eq!(outcome.effect, Effect::Unchanged, "the effect");
    Ok(())
}

async fn the_order_of_features_is_a_change_but_no_version(cx: Context) -> Checked {
    let registry = cx.registry().await?;
    let view = sample(Kind::FeatureView);
    registry.apply(view.apply()).await?;
    let path = &[1, 4];
    let mut features = samples::listed(&view.body, path);
    features.reverse();
    let reordered = view.patched(&Patch::default().replace_repeated(path, features));
    let outcome = registry.apply(reordered.apply()).await?;
    ensure_eq!(
        (outcome.effect, outcome.version),
        (Effect::Updated, None),
        "the outcome"
    );
    let row = registry.get(&view.key, Freshness::Store).await?;
    ensure_eq!(
        samples::features(&row),
        ["embedding", "länge", "trips"],
        "features"
    );
    Ok(())
}

async fn disabling_a_view_is_a_change_but_no_version(cx: Context) -> Checked {
    let registry = cx.registry().await?;
    let view = sample(Kind::FeatureView);
    registry.apply(view.apply()).await?;
    let disabled = view.patched(&Patch::default().set_varint(&[1, 20], 1));
    for (sample, effect) in [
        (&disabled, Effect::Updated),
        (&disabled, Effect::Unchanged),
        (&view, Effect::Updated),
    ] {
        let outcome = registry.apply(sample.apply()).await?;
        ensure_eq!(
            (outcome.effect, outcome.version),
            (effect, None),
            "the outcome"
        );
    }
    Ok(())
}

async fn without_a_ttl_it_is_unchanged_too(cx: Context, kind: Kind) -> Checked {
    let registry = cx.registry().await?;
    let ttl = match kind {
        Kind::StreamFeatureView => &[1, 9],
        _ => &[1, 6],
    };
    let without = sample(kind).patched(&Patch::default().clear(ttl));
    ensure!(without != sample(kind), "the sample has no ttl");
    registry.apply(without.apply()).await?;
    let before = rows::all(&registry).await?;
    let outcome = registry.apply(without.apply()).await?;
    ensure_eq!(outcome.effect, Effect::Unchanged, "the effect");
    ensure_eq!(rows::all(&registry).await?, before, "all rows");
    Ok(())
}

/// Feast writes them from a set: each time in another order.
async fn the_order_of_features_in_a_stream(cx: Context) -> Checked {
    let registry = cx.registry().await?;
    let view = sample(Kind::StreamFeatureView);
    registry.apply(view.apply()).await?;
    let path = &[1, 4];
    let mut features = samples::listed(&view.body, path);
    features.reverse();
    let reordered = view.patched(&Patch::default().replace_repeated(path, features));
    let outcome = registry.apply(reordered.apply()).await?;
    ensure_eq!(outcome.effect, Effect::Unchanged, "the effect");
    Ok(())
}

/// A feature view with a transformation is a batch feature view.
async fn a_batch_feature_view_again(cx: Context) -> Checked {
    let registry = cx.registry().await?;
    let stream = sample(Kind::StreamFeatureView);
    let transformation = wire::message(&stream.body, &[1, 17])?;
    let transformation = present(transformation, "a transformation")?.into_owned();
    let view =
        sample(Kind::FeatureView).patched(&Patch::default().set_message(&[1, 15], transformation));
    registry.apply(view.apply()).await?;
    let (start, end) = samples::interval(0, 0);
    registry
        .apply_materialization("fahrten", "it", start, end)
        .await?;
    let before = registry.get(&view.key, Freshness::Store).await?;
    let outcome = registry.apply(view.apply()).await?;
    ensure_eq!(outcome.effect, Effect::Unchanged, "the effect");
    let row = registry.get(&view.key, Freshness::Store).await?;
    ensure_eq!(row, before, "the view");
    registry.apply(view.tagged("a", "b").apply()).await?;
    let row = registry.get(&view.key, Freshness::Store).await?;
    let created = samples::stamps(&before).0;
    ensure_eq!(samples::stamps(&row).0, created, "the time of creation");
    let wanted = [(start.seconds, end.seconds)];
    ensure_eq!(samples::intervals(&row), wanted, "intervals");
    Ok(())
}
