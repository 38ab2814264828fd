//! What one change costs, in statements: the same in a large registry as in a small one.

#![allow(clippy::unwrap_used, reason = "a test fails by panic")]

use std::sync::Arc;

use feast_registry_core::{Apply, Effect, Kind, Registry, RegistryOptions, Store};
use feast_registry_proto::core::{FeatureSpecV2, FeatureView, FeatureViewSpec};
use feast_registry_proto::prost::Message;
use feast_registry_sql::{Counters, SqlStore};
use feast_registry_sqlite::{SqliteDriver, SqliteSettings, open};

struct Fixture {
    registry: Registry,
    store: Arc<SqlStore<SqliteDriver>>,
}

impl Fixture {
    /// A registry with projects of ten views each.
    async fn with_projects(projects: usize) -> Self {
        let store = Arc::new(open(&SqliteSettings::memory()).unwrap());
        let registry = Registry::open(Arc::clone(&store) as _, RegistryOptions::default())
            .await
            .unwrap();
        for project in 0..projects {
            for view in 0..10 {
                registry
                    .apply(apply(
                        &format!("p{project}"),
                        &format!("v{view}"),
                        "first",
                        1,
                    ))
                    .await
                    .unwrap();
            }
        }
        Fixture { registry, store }
    }

    /// How many statements an apply sends.
    async fn cost(&self, apply: Apply, expected: Effect) -> u64 {
        let before = self.counters().statements();
        assert_eq!(self.registry.apply(apply).await.unwrap().effect, expected);
        self.counters().statements() - before
    }

    fn counters(&self) -> &Counters {
        self.store.counters()
    }
}

fn apply(project: &str, view: &str, description: &str, features: usize) -> Apply {
    let feature = |n| FeatureSpecV2 {
        name: format!("f{n}"),
        value_type: 4,
        ..Default::default()
    };
    let spec = FeatureViewSpec {
        name: view.to_owned(),
        entities: vec!["driver".to_owned()],
        description: description.to_owned(),
        features: (0..features).map(feature).collect(),
        ..Default::default()
    };
    Apply::new(
        Kind::FeatureView,
        project,
        view,
        FeatureView {
            spec: Some(spec),
            meta: None,
        }
        .encode_to_vec(),
    )
}

#[tokio::test]
async fn an_apply_costs_the_same_with_one_project_and_with_twenty() {
    let (small, large) = (
        Fixture::with_projects(1).await,
        Fixture::with_projects(20).await,
    );
    let applies = [
        (apply("p0", "v1", "first", 1), Effect::Unchanged),
        (apply("p0", "new", "first", 1), Effect::Created),
    ];
    for (apply, effect) in applies {
        assert_eq!(
            small.cost(apply.clone(), effect).await,
            large.cost(apply, effect).await,
            "{effect:?}"
        );
    }
}

/// The stamp of the project is read and written once a second: a second change within it costs less.
async fn settled(fixture: &Fixture, change: impl Fn(u32) -> Apply) -> u64 {
    let mut least = u64::MAX;
    for round in 0..3 {
        least = least.min(fixture.cost(change(round), Effect::Updated).await);
    }
    least
}

#[tokio::test]
async fn a_change_of_a_view_is_four_statements() {
    let fixture = Fixture::with_projects(1).await;
    // BEGIN; the view; UPDATE; COMMIT. The stamp of the project is known for a second.
    let cost = settled(&fixture, |round| {
        apply("p0", "v1", &format!("edition {round}"), 1)
    })
    .await;
    assert_eq!(cost, 4);
}

#[tokio::test]
async fn a_new_version_of_a_view_costs_two_statements_more() {
    let fixture = Fixture::with_projects(1).await;
    let cost = settled(&fixture, |round| {
        apply("p0", "v1", "first", 2 + round as usize)
    })
    .await;
    // And its newest version, and the row of the new one.
    assert_eq!(cost, 6);
}

#[tokio::test]
async fn a_materialisation_is_four_statements() {
    let fixture = Fixture::with_projects(1).await;
    let mut least = u64::MAX;
    for _ in 0..3 {
        let before = fixture.counters().statements();
        fixture
            .registry
            .apply_materialization("p0", "v1", Default::default(), Default::default())
            .await
            .unwrap();
        least = least.min(fixture.counters().statements() - before);
    }
    // BEGIN; the view; UPDATE; COMMIT. The stamp of the project is known for a second.
    assert_eq!(least, 4);
}

#[tokio::test]
async fn a_get_is_one_statement_and_a_list_too() {
    let fixture = Fixture::with_projects(1).await;
    let before = fixture.counters().statements();
    fixture
        .registry
        .get_object::<FeatureView>("p0", "v1", Default::default())
        .await
        .unwrap();
    fixture
        .registry
        .list_objects::<FeatureView>("p0", Default::default())
        .await
        .unwrap();
    assert_eq!(fixture.counters().statements() - before, 2);
}

#[tokio::test]
async fn a_refresh_with_nothing_new_is_no_statement_over_tables() {
    let folder = tempfile::tempdir().unwrap();
    let settings = SqliteSettings::file(folder.path().join("registry.db"));
    let store = Arc::new(open(&settings).unwrap());
    let registry = Registry::open(Arc::clone(&store) as _, RegistryOptions::default());
    let registry = registry.await.unwrap();
    registry.apply(apply("p", "v", "first", 1)).await.unwrap();
    registry.refresh().await.unwrap();
    let before = store.counters().statements();
    registry.refresh().await.unwrap();
    // The driver asks a connection that watches the file.
    assert_eq!(store.counters().statements() - before, 0);
}

#[tokio::test]
async fn a_log_of_changes_costs_a_change_no_statement() {
    let fixture = Fixture::with_projects(1).await;
    fixture.store.keep_log(true, false).await.unwrap();
    let cost = settled(&fixture, |round| {
        apply("p0", "v1", &format!("edition {round}"), 1)
    })
    .await;
    assert_eq!(cost, 4);
}

/// How many statements a refresh sends after somebody else has changed one view.
async fn cost_of_a_refresh(fixture: &Fixture) -> u64 {
    fixture.store.keep_log(true, false).await.unwrap();
    let store = Arc::clone(&fixture.store) as _;
    let reader = Registry::open(store, RegistryOptions::default());
    let reader = reader.await.unwrap();
    reader.refresh().await.unwrap();
    fixture
        .registry
        .apply(apply("p0", "v1", "changed", 1))
        .await
        .unwrap();
    let before = fixture.counters().statements();
    reader.refresh().await.unwrap();
    fixture.counters().statements() - before
}

#[tokio::test]
async fn a_refresh_reads_the_log_and_the_rows_that_it_names() {
    // The log; the view, and the stamp of the project if it was its first change of the second.
    for projects in [1, 20] {
        let cost = cost_of_a_refresh(&Fixture::with_projects(projects).await).await;
        assert!((2..=3).contains(&cost), "{cost} with {projects}");
    }
}
