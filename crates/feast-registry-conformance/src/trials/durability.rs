//! What was acknowledged survives whatever happens to the process.

use std::collections::BTreeSet;
use std::time::Duration;

use feast_registry_core::store::Teardown;
use feast_registry_core::{Kind, Record, Registry, RegistryOptions};
use tokio::time::timeout;

use crate::check::{Checked, Failure};
use crate::context::Context;
use crate::random::Random;
use crate::rows;
use crate::samples::{self, Sample};
use crate::trial::{Need, Trial};
use crate::worker::{self, Job, Order, Worker};

pub(super) fn trials() -> Vec<Trial> {
    let reopening = trials!["durability::reopen":
        everything_is_still_there,
        what_was_deleted_stays_deleted,
        a_teardown_stays,
    ];
    let killing = trials!["durability::kill":
        acknowledged_writes_survive_and_none_is_half,
    ];
    let reopening = reopening
        .into_iter()
        .map(|trial| trial.needing(&[Need::Durable]));
    let killing = killing
        .into_iter()
        .map(|trial| trial.needing(&[Need::Durable, Need::Processes]));
    reopening.chain(killing).collect()
}

/// A registry in a store, and where the store is.
async fn registry(cx: &Context) -> Checked<(Registry, String)> {
    let opened = cx.open().await?;
    let registry = Registry::open(opened.store, RegistryOptions::default()).await?;
    Ok((registry, opened.location))
}

async fn again(cx: &Context, registry: Registry, location: &str) -> Checked<Registry> {
    registry.close().await?;
    drop(registry);
    let store = cx.reopen(location).await?;
    Ok(Registry::open(store, RegistryOptions::default()).await?)
}

async fn everything_is_still_there(cx: Context) -> Checked {
    let (mut registry, location) = registry(&cx).await?;
    let mut wanted: Vec<Record> = Vec::new();
    for round in 0..3 {
        ensure_eq!(
            rows::all(&registry).await?,
            wanted,
            "all rows in round {round}"
        );
        for kind in Kind::OBJECTS {
            let sample = Sample::new(kind, "fahrten", &format!("{kind} {round}"));
            registry.apply(sample.apply()).await?;
        }
        registry.update_infra("fahrten", samples::infra()).await?;
        registry
            .set_project_metadata("fahrten", "round", round.to_string())
            .await?;
        let view = format!("FeatureView {round}");
        registry
            .set_user_metadata("fahrten", &view, &b"mine"[..])
            .await?;
        wanted = rows::all(&registry).await?;
        registry = again(&cx, registry, &location).await?;
    }
    ensure_eq!(rows::all(&registry).await?, wanted, "all rows in the end");
    Ok(())
}

async fn what_was_deleted_stays_deleted(cx: Context) -> Checked {
    let (registry, location) = registry(&cx).await?;
    let view = Sample::new(Kind::FeatureView, "fahrten", "trips");
    registry.apply(view.apply()).await?;
    registry
        .apply(Sample::new(Kind::Entity, "other", "driver").apply())
        .await?;
    registry.delete(view.delete()).await?;
    registry.delete_project("other", None).await?;
    let wanted = rows::all(&registry).await?;
    let registry = again(&cx, registry, &location).await?;
    ensure_eq!(rows::all(&registry).await?, wanted, "all rows");
    Ok(())
}

async fn a_teardown_stays(cx: Context) -> Checked {
    let (mut registry, location) = registry(&cx).await?;
    for what in [Teardown::Rows, Teardown::Tables] {
        registry
            .apply(Sample::new(Kind::Entity, "fahrten", "driver").apply())
            .await?;
        registry.teardown_all(what).await?;
        registry = again(&cx, registry, &location).await?;
        ensure_eq!(
            rows::all(&registry).await?,
            vec![],
            "all rows after {what:?}"
        );
    }
    Ok(())
}

async fn acknowledged_writes_survive_and_none_is_half(cx: Context) -> Checked {
    let (mut registry, location) = registry(&cx).await?;
    let mut random = Random::new(cx.seed());
    let mut promised: Vec<(String, u64)> = Vec::new();
    for round in 0..cx.rounds(4) {
        let prefix = format!("round {round}");
        let order = Order {
            location: location.clone(),
            job: Job::Append {
                project: "fahrten".to_owned(),
                prefix: prefix.clone(),
            },
        };
        let last = killed_after(order, 3 + random.below(40)).await?;
        promised.push((prefix, last));

        // The one that was killed keeps nobody from writing.
        let after = Sample::new(Kind::Entity, "fahrten", &format!("after {round}"));
        match timeout(Duration::from_secs(60), registry.apply(after.apply())).await {
            Ok(applied) => drop(applied?),
            Err(_) => return Err(Failure::new("the killed process has left a lock")),
        }
        check(&registry, &promised).await?;
        registry = again(&cx, registry, &location).await?;
        check(&registry, &promised).await?;
    }
    Ok(())
}

/// Kills a worker once it has acknowledged so many writes: the last one that it did.
async fn killed_after(order: Order, writes: usize) -> Checked<u64> {
    worker::blocking(move || {
        let mut worker = Worker::start(&order)?;
        worker.go()?;
        let mut last = None;
        for _ in 0..writes {
            let line = worker.line()?;
            last = Some(crate::check::present(line, "an acknowledgement")?);
        }
        // What it says between our last look and its death counts as well.
        let last = worker.kill()?.pop().or(last);
        Ok(crate::check::present(last, "an acknowledgement")?.parse()?)
    })
    .await
}

async fn check(registry: &Registry, promised: &[(String, u64)]) -> Checked {
    let rows = rows::all(registry).await?;
    let names: BTreeSet<&str> = rows::names(&rows).into_iter().collect();
    for (prefix, last) in promised {
        // One more may have been committed without our hearing of it.
        for number in 0..=last + 1 {
            let pair = samples::pair_names(prefix, number);
            let found = pair
                .iter()
                .filter(|name| names.contains(name.as_str()))
                .count();
            ensure!(found != 1, "half of pair {number} of {prefix}");
            ensure!(
                found == 2 || number > *last,
                "pair {number} of {prefix} is lost"
            );
        }
    }
    Ok(())
}
