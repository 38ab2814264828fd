//! When an object was created and changed.

use feast_registry_core::wire::Patch;
use feast_registry_core::{Freshness, Kind, Record};
use prost_types::Timestamp;

use crate::check::Checked;
use crate::context::Context;
use crate::samples::{self, Sample, moment};
use crate::trial::Trial;

pub(super) fn trials() -> Vec<Trial> {
    trials_for!["rules", stamped();
        a_new_object_has_two_equal_stamps_of_now,
        a_change_keeps_the_time_of_creation,
        stamps_of_the_user_do_not_count,
        the_time_of_the_last_change_never_goes_back,
    ]
}

/// The kinds whose messages have stamps.
fn stamped() -> Vec<Kind> {
    let has_stamps = |kind: &Kind| kind.spec().created_path.is_some();
    Kind::OBJECTS.into_iter().filter(has_stamps).collect()
}

fn sample(kind: Kind) -> Sample {
    Sample::new(kind, "fahrten", "it")
}

async fn a_new_object_has_two_equal_stamps_of_now(cx: Context, kind: Kind) -> Checked {
    let registry = cx.registry().await?;
    let before = now()?;
    registry.apply(sample(kind).apply()).await?;
    let row = registry.get(&sample(kind).key, Freshness::Store).await?;
    let (created, updated) = samples::stamps(&row);
    ensure_eq!(created, updated, "the stamps");
    let second = moment(created).0;
    ensure!(
        before <= second && second <= now()?,
        "created at {second}, not now"
    );
    ensure_eq!(row.stamp, second, "the stamp of the row");
    Ok(())
}

async fn a_change_keeps_the_time_of_creation(cx: Context, kind: Kind) -> Checked {
    let registry = cx.registry().await?;
    registry.apply(sample(kind).apply()).await?;
    let mut before = registry.get(&sample(kind).key, Freshness::Store).await?;
    for round in 0..3 {
        let changed = sample(kind).tagged("round", &round.to_string());
        registry.apply(changed.apply()).await?;
        let after = registry.get(&sample(kind).key, Freshness::Store).await?;
        ensure_eq!(
            samples::stamps(&after).0,
            samples::stamps(&before).0,
            "created"
        );
        ensure!(
            is_not_before(&after, &before),
            "went back: {before:?}, then {after:?}"
        );
        before = after;
    }
    Ok(())
}

async fn stamps_of_the_user_do_not_count(cx: Context, kind: Kind) -> Checked {
    let registry = cx.registry().await?;
    let spec = kind.spec();
    let mut patch = Patch::default();
    for path in [spec.created_path, spec.updated_path].into_iter().flatten() {
        patch = patch.set_timestamp(path, &samples::second(12));
    }
    let theirs = sample(kind).patched(&patch);
    registry.apply(theirs.apply()).await?;
    let row = registry.get(&theirs.key, Freshness::Store).await?;
    ensure!(
        moment(samples::stamps(&row).0).0 > 12,
        "created as the user said"
    );
    registry.apply(theirs.tagged("a", "b").apply()).await?;
    let changed = registry.get(&theirs.key, Freshness::Store).await?;
    ensure_eq!(
        samples::stamps(&changed).0,
        samples::stamps(&row).0,
        "created"
    );
    ensure!(
        is_not_before(&changed, &row),
        "the change has the time of the user"
    );
    Ok(())
}

/// Clocks of writers differ: what another one has stamped may lie ahead of us.
async fn the_time_of_the_last_change_never_goes_back(cx: Context, kind: Kind) -> Checked {
    let registry = cx.registry().await?;
    registry.apply(sample(kind).apply()).await?;
    let mut row = registry.get(&sample(kind).key, Freshness::Store).await?;
    let ahead = Timestamp {
        seconds: now()? + 3_600,
        nanos: 5_000,
    };
    let Some(path) = kind.spec().updated_path else {
        return Ok(());
    };
    row.body = Patch::default()
        .set_timestamp(path, &ahead)
        .apply(&row.body)?
        .into();
    row.stamp = ahead.seconds;
    registry.import_rows(vec![row.clone()]).await?;
    registry
        .apply(sample(kind).tagged("a", "b").apply())
        .await?;
    let after = registry.get(&row.key, Freshness::Store).await?;
    ensure!(
        is_not_before(&after, &row),
        "went back: {row:?}, then {after:?}"
    );
    Ok(())
}

fn is_not_before(after: &Record, before: &Record) -> bool {
    let updated = |row| moment(samples::stamps(row).1);
    updated(after) >= updated(before) && after.stamp >= before.stamp
}

fn now() -> Checked<i64> {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?;
    Ok(i64::try_from(since.as_secs())?)
}
