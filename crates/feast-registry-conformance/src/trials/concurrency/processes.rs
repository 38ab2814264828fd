//! Several processes on one store.

use feast_registry_core::{Freshness, Kind, Registry, RegistryOptions};

use crate::check::Checked;
use crate::context::Context;
use crate::samples::{self, Sample};
use crate::trial::{Need, Trial};
use crate::worker::{self, Job, Order};

pub(super) fn trials() -> Vec<Trial> {
    trials!["concurrency::processes":
        all_intervals_are_kept,
        versions_are_numbered_without_gap_or_repetition,
        one_name_in_four_kinds_is_given_once,
    ]
    .into_iter()
    .map(|trial| trial.needing(&[Need::Shared, Need::Processes]))
    .collect()
}

const PROCESSES: usize = 6;

fn view() -> Sample {
    Sample::new(Kind::FeatureView, "fahrten", "trips")
}

/// Runs one job per process on a store with a view; the jobs know their number.
async fn run(
    cx: &Context,
    with_view: bool,
    job: impl Fn(usize) -> Job,
) -> Checked<(Registry, Vec<Vec<String>>)> {
    let opened = cx.located().await?;
    let registry = Registry::open(opened.store, RegistryOptions::default()).await?;
    if with_view {
        registry.apply(view().apply()).await?;
    }
    let orders = (0..PROCESSES).map(|worker| Order {
        location: opened.location.clone(),
        job: job(worker),
    });
    let said = worker::together(orders.collect()).await?;
    Ok((registry, said))
}

async fn all_intervals_are_kept(cx: Context) -> Checked {
    let times = cx.rounds(10);
    let (registry, _) = run(&cx, true, |worker| Job::Materialize {
        project: "fahrten".to_owned(),
        view: "trips".to_owned(),
        worker,
        times,
    })
    .await?;
    let row = registry.get(&view().key, Freshness::Store).await?;
    let mut found = samples::intervals(&row);
    found.sort_unstable();
    let mut wanted = Vec::new();
    for worker in 0..PROCESSES {
        wanted.extend((0..times).map(|round| {
            let (start, end) = samples::interval(worker, round);
            (start.seconds, end.seconds)
        }));
    }
    ensure_eq!(found, wanted, "intervals");
    Ok(())
}

async fn versions_are_numbered_without_gap_or_repetition(cx: Context) -> Checked {
    let times = cx.rounds(5);
    let (registry, said) = run(&cx, true, |worker| Job::Redefine {
        project: "fahrten".to_owned(),
        view: "trips".to_owned(),
        worker,
        times,
    })
    .await?;
    let mut numbers = Vec::new();
    for line in said.iter().flatten() {
        let (number, feature) = line.split_once(' ').unwrap_or_default();
        let number: i32 = number.parse()?;
        let row = registry.get_version("fahrten", "trips", number).await?;
        let of_it = samples::features(&row).iter().any(|name| name == feature);
        ensure!(of_it, "v{number} is not of {feature}");
        numbers.push(number);
    }
    numbers.sort_unstable();
    let wanted: Vec<i32> = (1..=i32::try_from(PROCESSES * times)?).collect();
    ensure_eq!(numbers, wanted, "numbers answered");
    Ok(())
}

async fn one_name_in_four_kinds_is_given_once(cx: Context) -> Checked {
    for _ in 0..cx.rounds(2) {
        let (registry, said) = run(&cx, false, |worker| Job::Claim {
            project: "fahrten".to_owned(),
            view: "trips".to_owned(),
            kind: Kind::VIEWS[worker % Kind::VIEWS.len()].to_string(),
        })
        .await?;
        let mut winners = Vec::new();
        for (worker, lines) in said.iter().enumerate() {
            if lines.iter().any(|line| line == "won") {
                winners.push(Kind::VIEWS[worker % Kind::VIEWS.len()]);
            }
        }
        // Two processes of one kind may both have it.
        winners.sort_unstable();
        winners.dedup();
        ensure_eq!(winners.len(), 1, "kinds that won: {winners:?}");
        let row = registry
            .get_any_view("fahrten", "trips", Freshness::Store)
            .await?;
        ensure_eq!(row.key.kind, winners[0], "the kind of the view");
    }
    Ok(())
}
