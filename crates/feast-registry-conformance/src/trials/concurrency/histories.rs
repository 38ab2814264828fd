//! Random operations of many writers, and the serial order that must explain them.

use feast_registry_core::{Kind, Registry, RegistryOptions};
use serde::de::DeserializeOwned;

use super::at_once;
use crate::check::Checked;
use crate::context::Context;
use crate::history::projects::{self, Settler};
use crate::history::{self, Writer};
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
        Trial::new(
            "concurrency::histories::a_serial_order_explains_projects_to_tasks",
            projects_of_tasks,
        ),
        Trial::new(
            "concurrency::histories::a_serial_order_explains_projects_to_processes",
            projects_of_processes,
        )
        .needing(&[Need::Shared, Need::Processes]),
    ]
}

/// How many writers share a project, in which they are in each other's way all the time.
const SETTLERS: usize = 8;

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

    /// Writers of every process meet in each project.
    fn settlers(self, cx: &Context, process: usize) -> Vec<Settler> {
        let projects = (self.processes * self.tasks / SETTLERS).max(1);
        let settler = |task| {
            let number = process * self.tasks + task;
            Settler {
                project: number % projects,
                number,
                operations: self.operations,
                seed: cx.seed(),
            }
        };
        (0..self.tasks).map(settler).collect()
    }

    /// Runs a job in each process; what all their operations were told.
    async fn told<E: DeserializeOwned>(
        self,
        location: &str,
        job: impl Fn(usize) -> Job,
    ) -> Checked<Vec<E>> {
        let orders = (0..self.processes).map(|process| Order {
            location: location.to_owned(),
            job: job(process),
        });
        let said = worker::together(orders.collect()).await?;
        let lines = said.iter().flatten();
        let events: Result<Vec<E>, _> = lines.map(|line| serde_json::from_str(line)).collect();
        let (events, all) = (events?, self.processes * self.tasks * self.operations);
        let most = 10 * events.len() >= 9 * all;
        ensure!(most, "only {} of {all} operations were done", events.len());
        Ok(events)
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
    let events = at_once(writers.map(|writer| writer.run(registry.clone()))).await?;
    history::check(&registry, PROJECT, &events.concat()).await
}

async fn processes(cx: Context) -> Checked {
    let opened = cx.located().await?;
    let registry = Registry::open(opened.store, RegistryOptions::default()).await?;
    let extent = Extent::of(&cx);
    create(&registry, extent.views).await?;
    let job = |process| Job::Mix(extent.writers(&cx, process));
    let events = extent.told(&opened.location, job).await?;
    history::check(&registry, PROJECT, &events).await
}

async fn projects_of_tasks(cx: Context) -> Checked {
    let registry = cx.registry().await?;
    let extent = Extent {
        processes: 1,
        ..Extent::of(&cx)
    };
    let settlers = extent.settlers(&cx, 0).into_iter();
    let events = at_once(settlers.map(|settler| settler.run(registry.clone()))).await?;
    projects::check(&registry, &events.concat()).await
}

async fn projects_of_processes(cx: Context) -> Checked {
    let opened = cx.located().await?;
    let registry = Registry::open(opened.store, RegistryOptions::default()).await?;
    let extent = Extent::of(&cx);
    let job = |process| Job::Settle(extent.settlers(&cx, process));
    let events = extent.told(&opened.location, job).await?;
    projects::check(&registry, &events).await
}
