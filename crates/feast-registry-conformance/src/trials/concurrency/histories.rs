//! Random operations of many writers, and the serial order that must explain them.

use feast_registry_core::{Kind, Registry, RegistryOptions};

use super::at_once;
use crate::check::Checked;
use crate::context::Context;
use crate::history::{self, Event, Writer};
use crate::samples::Sample;
use crate::trial::{Need, Trial};
use crate::worker::{self, Job, Order};

const PROJECT: &str = "fahrten";

pub(super) fn trials() -> Vec<Trial> {
    vec![
        Trial::new(
            "concurrency::histories::a_serial_order_explains_what_tasks_were_told",
            tasks,
        ),
        Trial::new(
            "concurrency::histories::a_serial_order_explains_what_processes_were_told",
            processes,
        )
        .needing(&[Need::Shared, Need::Processes]),
    ]
}

/// How much is done: processes, tasks of each, operations of each, views.
#[derive(Clone, Copy)]
struct Extent {
    processes: usize,
    tasks: usize,
    operations: usize,
    views: usize,
}

impl Extent {
    fn of(cx: &Context) -> Self {
        match cx.is_soak() {
            true => Extent {
                processes: 4,
                tasks: 64,
                operations: 20,
                views: 5,
            },
            false => Extent {
                processes: 3,
                tasks: 6,
                operations: 8,
                views: 2,
            },
        }
    }

    fn writers(self, cx: &Context, process: usize) -> Vec<Writer> {
        let writer = |task| Writer {
            project: PROJECT.to_owned(),
            views: self.views,
            number: process * self.tasks + task,
            operations: self.operations,
            seed: cx.seed(),
        };
        (0..self.tasks).map(writer).collect()
    }
}

async fn create(registry: &Registry, views: usize) -> Checked {
    for view in 0..views {
        let name = history::view_name(view);
        let sample = Sample::new(Kind::FeatureView, PROJECT, &name);
        registry.apply(sample.apply()).await?;
    }
    Ok(())
}

async fn tasks(cx: Context) -> Checked {
    let registry = cx.registry().await?;
    let extent = Extent::of(&cx);
    create(&registry, extent.views).await?;
    let writers = extent.writers(&cx, 0).into_iter();
    let events = at_once(writers.map(|writer| {
        let registry = registry.clone();
        async move { writer.run(&registry).await }
    }))
    .await?;
    history::check(&registry, PROJECT, &events.concat()).await
}

async fn processes(cx: Context) -> Checked {
    let opened = cx.located().await?;
    let registry = Registry::open(opened.store, RegistryOptions::default()).await?;
    let extent = Extent::of(&cx);
    create(&registry, extent.views).await?;
    let orders = (0..extent.processes).map(|process| Order {
        location: opened.location.clone(),
        job: Job::Mix(extent.writers(&cx, process)),
    });
    let said = worker::together(orders.collect()).await?;
    let lines = said.iter().flatten();
    let events: Result<Vec<Event>, _> = lines.map(|line| serde_json::from_str(line)).collect();
    let events = events?;
    ensure_eq!(
        events.len(),
        extent.processes * extent.tasks * extent.operations,
        "operations that were told of"
    );
    history::check(&registry, PROJECT, &events).await
}
