//! Connections that break in the middle, and a server that goes away and comes back.

use std::collections::BTreeSet;
use std::sync::Arc;

use feast_registry_core::{
    Effect, ErrorKind, Freshness, Kind, Registry, RegistryOptions, Store,
    store::{Activity, Consistency},
};
use tokio::task::JoinHandle;

use crate::check::{Checked, refused};
use crate::context::Context;
use crate::proxy::{Fault, Proxy};
use crate::samples::{self, Sample};
use crate::trial::{Need, Trial};

pub(super) fn trials() -> Vec<Trial> {
    trials!["outage":
        writers_outlive_connections_that_are_cut,
        writers_outlive_sessions_that_are_killed,
        a_call_under_way_waits_for_a_server_that_comes_back,
        a_call_that_begins_waits_for_a_server_that_comes_back,
        a_connection_cut_while_it_is_made_is_made_again,
        tables_are_made_through_connections_that_are_cut,
        what_only_reads_begins_again_on_another_connection,
        a_commit_that_never_arrived_is_unknown_and_did_nothing,
        a_commit_without_an_answer_is_unknown_and_happened_once,
        calls_wait_for_a_connection_when_all_are_taken,
    ]
    .into_iter()
    .map(|trial| trial.needing(&[Need::Server, Need::Shared]))
    .collect()
}

const WRITERS: usize = 8;
const PROJECT: &str = "fahrten";

fn view() -> Sample {
    Sample::new(Kind::FeatureView, PROJECT, "trips")
}

/// A registry with a view behind a proxy, and one beside it.
struct Stage {
    location: String,
    proxy: Proxy,
    registry: Registry,
    onlooker: Registry,
}

impl Stage {
    async fn new(cx: &Context) -> Checked<Stage> {
        let opened = cx.located().await?;
        let proxy = Proxy::start(cx.server()?.address()).await?;
        let store = cx.through(&opened.location, &proxy).await?;
        let registry = open(store).await?;
        registry.apply(view().apply()).await?;
        Ok(Stage {
            registry,
            proxy,
            onlooker: open(opened.store).await?,
            location: opened.location,
        })
    }

    /// A change of the view, in a task of its own.
    fn change(&self) -> JoinHandle<feast_registry_core::Result<Effect>> {
        let registry = self.registry.clone();
        tokio::spawn(async move {
            let change = view().tagged("edition", "second").apply();
            registry.apply(change).await.map(|outcome| outcome.effect)
        })
    }

    /// Waits until so many connections more were refused.
    async fn until_refused(&self, times: u64) {
        let before = self.proxy.connections();
        while self.proxy.connections() < before + times {
            tokio::task::yield_now().await;
        }
    }

    /// Fails unless the view has been changed, once.
    async fn is_changed(&self, effect: Effect) -> Checked {
        ensure_eq!(effect, Effect::Updated, "what the change did");
        let again = self
            .registry
            .apply(view().tagged("edition", "second").apply());
        ensure_eq!(again.await?.effect, Effect::Unchanged, "what it does again");
        Ok(())
    }
}

async fn open(store: Arc<dyn Store>) -> Checked<Registry> {
    Ok(Registry::open(store, RegistryOptions::default()).await?)
}

/// What became of the materialisations of one writer, by their beginnings.
#[derive(Default)]
struct Told {
    done: BTreeSet<i64>,
    unknown: BTreeSet<i64>,
}

async fn materialize(registry: Registry, writer: usize, rounds: usize) -> Checked<Told> {
    let mut told = Told::default();
    for round in 0..rounds {
        let (start, end) = samples::interval(writer, round);
        match registry
            .apply_materialization(PROJECT, "trips", start, end)
            .await
        {
            Ok(_) => told.done.insert(start.seconds),
            Err(error) if error.kind() == ErrorKind::UnknownOutcome => {
                told.unknown.insert(start.seconds)
            }
            Err(error) => return Err(error.into()),
        };
    }
    Ok(told)
}

async fn intervals(registry: &Registry) -> Checked<Vec<i64>> {
    let row = registry.get(&view().key, Freshness::Store).await?;
    let found = samples::intervals(&row).into_iter();
    Ok(found.map(|(start, _)| start).collect())
}

/// What happens to connections.
#[derive(Clone, Copy)]
enum Blow {
    Cut,
    Kill,
}

/// Lets writers materialise a view while it happens three times. Everything acknowledged is there, once,
/// and of what failed only what was said to be unknown.
async fn writers_outlive(cx: Context, blow: Blow) -> Checked {
    let stage = Stage::new(&cx).await?;
    let rounds = cx.rounds(12);
    let writers = (0..WRITERS).map(|writer| {
        let registry = stage.registry.clone();
        tokio::spawn(materialize(registry, writer, rounds))
    });
    let writers: Vec<_> = writers.collect();
    let all = WRITERS * rounds;
    let mut killed = 0;
    for part in 1..=3 {
        while intervals(&stage.onlooker).await?.len() < all * part / 5 {}
        match blow {
            Blow::Cut => stage.proxy.cut(),
            // Behind a pooler, a session is theirs only while one of them uses it.
            Blow::Kill => loop {
                let now = cx.server()?.kill(&stage.location).await?;
                killed += now;
                if now > 0 || writers.iter().all(JoinHandle::is_finished) {
                    break;
                }
            },
        }
    }
    let hit = matches!(blow, Blow::Cut) || killed > 0;
    ensure!(hit, "there was no session to kill");
    let mut told = Told::default();
    for writer in writers {
        let writer = writer.await??;
        told.done.extend(writer.done);
        told.unknown.extend(writer.unknown);
    }
    ensure_eq!(told.done.len() + told.unknown.len(), all, "answers");
    let kept = intervals(&stage.onlooker).await?;
    let found: BTreeSet<i64> = kept.iter().copied().collect();
    ensure_eq!(found.len(), kept.len(), "intervals, each counted once");
    ensure!(told.done.is_subset(&found), "an acknowledged one is gone");
    let may_be = |start: &i64| told.done.contains(start) || told.unknown.contains(start);
    ensure!(found.iter().all(may_be), "one that failed is there");
    Ok(())
}

async fn writers_outlive_connections_that_are_cut(cx: Context) -> Checked {
    writers_outlive(cx, Blow::Cut).await
}

async fn writers_outlive_sessions_that_are_killed(cx: Context) -> Checked {
    writers_outlive(cx, Blow::Kill).await
}

async fn a_call_under_way_waits_for_a_server_that_comes_back(cx: Context) -> Checked {
    let stage = Stage::new(&cx).await?;
    let begun = stage.proxy.round_trips();
    stage.proxy.set(Fault::BlackHole);
    let call = stage.change();
    while stage.proxy.round_trips() == begun {
        tokio::task::yield_now().await;
    }
    stage.proxy.set(Fault::Refuse);
    stage.proxy.cut();
    stage.until_refused(3).await;
    stage.proxy.set(Fault::None);
    stage.is_changed(call.await??).await
}

async fn a_call_that_begins_waits_for_a_server_that_comes_back(cx: Context) -> Checked {
    let stage = Stage::new(&cx).await?;
    stage.proxy.set(Fault::Refuse);
    stage.proxy.cut();
    let call = stage.change();
    stage.until_refused(3).await;
    stage.proxy.set(Fault::None);
    stage.is_changed(call.await??).await
}

/// At its first bytes, and later on the way to a session.
async fn a_connection_cut_while_it_is_made_is_made_again(cx: Context) -> Checked {
    let opened = cx.located().await?;
    let proxy = Proxy::start(cx.server()?.address()).await?;
    let step = if cx.is_soak() { 5 } else { 50 };
    for (number, bytes) in (0..=250).step_by(step).enumerate() {
        proxy.set(Fault::CutAfter(bytes));
        let registry = open(cx.through(&opened.location, &proxy).await?).await?;
        ensure_eq!(proxy.tripped(), number as u64 + 1, "cuts");
        registry.apply(view().apply()).await?;
    }
    Ok(())
}

async fn tables_are_made_through_connections_that_are_cut(cx: Context) -> Checked {
    let step = if cx.is_soak() { 80 } else { 1_600 };
    for bytes in (800..=4_000).step_by(step) {
        let opened = cx.open().await?;
        let proxy = Proxy::start(cx.server()?.address()).await?;
        let store = cx.through(&opened.location, &proxy).await?;
        proxy.set(Fault::CutAfter(bytes));
        let registry = open(store).await?;
        ensure_eq!(proxy.tripped(), 1, "cuts");
        registry.apply(view().apply()).await?;
    }
    Ok(())
}

/// The pool has a connection that is dead, which shows with the first statement.
async fn what_only_reads_begins_again_on_another_connection(cx: Context) -> Checked {
    let stage = Stage::new(&cx).await?;
    let store = stage.registry.store();
    stage.proxy.set(Fault::CutAfter(0));
    open(Arc::clone(store)).await?;
    stage.proxy.set(Fault::CutAfter(0));
    drop(store.snapshot(Consistency::Primary).await?);
    stage.proxy.set(Fault::CutAfter(0));
    intervals(&stage.registry).await?;
    ensure_eq!(stage.proxy.tripped(), 3, "cuts");
    Ok(())
}

/// Loses a COMMIT or its answer: of a change, of a materialisation and of a new version. What is then
/// there, `happened` times more than before, is counted.
async fn commit_lost(
    cx: &Context,
    fault: impl Fn([&[u8]; 2]) -> Fault,
    happened: usize,
) -> Checked {
    let stage = Stage::new(cx).await?;
    let (registry, onlooker) = (&stage.registry, &stage.onlooker);
    let lose = || -> Checked {
        stage.proxy.set(fault(cx.server()?.commit()));
        Ok(())
    };
    lose()?;
    refused(stage.change().await?, ErrorKind::UnknownOutcome)?;
    let then = [Effect::Updated, Effect::Unchanged][happened];
    ensure_eq!(stage.change().await??, then, "what the change does again");

    lose()?;
    let (start, end) = samples::interval(0, 0);
    let done = registry.apply_materialization(PROJECT, "trips", start, end);
    refused(done.await, ErrorKind::UnknownOutcome)?;
    let found = intervals(onlooker).await?.len();
    ensure_eq!(found, happened, "intervals");

    let versions = async || Checked::Ok(onlooker.list_versions(PROJECT, "trips").await?.len());
    let before = versions().await?;
    lose()?;
    let redefined = registry.apply(view().redefined("another").apply());
    refused(redefined.await, ErrorKind::UnknownOutcome)?;
    ensure_eq!(versions().await?, before + happened, "versions");
    ensure_eq!(stage.proxy.tripped(), 3, "cuts");
    Ok(())
}

async fn a_commit_that_never_arrived_is_unknown_and_did_nothing(cx: Context) -> Checked {
    let fault = |[request, _]: [&[u8]; 2]| Fault::LoseRequest(request.to_vec());
    commit_lost(&cx, fault, 0).await
}

async fn a_commit_without_an_answer_is_unknown_and_happened_once(cx: Context) -> Checked {
    let fault = |[request, answer]: [&[u8]; 2]| Fault::LoseAnswer {
        request: request.to_vec(),
        answer: answer.to_vec(),
    };
    commit_lost(&cx, fault, 1).await
}

/// The first of them hold every connection and get no answer, the others get none until those are
/// cut off.
async fn calls_wait_for_a_connection_when_all_are_taken(cx: Context) -> Checked {
    let stage = Stage::new(&cx).await?;
    let connections = || {
        let activity: Activity = stage.registry.store().activity();
        activity.connections.unwrap_or_default()
    };
    let calls = 2 * connections().most;
    ensure!(
        calls > 0,
        "the store does not say how many connections it has"
    );
    stage.proxy.set(Fault::BlackHole);
    let calls: Vec<_> = (0..calls)
        .map(|call| {
            let registry = stage.registry.clone();
            let entity = Sample::new(Kind::Entity, PROJECT, &format!("driver_{call}"));
            tokio::spawn(async move { registry.apply(entity.apply()).await })
        })
        .collect();
    while connections().waiting == 0 {
        tokio::task::yield_now().await;
    }
    stage.proxy.set(Fault::None);
    stage.proxy.cut();
    for call in calls {
        ensure_eq!(call.await??.effect, Effect::Created, "an entity");
    }
    Ok(())
}
