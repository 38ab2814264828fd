//! Feast reads and goes on with what the doctor has mended, and what was compacted.

use std::collections::BTreeSet;

use serde_json::json;

use feast_registry::{Key, Kind, Record, Registry};
use feast_registry_core::doctor::{self, Mended};
use feast_registry_core::store::{Context, Decision, Lock, ReadSet, View, Write};
use feast_registry_core::{Freshness, StoreExt};

use crate::database::Database;
use crate::engine::Engine;
use crate::objects::intervals;
use crate::time::interval;
use crate::trials::trials;

trials! {
    everywhere {
        a_mended_registry_is_read_and_continued,
        compacted_intervals_are_read_and_added_to,
    }
}

const PROJECT: &str = "clinic";

/// Writes past the rules, as crashes and other programs do.
async fn write(registry: &Registry, writes: Vec<Write>) {
    let mut reads = ReadSet::new();
    for write in &writes {
        match write {
            Write::Insert(row) => reads.key(row.key.clone(), Lock::Update),
            Write::Delete(key) => reads.key(key.clone(), Lock::Update),
            other => panic!("{other:?}"),
        };
    }
    let decide = move |_: &View, _: &Context| {
        let writes = writes.clone();
        Ok(Decision::Commit { writes, answer: () })
    };
    registry
        .store()
        .transact_typed(reads, decide)
        .await
        .unwrap();
}

fn feast_applies(database: &Database, project: &str, view: &str, features: &[&str]) {
    let features = features
        .iter()
        .map(|name| ((*name).to_owned(), json!("Int64")));
    let features: serde_json::Map<_, _> = features.collect();
    let view = json!({"name": view, "entities": ["driver"], "features": features});
    let specification = json!({"entities": [{"name": "driver"}], "feature_views": [view]});
    database.python_applies(project, &specification).unwrap();
}

async fn a_mended_registry_is_read_and_continued(engine: Engine) {
    let database = Database::absent(engine);
    feast_applies(&database, PROJECT, "stats", &["trips"]);
    feast_applies(&database, PROJECT, "stats", &["trips", "fares"]);
    feast_applies(&database, PROJECT, "back", &["trips"]);
    feast_applies(&database, "lost", "stats", &["trips"]);
    let registry = database.open().await;
    let gone = [
        Key::version(PROJECT, "stats", 1),
        Key::new(Kind::FeatureView, PROJECT, "back"),
        Key::project("lost"),
    ];
    let mut writes: Vec<Write> = gone.into_iter().map(Write::Delete).collect();
    let metadata = Record::new(Key::metadata("nobody", "team"), "x", 1);
    writes.push(Write::Insert(metadata));
    write(&registry, writes).await;

    let store = &**registry.store();
    let mut mended = BTreeSet::new();
    for finding in doctor::examine(store).await.unwrap() {
        // Feast's client that applies objects one by one leaves sources to their views.
        if finding.is_fixable() {
            let done = doctor::mend(store, &finding).await.unwrap();
            assert_eq!(done, Mended::Done, "{finding}");
            mended.insert(finding.defect.code);
        }
    }
    let wanted = [
        "missing-project",
        "missing-version",
        "orphan-history",
        "orphan-metadata",
    ];
    assert_eq!(mended, BTreeSet::from(wanted));
    let left = doctor::examine(store).await.unwrap();
    assert!(left.iter().all(|one| !one.is_fixable()), "{left:?}");

    let dump = database.dump();
    assert_eq!(dump["from_rows"], json!([]), "what Feast could not load");
    let versions = dump["versions"][PROJECT]["stats"].as_array().unwrap();
    let numbers: Vec<_> = versions.iter().map(|one| &one["version_number"]).collect();
    assert_eq!(json!(numbers), json!([0, 1]));
    let lost = &dump["feature_views"]["lost"]["stats"]["spec"]["name"];
    assert_eq!(lost, "stats");
    // With the old versions in the way, Feast would fail here.
    feast_applies(&database, PROJECT, "back", &["trips", "fares"]);
    feast_applies(&database, "lost", "stats", &["trips", "fares"]);
    feast_applies(&database, PROJECT, "stats", &["trips", "fares", "tips"]);
    let versions = registry.list_versions(PROJECT, "stats").await.unwrap();
    assert_eq!(versions.len(), 3);
}

async fn compacted_intervals_are_read_and_added_to(engine: Engine) {
    let database = Database::absent(engine);
    feast_applies(&database, PROJECT, "stats", &["trips"]);
    let registry = database.open().await;
    let add = |index: &'static str| {
        let arguments = [
            "--project",
            PROJECT,
            "--view",
            "stats",
            "--start-index",
            index,
        ];
        database.python("materialize.py", &arguments);
    };
    add("0");
    add("0");
    registry.compact_intervals(PROJECT, "stats").await.unwrap();
    let [start, end] = interval(0);
    let first = json!({"startTime": start.to_string(), "endTime": end.to_string()});
    let dump = database.dump();
    let read = &dump["feature_views"][PROJECT]["stats"]["meta"]["materializationIntervals"];
    assert_eq!(*read, json!([first]));
    add("3");
    let row = registry
        .get_any_view(PROJECT, "stats", Freshness::Store)
        .await
        .unwrap();
    assert_eq!(intervals(&row).len(), 2);
}
