//! What was materialised, and when.

use feast_registry_core::wire::Patch;
use feast_registry_core::{Effect, ErrorKind, Freshness, Kind, Registry};
use prost_types::Timestamp;

use crate::check::{Checked, refused};
use crate::context::Context;
use crate::rows;
use crate::samples::{self, Sample};
use crate::trial::Trial;

/// The views that can be materialised, and those that cannot.
const CAN: [Kind; 2] = [Kind::FeatureView, Kind::StreamFeatureView];
const CANNOT: [Kind; 2] = [Kind::OnDemandFeatureView, Kind::LabelView];
const AVAILABLE_ONLINE: u64 = 4;

pub(super) fn trials() -> Vec<Trial> {
    let mut trials = trials_for!["materialization", CAN;
        intervals_are_kept_in_the_order_of_their_arrival,
        the_view_becomes_available_online,
        equal_intervals_are_two_facts,
        a_moment_is_an_interval_and_keeps_its_nanoseconds,
        an_interval_that_ends_before_it_starts_is_refused,
        nothing_but_the_facts_changes,
        a_new_definition_keeps_intervals_and_state,
        a_definition_read_earlier_undoes_no_interval,
        intervals_of_a_definition_are_added,
        an_interval_outside_the_years_of_python_is_refused,
    ];
    trials.extend(trials_for!["materialization", CANNOT; it_is_refused]);
    trials.extend(trials!["materialization::view":
        an_unknown_view_is_not_found,
        a_view_of_another_project_is_not_found,
        views_do_not_touch_each_other,
    ]);
    trials
}

fn view(kind: Kind) -> Sample {
    Sample::new(kind, "fahrten", "trips")
}

async fn materialize(registry: &Registry, round: usize) -> Checked<(i64, i64)> {
    let (start, end) = samples::interval(0, round);
    let outcome = registry
        .apply_materialization("fahrten", "trips", start, end)
        .await?;
    ensure_eq!(outcome.effect, Effect::Updated, "the effect");
    Ok((start.seconds, end.seconds))
}

async fn intervals_are_kept_in_the_order_of_their_arrival(cx: Context, kind: Kind) -> Checked {
    let registry = cx.registry().await?;
    registry.apply(view(kind).apply()).await?;
    let mut wanted = Vec::new();
    for round in [5, 1, 3, 2, 4] {
        wanted.push(materialize(&registry, round).await?);
        for freshness in [Freshness::Store, Freshness::Cache] {
            let row = registry.get(&view(kind).key, freshness).await?;
            ensure_eq!(
                samples::intervals(&row),
                wanted,
                "intervals from {freshness:?}"
            );
        }
    }
    Ok(())
}

async fn the_view_becomes_available_online(cx: Context, kind: Kind) -> Checked {
    let registry = cx.registry().await?;
    registry.apply(view(kind).apply()).await?;
    let row = registry.get(&view(kind).key, Freshness::Store).await?;
    ensure_eq!(samples::state(&row), 0, "the state before");
    materialize(&registry, 1).await?;
    let row = registry.get(&view(kind).key, Freshness::Store).await?;
    ensure_eq!(samples::state(&row), AVAILABLE_ONLINE, "the state after");
    Ok(())
}

async fn equal_intervals_are_two_facts(cx: Context, kind: Kind) -> Checked {
    let registry = cx.registry().await?;
    registry.apply(view(kind).apply()).await?;
    let first = materialize(&registry, 1).await?;
    let second = materialize(&registry, 1).await?;
    let row = registry.get(&view(kind).key, Freshness::Store).await?;
    ensure_eq!(samples::intervals(&row), [first, second], "intervals");
    Ok(())
}

async fn a_moment_is_an_interval_and_keeps_its_nanoseconds(cx: Context, kind: Kind) -> Checked {
    let registry = cx.registry().await?;
    registry.apply(view(kind).apply()).await?;
    let moment = Timestamp {
        seconds: -1,
        nanos: 123_456_789,
    };
    registry
        .apply_materialization("fahrten", "trips", moment, moment)
        .await?;
    let row = registry.get(&view(kind).key, Freshness::Store).await?;
    let path = kind
        .view()
        .and_then(|view| view.intervals_path)
        .unwrap_or_default();
    let interval = samples::listed(&row.body, path).concat();
    for number in [1, 2] {
        let stamp = feast_registry_core::wire::timestamp(&interval, &[number])?;
        ensure_eq!(stamp, Some(moment), "field {number} of the interval");
    }
    Ok(())
}

async fn an_interval_that_ends_before_it_starts_is_refused(cx: Context, kind: Kind) -> Checked {
    let registry = cx.registry().await?;
    registry.apply(view(kind).apply()).await?;
    let before = rows::all(&registry).await?;
    let at = |seconds, nanos| Timestamp { seconds, nanos };
    for (start, end) in [(at(2, 0), at(1, 0)), (at(1, 1), at(1, 0))] {
        let result = registry
            .apply_materialization("fahrten", "trips", start, end)
            .await;
        refused(result, ErrorKind::Invalid)?;
    }
    ensure_eq!(rows::all(&registry).await?, before, "all rows");
    Ok(())
}

async fn an_interval_outside_the_years_of_python_is_refused(cx: Context, kind: Kind) -> Checked {
    let registry = cx.registry().await?;
    registry.apply(view(kind).apply()).await?;
    let good = samples::second(0);
    let bad = [
        (-62_135_596_801, 0),
        (253_402_300_800, 0),
        (i64::MIN, 0),
        (0, -1),
        (0, 1_000_000_000),
    ];
    for (seconds, nanos) in bad {
        let bad = Timestamp { seconds, nanos };
        for (start, end) in [(bad, good), (good, bad), (bad, bad)] {
            let result = registry
                .apply_materialization("fahrten", "trips", start, end)
                .await;
            refused(result, ErrorKind::Invalid)?;
        }
    }
    Ok(())
}

async fn nothing_but_the_facts_changes(cx: Context, kind: Kind) -> Checked {
    let registry = cx.registry().await?;
    registry.apply(view(kind).apply()).await?;
    registry
        .set_user_metadata("fahrten", "trips", &b"mine"[..])
        .await?;
    let before = registry.get(&view(kind).key, Freshness::Store).await?;
    let history = registry.list_versions("fahrten", "trips").await?;
    materialize(&registry, 1).await?;
    let after = registry.get(&view(kind).key, Freshness::Store).await?;
    ensure_eq!(
        samples::defined(&after),
        samples::defined(&before),
        "the definition"
    );
    ensure_eq!(
        samples::stamps(&after).0,
        samples::stamps(&before).0,
        "the time of creation"
    );
    ensure!(
        samples::moment(samples::stamps(&after).1) >= samples::moment(samples::stamps(&before).1),
        "the time of the last change went back"
    );
    ensure_eq!(after.extra, before.extra, "user metadata");
    ensure_eq!(
        registry.list_versions("fahrten", "trips").await?,
        history,
        "the history"
    );
    Ok(())
}

async fn a_new_definition_keeps_intervals_and_state(cx: Context, kind: Kind) -> Checked {
    let registry = cx.registry().await?;
    registry.apply(view(kind).apply()).await?;
    let wanted = [
        materialize(&registry, 1).await?,
        materialize(&registry, 2).await?,
    ];
    let again = registry.apply(view(kind).apply()).await?;
    ensure_eq!(
        again.effect,
        Effect::Unchanged,
        "the effect of the same definition"
    );
    for changed in [view(kind).tagged("a", "b"), view(kind).redefined("another")] {
        registry.apply(changed.apply()).await?;
        let row = registry.get(&view(kind).key, Freshness::Store).await?;
        ensure_eq!(samples::intervals(&row), wanted, "intervals");
        ensure_eq!(samples::state(&row), AVAILABLE_ONLINE, "the state");
    }
    Ok(())
}

async fn a_definition_read_earlier_undoes_no_interval(cx: Context, kind: Kind) -> Checked {
    let registry = cx.registry().await?;
    registry.apply(view(kind).apply()).await?;
    let mut wanted = vec![materialize(&registry, 1).await?];
    let read = registry.get(&view(kind).key, Freshness::Store).await?;
    wanted.push(materialize(&registry, 2).await?);
    // Feast's client applies the view that it has read, with the intervals of that time.
    let mut stale = view(kind);
    stale.body = read.body;
    registry.apply(stale.tagged("a", "b").apply()).await?;
    let row = registry.get(&view(kind).key, Freshness::Store).await?;
    ensure_eq!(samples::intervals(&row), wanted, "intervals");
    Ok(())
}

async fn intervals_of_a_definition_are_added(cx: Context, kind: Kind) -> Checked {
    let registry = cx.registry().await?;
    registry.apply(view(kind).apply()).await?;
    let first = materialize(&registry, 1).await?;
    let read = registry.get(&view(kind).key, Freshness::Store).await?;
    let path = kind
        .view()
        .and_then(|view| view.intervals_path)
        .unwrap_or_default();
    let mut changed = view(kind);
    changed.body = read.body;
    let interval = b"\x0a\x02\x08\x01\x12\x02\x08\x02";
    let changed = changed.patched(&Patch::default().append_message(path, &interval[..]));
    registry.apply(changed.apply()).await?;
    let row = registry.get(&view(kind).key, Freshness::Store).await?;
    ensure_eq!(samples::intervals(&row), [first, (1, 2)], "intervals");
    Ok(())
}

async fn it_is_refused(cx: Context, kind: Kind) -> Checked {
    let registry = cx.registry().await?;
    registry.apply(view(kind).apply()).await?;
    let before = rows::all(&registry).await?;
    let (start, end) = samples::interval(0, 1);
    let result = registry
        .apply_materialization("fahrten", "trips", start, end)
        .await;
    refused(result, ErrorKind::Invalid)?;
    ensure_eq!(rows::all(&registry).await?, before, "all rows");
    Ok(())
}

async fn an_unknown_view_is_not_found(cx: Context) -> Checked {
    let registry = cx.registry().await?;
    let (start, end) = samples::interval(0, 1);
    let result = registry
        .apply_materialization("fahrten", "trips", start, end)
        .await;
    refused(result, ErrorKind::NotFound(Kind::FeatureView))?;
    ensure_eq!(rows::all(&registry).await?, vec![], "all rows");
    Ok(())
}

async fn a_view_of_another_project_is_not_found(cx: Context) -> Checked {
    let registry = cx.registry().await?;
    registry.apply(view(Kind::FeatureView).apply()).await?;
    let (start, end) = samples::interval(0, 1);
    let result = registry
        .apply_materialization("other", "trips", start, end)
        .await;
    refused(result, ErrorKind::NotFound(Kind::FeatureView))?;
    Ok(())
}

async fn views_do_not_touch_each_other(cx: Context) -> Checked {
    let registry = cx.registry().await?;
    let other = Sample::new(Kind::FeatureView, "fahrten", "trips_2");
    registry
        .commit(vec![view(Kind::FeatureView).change(), other.change()])
        .await?;
    let before = registry.get(&other.key, Freshness::Store).await?;
    materialize(&registry, 1).await?;
    ensure_eq!(
        registry.get(&other.key, Freshness::Store).await?,
        before,
        "the other view"
    );
    Ok(())
}
