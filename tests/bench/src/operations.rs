//! What the registry sends for one operation, as the store counts it.

use feast_registry_core::{Change, Delete, Freshness, Key, Kind, Query, Registry};

use crate::sample;
use crate::work::{apply, at};

/// A project of its own, so that no other work changes what is counted.
const PROJECT: &str = "operations";
const VIEWS: usize = 1_000;
/// The first call of a second also stamps the project: the fewest of some calls are counted.
const CALLS: u32 = 7;

#[derive(Clone, Copy, Debug)]
enum Operation {
    Get,
    List,
    ApplyUnchanged,
    ApplyChanged,
    ApplyVersion,
    ApplyNew,
    ApplyNewProject,
    Materialise,
    Delete,
    Refresh,
    RefreshChanged,
}

use Operation::*;

const OPERATIONS: [(Operation, &str); 11] = [
    (Get, "get a view, uncached"),
    (List, "list 1,000 views, uncached"),
    (ApplyUnchanged, "apply a view that is there already"),
    (ApplyChanged, "apply a changed view"),
    (ApplyVersion, "apply a new version of a view"),
    (ApplyNew, "apply a new view"),
    (ApplyNewProject, "apply a view in a new project"),
    (Materialise, "materialise a view"),
    (Delete, "delete a view"),
    (Refresh, "refresh the cache, nothing changed"),
    (RefreshChanged, "refresh the cache, one view changed"),
];

pub(crate) async fn all(name: &str, registry: &Registry) {
    println!(
        "\n{:<52} {:>12} {:>12}",
        format!("Operations on {name}"),
        "statements",
        "round trips"
    );
    let views = sample::views(VIEWS, 0).into_iter();
    let views = views.map(|(name, body)| apply(PROJECT, &name, body));
    registry.commit(views.collect()).await.unwrap();
    for (operation, what) in OPERATIONS {
        let (mut statements, mut trips) = (u64::MAX, u64::MAX);
        for round in 1..=CALLS {
            operation.prepare(registry, round).await;
            let before = registry.store().activity();
            operation.call(registry, round).await;
            let after = registry.store().activity();
            statements = statements.min(after.statements - before.statements);
            trips = trips.min(after.round_trips - before.round_trips);
        }
        println!("{what:<52} {statements:>12} {trips:>12}");
    }
}

impl Operation {
    /// What comes before the call, uncounted.
    async fn prepare(self, registry: &Registry, round: u32) {
        match self {
            Refresh => registry.refresh().await.unwrap(),
            RefreshChanged => {
                registry.refresh().await.unwrap();
                ApplyChanged.call(registry, 100 + round).await;
            }
            _ => {}
        }
    }

    async fn call(self, registry: &Registry, round: u32) {
        let name = sample::name(0);
        let commit = async |change: Change| {
            registry.commit(vec![change]).await.unwrap();
        };
        let fresh = VIEWS + round as usize;
        match self {
            Get => {
                let key = Key::new(Kind::FeatureView, PROJECT, name);
                registry.get(&key, Freshness::Store).await.unwrap();
            }
            List => {
                let mut query = Query::new(Kind::FeatureView, PROJECT);
                query.freshness = Freshness::Store;
                registry.list(&query).await.unwrap();
            }
            ApplyUnchanged => commit(apply(PROJECT, &name, sample::view(0, 0))).await,
            ApplyChanged => commit(apply(PROJECT, &name, sample::described(0, round))).await,
            ApplyVersion => commit(apply(PROJECT, &name, sample::view(0, round))).await,
            ApplyNew => {
                commit(apply(PROJECT, &sample::name(fresh), sample::view(fresh, 0))).await;
            }
            ApplyNewProject => {
                let project = format!("{PROJECT}_{round}");
                commit(apply(&project, &name, sample::view(0, 0))).await;
            }
            Materialise => {
                let second = 1_800_000_000 + i64::from(round);
                let applied =
                    registry.apply_materialization(PROJECT, &name, at(second), at(second + 1));
                applied.await.unwrap();
            }
            Delete => {
                let delete = Delete::new(Kind::FeatureView, PROJECT, sample::name(fresh));
                registry.delete(delete).await.unwrap();
            }
            Refresh | RefreshChanged => registry.refresh().await.unwrap(),
        }
    }
}
