//! Fewer intervals that cover the same.

use std::sync::Arc;

use feast_registry_core::wire::{self, Patch};
use feast_registry_core::{Effect, ErrorKind, Freshness, Kind, Registry, RegistryOptions};

use crate::check::{Checked, Failure, refused};
use crate::context::Context;
use crate::rows;
use crate::samples::{self, Sample};
use crate::trial::Trial;

const CAN: [Kind; 2] = [Kind::FeatureView, Kind::StreamFeatureView];
const CANNOT: [Kind; 2] = [Kind::OnDemandFeatureView, Kind::LabelView];

pub(super) fn trials() -> Vec<Trial> {
    let mut trials = trials_for!["compaction", CAN;
        intervals_that_touch_or_overlap_become_one,
        a_second_time_writes_nothing,
        nothing_but_the_intervals_changes,
        an_interval_with_an_unknown_field_is_left_alone,
        a_setting_compacts_whenever_one_is_added,
    ];
    trials.extend(trials_for!["compaction", CANNOT; it_is_refused]);
    trials.extend(trials!["compaction::view":
        an_unknown_one_is_not_found,
        no_interval_that_is_added_meanwhile_is_lost,
    ]);
    trials
}

fn view(kind: Kind) -> Sample {
    Sample::new(kind, "fahrten", "trips")
}

async fn add(registry: &Registry, intervals: &[(i64, i64)]) -> Checked {
    for (start, end) in intervals {
        let (start, end) = (samples::second(*start), samples::second(*end));
        registry
            .apply_materialization("fahrten", "trips", start, end)
            .await?;
    }
    Ok(())
}

async fn intervals(registry: &Registry, kind: Kind) -> Checked<Vec<(i64, i64)>> {
    let row = registry.get(&view(kind).key, Freshness::Store).await?;
    Ok(samples::intervals(&row))
}

/// A registry with a view that has overlapping intervals.
async fn prepared(cx: &Context, kind: Kind) -> Checked<Registry> {
    let registry = cx.registry().await?;
    registry.apply(view(kind).apply()).await?;
    add(
        &registry,
        &[(40, 50), (10, 20), (20, 25), (41, 60), (10, 20)],
    )
    .await?;
    Ok(registry)
}

const COMPACT: [(i64, i64); 2] = [(10, 25), (40, 60)];

async fn intervals_that_touch_or_overlap_become_one(cx: Context, kind: Kind) -> Checked {
    let registry = prepared(&cx, kind).await?;
    let outcome = registry.compact_intervals("fahrten", "trips").await?;
    ensure_eq!(outcome.effect, Effect::Updated, "the effect");
    ensure_eq!(intervals(&registry, kind).await?, COMPACT, "intervals");
    Ok(())
}

async fn a_second_time_writes_nothing(cx: Context, kind: Kind) -> Checked {
    let registry = prepared(&cx, kind).await?;
    registry.compact_intervals("fahrten", "trips").await?;
    let before = rows::all(&registry).await?;
    let outcome = registry.compact_intervals("fahrten", "trips").await?;
    ensure_eq!(outcome.effect, Effect::Unchanged, "the effect");
    ensure_eq!(rows::all(&registry).await?, before, "all rows");
    Ok(())
}

async fn nothing_but_the_intervals_changes(cx: Context, kind: Kind) -> Checked {
    let registry = prepared(&cx, kind).await?;
    registry
        .set_user_metadata("fahrten", "trips", &b"mine"[..])
        .await?;
    let before = registry.get(&view(kind).key, Freshness::Store).await?;
    let history = registry.list_versions("fahrten", "trips").await?;
    registry.compact_intervals("fahrten", "trips").await?;
    let after = registry.get(&view(kind).key, Freshness::Store).await?;
    ensure_eq!(
        samples::defined(&after),
        samples::defined(&before),
        "the definition"
    );
    ensure_eq!(samples::state(&after), samples::state(&before), "the state");
    ensure_eq!(
        samples::active_version(&after),
        samples::active_version(&before),
        "the version"
    );
    ensure_eq!(
        samples::stamps(&after).0,
        samples::stamps(&before).0,
        "the time of creation"
    );
    ensure_eq!(after.extra, before.extra, "user metadata");
    let versions = registry.list_versions("fahrten", "trips").await?;
    ensure_eq!(versions, history, "the history");
    Ok(())
}

async fn an_interval_with_an_unknown_field_is_left_alone(cx: Context, kind: Kind) -> Checked {
    let registry = prepared(&cx, kind).await?;
    let path = intervals_path(kind)?;
    let mut odd = Patch::default()
        .set_timestamp(&[1], &samples::second(15))
        .set_timestamp(&[2], &samples::second(45))
        .apply(&[])?;
    wire::put_len(samples::UNKNOWN_FIELD, b"from the future", &mut odd);
    let row = registry.get(&view(kind).key, Freshness::Store).await?;
    let mut changed = view(kind);
    changed.body = row.body;
    let changed = changed.patched(&Patch::default().append_message(path, odd.clone()));
    registry.apply(changed.apply()).await?;
    registry.compact_intervals("fahrten", "trips").await?;
    let row = registry.get(&view(kind).key, Freshness::Store).await?;
    ensure_eq!(
        samples::intervals(&row),
        [COMPACT[0], COMPACT[1], (15, 45)],
        "intervals"
    );
    let last = samples::listed(&row.body, path).pop();
    ensure_eq!(last, Some(odd), "the interval with an unknown field");
    Ok(())
}

fn intervals_path(kind: Kind) -> Checked<&'static [u32]> {
    let path = kind.view().and_then(|view| view.intervals_path);
    path.ok_or_else(|| Failure::new(format_args!("a {kind} has no intervals")))
}

async fn a_setting_compacts_whenever_one_is_added(cx: Context, kind: Kind) -> Checked {
    let mut options = RegistryOptions::default();
    options.settings.compact_intervals = true;
    let registry = cx.registry_with(options).await?;
    registry.apply(view(kind).apply()).await?;
    add(&registry, &[(10, 20), (20, 30), (50, 60)]).await?;
    ensure_eq!(
        intervals(&registry, kind).await?,
        [(10, 30), (50, 60)],
        "intervals"
    );
    add(&registry, &[(15, 55)]).await?;
    ensure_eq!(intervals(&registry, kind).await?, [(10, 60)], "intervals");
    let row = registry.get(&view(kind).key, Freshness::Store).await?;
    ensure_eq!(samples::state(&row), 4, "the state");
    Ok(())
}

async fn it_is_refused(cx: Context, kind: Kind) -> Checked {
    let registry = cx.registry().await?;
    registry.apply(view(kind).apply()).await?;
    let before = rows::all(&registry).await?;
    let result = registry.compact_intervals("fahrten", "trips").await;
    refused(result, ErrorKind::Invalid)?;
    ensure_eq!(rows::all(&registry).await?, before, "all rows");
    Ok(())
}

async fn an_unknown_one_is_not_found(cx: Context) -> Checked {
    let registry = cx.registry().await?;
    let result = registry.compact_intervals("fahrten", "trips").await;
    refused(result, ErrorKind::NotFound(Kind::FeatureView))?;
    Ok(())
}

/// One writer adds intervals that touch, another one compacts all the time.
async fn no_interval_that_is_added_meanwhile_is_lost(cx: Context) -> Checked {
    let store = cx.store().await?;
    let open = || Registry::open(Arc::clone(&store), RegistryOptions::default());
    let (adding, compacting) = (open().await?, open().await?);
    adding.apply(view(Kind::FeatureView).apply()).await?;
    let rounds = cx.rounds(30) as i64;
    let added = tokio::spawn(async move {
        for round in 0..rounds {
            add(&adding, &[(round, round + 1)]).await?;
        }
        Ok::<_, Failure>(adding)
    });
    let mut compacted = 0;
    while !added.is_finished() {
        compacting.compact_intervals("fahrten", "trips").await?;
        compacted += 1;
        // Some stores never wait for anything, and the other task may be for this thread to run.
        tokio::task::yield_now().await;
    }
    let registry = added.await??;
    registry.compact_intervals("fahrten", "trips").await?;
    let found = intervals(&registry, Kind::FeatureView).await?;
    ensure_eq!(
        found,
        [(0, rounds)],
        "intervals after {compacted} compactions"
    );
    Ok(())
}
