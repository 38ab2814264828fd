//! What Python writes behind our back, the next refresh of a cache finds: by figures, and by the log of changes, which
//! triggers write for Python too.

use feast_registry::{Freshness, Key, Kind, Record, Registry};

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

/// Most of them come within the same second as the one before.
const CHANGES: [&str; 11] = [
    "insert", "update", "update", "update", "recreate", "recreate", "delete", "insert", "recreate",
    "update", "delete",
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
    let mut last = stored(registry).await;
    for (number, change) in CHANGES.into_iter().enumerate() {
        let description = format!("change {number}");
        let arguments = ["--project", PROJECT, "--change", change];
        let arguments = [&arguments[..], &["--description", &description]].concat();
        database.python("change.py", &arguments);
        registry.refresh().await.unwrap();
        let now = stored(registry).await;
        assert_ne!(now, last, "change {number}, {change}, did nothing");
        let key = Key::new(Kind::Entity, PROJECT, "hot");
        let cached = registry.find(&key, Freshness::Cache).await.unwrap();
        assert_eq!(cached, now, "change {number}, {change}, was not seen");
        last = now;
    }
    assert_cached(registry).await;
}

async fn stored(registry: &Registry) -> Option<Record> {
    let key = Key::new(Kind::Entity, PROJECT, "hot");
    registry.find(&key, Freshness::Store).await.unwrap()
}

/// Every row is cached as it is stored.
async fn assert_cached(registry: &Registry) {
    for row in rows(registry).await {
        if Kind::OBJECTS.contains(&row.key.kind) {
            let cached = registry.find(&row.key, Freshness::Cache).await.unwrap();
            assert_eq!(cached.as_ref(), Some(&row), "{}", row.key);
        }
    }
}
