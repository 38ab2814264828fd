//! Whether a view is in service, and the state that materialisation moves it through.

use feast_registry_core::wire::Patch;
use feast_registry_core::{Effect, ErrorKind, Freshness, Kind, Life, Outcome, Registry};
use feast_registry_proto::core::FeatureViewState::{
    self, AvailableOnline, Created, Generated, Materializing, StateUnspecified,
};
use futures::future::{join, try_join_all};

use crate::check::{Checked, present, refused};
use crate::context::Context;
use crate::rows;
use crate::samples::{self, Sample};
use crate::trial::Trial;

/// The views that have a life: label views have no fields for it.
const LIVING: [Kind; 3] = [
    Kind::FeatureView,
    Kind::StreamFeatureView,
    Kind::OnDemandFeatureView,
];

pub(super) fn trials() -> Vec<Trial> {
    let mut trials = trials_for!["rules", LIVING;
        it_is_taken_out_of_service_and_back,
        its_state_moves_as_feast_allows,
        nothing_else_changes_with_its_life,
        a_pinned_one_has_a_life_too,
    ];
    trials.extend(trials!["rules::life":
        what_is_so_already_is_unchanged,
        a_label_view_has_none,
        an_unknown_view_is_not_found,
        a_state_of_a_newer_feast_counts_as_none,
        materialising_at_the_same_time_loses_nothing,
    ]);
    trials
}

fn view(kind: Kind) -> Sample {
    Sample::new(kind, "fahrten", "trips")
}

async fn set_enabled(registry: &Registry, enabled: bool) -> Checked<Outcome> {
    Ok(registry.set_enabled("fahrten", "trips", enabled).await?)
}

async fn set_state(registry: &Registry, state: FeatureViewState) -> Checked<Outcome> {
    Ok(registry.set_state("fahrten", "trips", state).await?)
}

async fn life(registry: &Registry) -> Checked<(bool, FeatureViewState)> {
    let row = registry
        .get_any_view("fahrten", "trips", Freshness::Store)
        .await?;
    let life = present(Life::of(&row)?, "a life")?;
    Ok((life.enabled, life.state))
}

async fn it_is_taken_out_of_service_and_back(cx: Context, kind: Kind) -> Checked {
    let registry = cx.registry().await?;
    registry.apply(view(kind).apply()).await?;
    ensure_eq!(life(&registry).await?, (true, StateUnspecified), "at first");
    for enabled in [false, true] {
        let outcome = set_enabled(&registry, enabled).await?;
        ensure_eq!(outcome.effect, Effect::Updated, "the effect");
        for freshness in [Freshness::Store, Freshness::Cache] {
            let row = registry.get(&view(kind).key, freshness).await?;
            ensure_eq!(Some(&row.body), outcome.body.as_ref(), "the bytes");
            let life = present(Life::of(&row)?, "a life")?;
            ensure_eq!(life.enabled, enabled, "enabled, from {freshness:?}");
        }
    }
    Ok(())
}

async fn its_state_moves_as_feast_allows(cx: Context, kind: Kind) -> Checked {
    let registry = cx.registry().await?;
    registry.apply(view(kind).apply()).await?;
    let moves = [
        (AvailableOnline, false),
        (Created, true),
        (Materializing, false),
        (Generated, true),
        (Created, false),
        (Materializing, true),
        (Generated, true),
        (Materializing, true),
        (AvailableOnline, true),
        (StateUnspecified, false),
        (Materializing, true),
    ];
    let mut state = StateUnspecified;
    for (next, allowed) in moves {
        let before = rows::all(&registry).await?;
        let result = registry.set_state("fahrten", "trips", next).await;
        if allowed {
            ensure_eq!(result?.effect, Effect::Updated, "the effect of {next:?}");
            state = next;
        } else {
            refused(result, ErrorKind::Invalid)?;
            ensure_eq!(rows::all(&registry).await?, before, "all rows");
        }
        ensure_eq!(life(&registry).await?, (true, state), "after {next:?}");
    }
    Ok(())
}

async fn nothing_else_changes_with_its_life(cx: Context, kind: Kind) -> Checked {
    let registry = cx.registry().await?;
    registry
        .apply(view(kind).with_unknown(b"from the future").apply())
        .await?;
    registry
        .set_user_metadata("fahrten", "trips", &b"mine"[..])
        .await?;
    let before = registry.get(&view(kind).key, Freshness::Store).await?;
    let history = registry.list_versions("fahrten", "trips").await?;
    set_enabled(&registry, false).await?;
    set_state(&registry, Created).await?;
    set_enabled(&registry, true).await?;
    let after = registry.get(&view(kind).key, Freshness::Store).await?;
    ensure_eq!(
        samples::defined(&after),
        samples::defined(&before),
        "the definition"
    );
    let ((created, updated), (_, now)) = (samples::stamps(&before), samples::stamps(&after));
    ensure_eq!(samples::stamps(&after).0, created, "the time of creation");
    ensure!(
        samples::moment(now) > samples::moment(updated),
        "the time of the last change stood still"
    );
    ensure_eq!(after.extra, before.extra, "user metadata");
    let versions = registry.list_versions("fahrten", "trips").await?;
    ensure_eq!(versions, history, "the history");
    Ok(())
}

async fn a_pinned_one_has_a_life_too(cx: Context, kind: Kind) -> Checked {
    let registry = cx.registry().await?;
    let newer = view(kind).redefined("one");
    registry.apply(view(kind).apply()).await?;
    registry.apply(newer.apply()).await?;
    registry.apply(newer.version("v0").apply()).await?;
    let pinned = registry.get(&newer.key, Freshness::Store).await?;
    set_enabled(&registry, false).await?;
    set_state(&registry, Created).await?;
    ensure_eq!(life(&registry).await?, (false, Created), "the life");
    let row = registry.get(&newer.key, Freshness::Store).await?;
    ensure_eq!(
        samples::features(&row),
        samples::features(&pinned),
        "features"
    );
    // Applied again, the definition says that the view is enabled, and nothing of its state.
    let outcome = registry.apply(newer.version("v0").apply()).await?;
    ensure_eq!(outcome.version, Some(0), "the version of the outcome");
    ensure_eq!(life(&registry).await?, (true, Created), "the life after");
    let versions = registry.list_versions("fahrten", "trips").await?;
    ensure_eq!(versions.len(), 2, "versions");
    Ok(())
}

async fn what_is_so_already_is_unchanged(cx: Context) -> Checked {
    let registry = cx.registry().await?;
    registry.apply(view(Kind::FeatureView).apply()).await?;
    set_enabled(&registry, false).await?;
    set_state(&registry, Created).await?;
    let before = rows::all(&registry).await?;
    let outcomes = [
        set_enabled(&registry, false).await?,
        set_state(&registry, Created).await?,
    ];
    for outcome in outcomes {
        ensure_eq!(outcome.effect, Effect::Unchanged, "the effect");
    }
    ensure_eq!(rows::all(&registry).await?, before, "all rows");
    Ok(())
}

async fn a_label_view_has_none(cx: Context) -> Checked {
    let registry = cx.registry().await?;
    registry.apply(view(Kind::LabelView).apply()).await?;
    let before = rows::all(&registry).await?;
    let result = registry.set_enabled("fahrten", "trips", false).await;
    refused(result, ErrorKind::Invalid)?;
    let result = registry.set_state("fahrten", "trips", Created).await;
    refused(result, ErrorKind::Invalid)?;
    ensure_eq!(rows::all(&registry).await?, before, "all rows");
    Ok(())
}

async fn an_unknown_view_is_not_found(cx: Context) -> Checked {
    let registry = cx.registry().await?;
    registry.apply(view(Kind::FeatureView).apply()).await?;
    let missing = ErrorKind::NotFound(Kind::FeatureView);
    for (project, name) in [("fahrten", "trip"), ("other", "trips")] {
        refused(registry.set_enabled(project, name, true).await, missing)?;
        refused(registry.set_state(project, name, Created).await, missing)?;
    }
    Ok(())
}

async fn a_state_of_a_newer_feast_counts_as_none(cx: Context) -> Checked {
    let registry = cx.registry().await?;
    let path = Kind::FeatureView.view().and_then(|view| view.state_path);
    let path = present(path, "a state")?;
    let newer = view(Kind::FeatureView).patched(&Patch::default().set_varint(path, 77));
    registry.apply(newer.apply()).await?;
    ensure_eq!(life(&registry).await?, (true, StateUnspecified), "the life");
    set_enabled(&registry, false).await?;
    let row = registry.get(&newer.key, Freshness::Store).await?;
    ensure_eq!(samples::state(&row), 77, "the state");
    set_state(&registry, Created).await?;
    ensure_eq!(life(&registry).await?, (false, Created), "the life after");
    Ok(())
}

async fn materialising_at_the_same_time_loses_nothing(cx: Context) -> Checked {
    const WORKERS: usize = 4;
    let registry = cx.registry().await?;
    registry.apply(view(Kind::FeatureView).apply()).await?;
    let rounds = cx.rounds(5);
    let workers = (0..WORKERS).map(|worker| {
        let registry = registry.clone();
        tokio::spawn(async move {
            for round in 0..rounds {
                let (start, end) = samples::interval(worker, round);
                let (interval, life) = join(
                    registry.apply_materialization("fahrten", "trips", start, end),
                    registry.set_enabled("fahrten", "trips", round % 2 == 1),
                )
                .await;
                interval?;
                life?;
            }
            Checked::Ok(())
        })
    });
    for worker in try_join_all(workers).await? {
        worker?;
    }
    set_enabled(&registry, false).await?;
    ensure_eq!(life(&registry).await?, (false, AvailableOnline), "the life");
    let row = registry
        .get(&view(Kind::FeatureView).key, Freshness::Store)
        .await?;
    let kept = samples::intervals(&row).len();
    ensure_eq!(kept, WORKERS * rounds, "intervals");
    Ok(())
}
