//! Many writers on one view, and on many.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use feast_registry_core::{
    Change, ErrorKind, Freshness, Key, Kind, Registry, RegistryOptions, wire,
};

use super::{TASKS, at_once};
use crate::check::{Checked, Failure};
use crate::context::Context;
use crate::rows;
use crate::samples::{self, Sample};
use crate::trial::Trial;

pub(super) fn trials() -> Vec<Trial> {
    trials!["concurrency::one_view":
        all_intervals_are_kept,
        intervals_that_wait_for_each_other_are_all_kept,
        intervals_and_new_definitions_are_both_kept,
        user_metadata_and_intervals_are_both_kept,
        readers_see_whole_definitions_that_do_not_go_back,
    ]
    .into_iter()
    .chain(trials!["concurrency::many_views":
        writers_do_not_disturb_each_other,
        batches_in_any_order_all_succeed,
        one_name_in_four_kinds_is_given_once,
        one_new_name_applied_by_many_is_one_view,
    ])
    .collect()
}

fn view(name: &str) -> Sample {
    Sample::new(Kind::FeatureView, "fahrten", name)
}

/// Registries of their own, as in processes of their own: each writer meets the others in the store.
async fn all_intervals_are_kept(cx: Context) -> Checked {
    let store = cx.store().await?;
    let mut registries = Vec::new();
    for _ in 0..TASKS {
        let store = Arc::clone(&store);
        registries.push(Registry::open(store, RegistryOptions::default()).await?);
    }
    keeps_all_intervals(&cx, &registries).await
}

/// One registry, which may write together what waits.
async fn intervals_that_wait_for_each_other_are_all_kept(cx: Context) -> Checked {
    let registry = cx.registry().await?;
    keeps_all_intervals(&cx, &vec![registry; TASKS]).await
}

/// Each registry has one writer.
async fn keeps_all_intervals(cx: &Context, registries: &[Registry]) -> Checked {
    let registry = &registries[0];
    registry.apply(view("trips").apply()).await?;
    let rounds = cx.rounds(10);
    at_once(
        registries
            .iter()
            .cloned()
            .enumerate()
            .map(|(task, registry)| async move {
                for round in 0..rounds {
                    let (start, end) = samples::interval(task, round);
                    registry
                        .apply_materialization("fahrten", "trips", start, end)
                        .await?;
                }
                Ok(())
            }),
    )
    .await?;
    let row = registry.get(&view("trips").key, Freshness::Store).await?;
    let found = samples::intervals(&row);
    for task in 0..TASKS {
        let wanted: Vec<i64> = (0..rounds)
            .map(|round| samples::interval(task, round).0.seconds)
            .collect();
        let ours: Vec<i64> = found
            .iter()
            .map(|(start, _)| *start)
            .filter(|start| wanted.contains(start))
            .collect();
        ensure_eq!(ours, wanted, "intervals of task {task}, in its order");
    }
    ensure_eq!(found.len(), TASKS * rounds, "intervals");
    let cached = registry.get(&view("trips").key, Freshness::Cache).await?;
    ensure!(cached == row, "the cache holds another view");
    Ok(())
}

async fn intervals_and_new_definitions_are_both_kept(cx: Context) -> Checked {
    let registry = cx.registry().await?;
    registry.apply(view("trips").apply()).await?;
    let rounds = cx.rounds(8);
    at_once((0..TASKS).map(|task| {
        let registry = registry.clone();
        async move {
            for round in 0..rounds {
                if task % 2 == 0 {
                    let (start, end) = samples::interval(task, round);
                    registry
                        .apply_materialization("fahrten", "trips", start, end)
                        .await?;
                } else {
                    let changed = view("trips").tagged("by", &format!("{task} {round}"));
                    registry.apply(changed.apply()).await?;
                }
            }
            Ok(())
        }
    }))
    .await?;
    let row = registry.get(&view("trips").key, Freshness::Store).await?;
    ensure_eq!(
        samples::intervals(&row).len(),
        TASKS / 2 * rounds,
        "intervals"
    );
    let tags = wire::string_map(&row.body, &[1, 5])?;
    let last = format!(" {}", rounds - 1);
    ensure!(
        tags.get("by").is_some_and(|by| by.ends_with(&last)),
        "the last definition is lost: {tags:?}"
    );
    Ok(())
}

async fn user_metadata_and_intervals_are_both_kept(cx: Context) -> Checked {
    let registry = cx.registry().await?;
    registry.apply(view("trips").apply()).await?;
    let rounds = cx.rounds(8);
    at_once((0..4).map(|task| {
        let registry = registry.clone();
        async move {
            for round in 0..rounds {
                if task % 2 == 0 {
                    let (start, end) = samples::interval(task, round);
                    registry
                        .apply_materialization("fahrten", "trips", start, end)
                        .await?;
                } else {
                    let bytes = format!("round {round}");
                    registry
                        .set_user_metadata("fahrten", "trips", bytes)
                        .await?;
                }
            }
            Ok(())
        }
    }))
    .await?;
    let row = registry.get(&view("trips").key, Freshness::Store).await?;
    ensure_eq!(samples::intervals(&row).len(), 2 * rounds, "intervals");
    let wanted = format!("round {}", rounds - 1);
    ensure_eq!(
        row.user_metadata().map(|bytes| &bytes[..]),
        Some(wanted.as_bytes()),
        "user metadata"
    );
    Ok(())
}

async fn readers_see_whole_definitions_that_do_not_go_back(cx: Context) -> Checked {
    let registry = cx.registry().await?;
    let state = |round: usize| {
        let number = round.to_string();
        view("trips").tagged("one", &number).tagged("two", &number)
    };
    registry.apply(state(0).apply()).await?;
    let done = Arc::new(AtomicBool::new(false));
    let readers = [Freshness::Store, Freshness::Cache].map(|freshness| {
        let (registry, done) = (registry.clone(), Arc::clone(&done));
        tokio::spawn(async move {
            let mut last = 0;
            while !done.load(Ordering::Relaxed) {
                let row = registry.get(&view("trips").key, freshness).await?;
                let tags = wire::string_map(&row.body, &[1, 5])?;
                ensure_eq!(tags.get("one"), tags.get("two"), "two tags of one apply");
                let round: usize = tags.get("one").map_or(Ok(0), |round| round.parse())?;
                ensure!(
                    round >= last,
                    "went back from {last} to {round} ({freshness:?})"
                );
                last = round;
                tokio::task::yield_now().await;
            }
            Checked::<()>::Ok(())
        })
    });
    let written = async {
        for round in 1..=cx.rounds(30) {
            registry.apply(state(round).apply()).await?;
        }
        Checked::<()>::Ok(())
    }
    .await;
    done.store(true, Ordering::Relaxed);
    for reader in readers {
        reader.await??;
    }
    written
}

async fn writers_do_not_disturb_each_other(cx: Context) -> Checked {
    let registry = cx.registry().await?;
    let rounds = cx.rounds(6);
    at_once((0..TASKS).map(|task| {
        let registry = registry.clone();
        async move {
            let name = format!("trips_{task}");
            registry.apply(view(&name).apply()).await?;
            for round in 0..rounds {
                let (start, end) = samples::interval(task, round);
                registry
                    .apply_materialization("fahrten", &name, start, end)
                    .await?;
                registry
                    .apply(view(&name).redefined(&format!("f{round}")).apply())
                    .await?;
            }
            Ok(())
        }
    }))
    .await?;
    for task in 0..TASKS {
        let name = format!("trips_{task}");
        let row = registry.get(&view(&name).key, Freshness::Store).await?;
        ensure_eq!(
            samples::intervals(&row).len(),
            rounds,
            "intervals of {name}"
        );
        let versions = registry.list_versions("fahrten", &name).await?.len();
        ensure_eq!(versions, rounds + 1, "versions of {name}");
    }
    Ok(())
}

/// Locks are taken in one order, so opposite batches never wait for each other.
async fn batches_in_any_order_all_succeed(cx: Context) -> Checked {
    let registry = cx.registry().await?;
    let names = ["a", "b", "c", "d", "e"];
    let rounds = cx.rounds(6);
    at_once((0..TASKS).map(|task| {
        let registry = registry.clone();
        async move {
            for round in 0..rounds {
                let text = format!("{task} {round}");
                let mut changes: Vec<Change> = names
                    .iter()
                    .flat_map(|name| {
                        let entity = Sample::new(Kind::Entity, "fahrten", name);
                        [view(name), entity].map(|sample| sample.tagged("by", &text).change())
                    })
                    .collect();
                if task % 2 == 0 {
                    changes.reverse();
                }
                changes.rotate_left(task % names.len());
                registry.commit(changes).await?;
            }
            Ok(())
        }
    }))
    .await?;
    let mut winners = Vec::new();
    for row in rows::all(&registry).await? {
        let path = match row.key.kind {
            Kind::FeatureView => &[1, 5],
            Kind::Entity => &[1, 8],
            _ => continue,
        };
        winners.push(wire::string_map(&row.body, path)?.remove("by"));
    }
    ensure_eq!(winners.len(), 2 * names.len(), "objects");
    let one = winners.iter().all(|winner| *winner == winners[0]);
    ensure!(one, "a mixture of batches: {winners:?}");
    Ok(())
}

async fn one_name_in_four_kinds_is_given_once(cx: Context) -> Checked {
    let registry = cx.registry().await?;
    for round in 0..cx.rounds(6) {
        let name = format!("new_{round}");
        let won = at_once(Kind::VIEWS.into_iter().map(|kind| {
            let registry = registry.clone();
            let sample = Sample::new(kind, "fahrten", &name);
            async move {
                match registry.apply(sample.apply()).await {
                    Ok(_) => Ok(true),
                    Err(error) if error.kind() == ErrorKind::NameConflict => Ok(false),
                    Err(error) => Err(Failure::from(error)),
                }
            }
        }))
        .await?;
        ensure_eq!(
            won.iter().filter(|won| **won).count(),
            1,
            "winners of `{name}`"
        );
        let mut found = 0;
        for kind in Kind::VIEWS {
            let key = Key::new(kind, "fahrten", &*name);
            found += usize::from(registry.find(&key, Freshness::Store).await?.is_some());
        }
        ensure_eq!(found, 1, "views named `{name}`");
        ensure_eq!(
            registry.list_versions("fahrten", &name).await?.len(),
            1,
            "versions"
        );
    }
    Ok(())
}

async fn one_new_name_applied_by_many_is_one_view(cx: Context) -> Checked {
    let registry = cx.registry().await?;
    for round in 0..cx.rounds(5) {
        let name = format!("new_{round}");
        let versions = at_once((0..TASKS).map(|task| {
            let registry = registry.clone();
            let sample = view(&name).redefined(&format!("of_task_{task}"));
            async move { Ok(registry.apply(sample.apply()).await?.version) }
        }))
        .await?;
        let mut versions: Vec<i32> = versions.into_iter().flatten().collect();
        versions.sort_unstable();
        let wanted: Vec<i32> = (0..i32::try_from(TASKS)?).collect();
        ensure_eq!(versions, wanted, "versions answered");
        let kept = registry.list_versions("fahrten", &name).await?;
        let kept: Vec<i32> = kept.iter().map(|row| row.key.number).collect();
        ensure_eq!(kept, wanted, "versions kept");
    }
    Ok(())
}
