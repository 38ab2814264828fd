//! Version numbers under racing applies.

use std::collections::BTreeMap;

use feast_registry_core::{Apply, Freshness, Kind};

use super::{TASKS, at_once};
use crate::check::Checked;
use crate::context::Context;
use crate::samples::{self, Sample};
use crate::trial::Trial;

pub(super) fn trials() -> Vec<Trial> {
    trials_for!["concurrency", Kind::VIEWS;
        versions_are_numbered_without_gap_or_repetition,
        recorded_versions_are_numbered_too,
    ]
}

fn view(kind: Kind) -> Sample {
    Sample::new(kind, "fahrten", "trips")
}

async fn race(cx: &Context, kind: Kind, no_promote: bool) -> Checked {
    let registry = cx.registry().await?;
    registry.apply(view(kind).apply()).await?;
    let rounds = cx.rounds(4);
    let answers = at_once((0..TASKS).map(|task| {
        let registry = registry.clone();
        async move {
            let mut answers = Vec::new();
            for round in 0..rounds {
                let feature = format!("feature_{task}_{round}");
                let apply = Apply {
                    no_promote,
                    ..view(kind).redefined(&feature).apply()
                };
                answers.push((registry.apply(apply).await?.version, feature));
            }
            Ok(answers)
        }
    }))
    .await?;
    let mut by_number: BTreeMap<i32, String> = BTreeMap::new();
    for (version, feature) in answers.into_iter().flatten() {
        let number = crate::check::present(version, "the version of an outcome")?;
        let twice = by_number.insert(number, feature);
        ensure!(twice.is_none(), "v{number} was given twice");
    }
    let count = i32::try_from(TASKS * rounds)?;
    let numbers: Vec<i32> = by_number.keys().copied().collect();
    ensure_eq!(numbers, (1..=count).collect::<Vec<_>>(), "numbers answered");
    for (number, feature) in &by_number {
        let row = registry.get_version("fahrten", "trips", *number).await?;
        ensure!(
            samples::features(&row).contains(feature),
            "v{number} is not of {feature}"
        );
    }
    let active = registry.get(&view(kind).key, Freshness::Store).await?;
    let wanted = registry
        .get_version("fahrten", "trips", if no_promote { 0 } else { count })
        .await?;
    ensure_eq!(
        samples::features(&active),
        samples::features(&wanted),
        "what is active"
    );
    Ok(())
}

async fn versions_are_numbered_without_gap_or_repetition(cx: Context, kind: Kind) -> Checked {
    race(&cx, kind, false).await
}

async fn recorded_versions_are_numbered_too(cx: Context, kind: Kind) -> Checked {
    race(&cx, kind, true).await
}
