//! What Python writes behind our back, the next refresh of a cache finds: by figures, and by the log of changes, which
//! triggers write for Python too.

use std::collections::BTreeSet;

use feast_registry::{Freshness, Key, Kind, Registry};

use crate::database::{Database, rows};
use crate::engine::Engine;
use crate::objects::entity;
use crate::trials::trials;

trials! {
    everywhere {
        a_refresh_finds_every_change_that_python_makes,
        a_refresh_finds_them_in_a_log_of_changes,
    }
}

const PROJECT: &str = "refreshed";

/// An object, and the changes that Python makes of it. Most of them come within the same second as the one before.
const CHANGED: [(Kind, &str, &[&str]); 2] = [
    (
        Kind::Entity,
        "hot",
        &[
            "insert", "update", "update", "update", "recreate", "recreate", "delete", "insert",
            "recreate", "update", "delete",
        ],
    ),
    // With a version, Feast writes the row of the view a second time, under the stamp that it has.
    (
        Kind::FeatureView,
        "hot_view",
        &[
            "grow",
            "grow",
            "describe",
            "grow",
            "materialize",
            "materialize",
            "grow",
            "materialize",
            "renew",
            "grow",
            "drop",
            "grow",
            "materialize",
        ],
    ),
];

async fn a_refresh_finds_every_change_that_python_makes(engine: Engine) {
    let database = Database::absent(engine);
    follow(&database, &database.open().await).await;
}

async fn a_refresh_finds_them_in_a_log_of_changes(engine: Engine) {
    let database = Database::absent(engine);
    let store = database.open().await;
    store.store().keep_log(true, false).await.unwrap();
    let registry = database.open().await;
    follow(&database, &registry).await;
    let kept = registry.store().logged(None).await.unwrap();
    assert!(kept.is_some(), "the log is gone");
}

/// Lets Python make each change, and compares what is cached after a refresh with what is stored.
async fn follow(database: &Database, registry: &Registry) {
    // A project that is not new, so that the only thing that changes is the object.
    let ours = entity("ours");
    registry.apply_object(PROJECT, &ours).await.unwrap();
    registry.refresh().await.unwrap();
    let mut seen = BTreeSet::new();
    for (kind, name, changes) in CHANGED {
        let key = Key::new(kind, PROJECT, name);
        let mut last = None;
        for (number, change) in changes.iter().enumerate() {
            let description = format!("change {number}");
            let arguments = ["--project", PROJECT, "--change", change];
            let arguments = [&arguments[..], &["--description", &description]].concat();
            database.python("change.py", &arguments);
            registry.refresh().await.unwrap();
            let what = format!("change {number}, {change} of {name}");
            let now = registry.find(&key, Freshness::Store).await.unwrap();
            assert_ne!(now, last, "{what}, did nothing");
            assert_cached(&what, registry, &mut seen).await;
            last = now;
        }
    }
    let is_version = |key: &&Key| key.kind == Kind::Version;
    assert!(seen.iter().filter(is_version).count() > 3, "{seen:?}");
}

/// Every row is cached as it is stored, versions and metadata too, and those that were there before are not.
async fn assert_cached(what: &str, registry: &Registry, seen: &mut BTreeSet<Key>) {
    let stored = rows(registry).await;
    for row in &stored {
        let cached = registry.find(&row.key, Freshness::Cache).await.unwrap();
        assert_eq!(cached.as_ref(), Some(row), "{what}: {}", row.key);
        seen.insert(row.key.clone());
    }
    for gone in seen
        .iter()
        .filter(|key| !stored.iter().any(|row| row.key == **key))
    {
        let cached = registry.find(gone, Freshness::Cache).await.unwrap();
        assert_eq!(cached, None, "{what}: {gone} is gone");
    }
}
