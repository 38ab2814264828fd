//! Python and we at the same time, on one database.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use serde_json::Value;

use feast_registry::{Freshness, Kind, Query, Registry};

use crate::compare::{keys, strings};
use crate::database::Database;
use crate::engine::Engine;
use crate::objects::{entity, intervals, names, view};
use crate::python;
use crate::time::interval;
use crate::trials::trials;

trials! {
    everywhere {
        objects_of_both_are_all_there,
        materialisations_are_all_kept_while_python_applies,
    }
}

const PROJECT: &str = "together";
const VIEW: &str = "hot_view";

/// Starts Feast's applies of entities and feature views. The flag says when they are done.
fn feast_applies(database: &Database) -> (std::thread::JoinHandle<Value>, Arc<AtomicBool>) {
    python::warm_up();
    let url = database.url();
    let done = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&done);
    let thread = std::thread::spawn(move || {
        let counts = ["--entities", "10", "--views", "10", "--prefix", "py_"];
        let arguments = [&["--path", &url, "--project", PROJECT], &counts[..]].concat();
        let answer = python::try_run("apply_objects.py", &arguments);
        flag.store(true, Ordering::SeqCst);
        answer.unwrap()
    });
    (thread, done)
}

async fn objects_of_both_are_all_there(engine: Engine) {
    let database = Database::absent(engine);
    let registry = database.open().await;
    let (feast, done) = feast_applies(&database);
    let mut tasks = Vec::new();
    for task in 0..4 {
        tasks.push(tokio::spawn(apply_until(
            registry.clone(),
            task,
            Arc::clone(&done),
        )));
    }
    let mut acknowledged = Vec::new();
    for task in tasks {
        acknowledged.extend(task.await.unwrap());
    }
    let theirs = feast.join().unwrap();
    let mut wanted = [strings(&theirs["feature_views"]), acknowledged].concat();
    wanted.sort();
    assert_eq!(
        names(&registry, &Query::new(Kind::FeatureView, PROJECT)).await,
        wanted
    );
    for name in strings(&theirs["entities"]) {
        let entities = names(&registry, &Query::new(Kind::Entity, PROJECT)).await;
        assert!(entities.contains(&name), "{name} is gone");
    }
    let feast_reads = database.dump();
    assert_eq!(
        keys(&feast_reads["feature_views"][PROJECT])
            .into_iter()
            .collect::<Vec<_>>(),
        wanted
    );
    assert_eq!(
        keys(&feast_reads["versions"][PROJECT]).len(),
        wanted.len(),
        "views without their v0"
    );
}

/// Applies views, each with an entity, until the other side is done; their names.
async fn apply_until(registry: Registry, task: usize, done: Arc<AtomicBool>) -> Vec<String> {
    let mut names = Vec::new();
    while names.len() < 30 || !done.load(Ordering::SeqCst) {
        let name = format!("ours_{task}_{:04}", names.len());
        registry
            .apply_object(PROJECT, &entity(&name))
            .await
            .unwrap();
        registry
            .apply_object(PROJECT, &view(&name, &name))
            .await
            .unwrap();
        names.push(name);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    names
}

async fn materialisations_are_all_kept_while_python_applies(engine: Engine) {
    let database = Database::absent(engine);
    let registry = database.open().await;
    registry
        .apply_object(PROJECT, &view(VIEW, "entity"))
        .await
        .unwrap();
    let (feast, done) = feast_applies(&database);
    let next = Arc::new(AtomicI64::new(0));
    let mut tasks = Vec::new();
    for _ in 0..8 {
        let (registry, next, done) = (registry.clone(), Arc::clone(&next), Arc::clone(&done));
        tasks.push(tokio::spawn(async move {
            let mut calls = 0;
            while calls < 10 || !done.load(Ordering::SeqCst) {
                materialise(&registry, next.fetch_add(1, Ordering::SeqCst)).await;
                calls += 1;
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    feast.join().unwrap();
    assert_eq!(
        kept(&registry).await,
        usize::try_from(next.load(Ordering::SeqCst)).unwrap()
    );
}

async fn materialise(registry: &Registry, index: i64) {
    let [start, end] = interval(index);
    registry
        .apply_materialization(PROJECT, VIEW, start, end)
        .await
        .unwrap();
}

/// The different intervals of the view.
async fn kept(registry: &Registry) -> usize {
    let row = registry
        .get_any_view(PROJECT, VIEW, Freshness::Store)
        .await
        .unwrap();
    let mut intervals = intervals(&row);
    intervals.sort();
    intervals.dedup();
    intervals.len()
}
