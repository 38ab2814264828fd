//! How fast views are applied and materialised, beside Feast in the same run. Ignored unless asked
//! for: it takes minutes, and no time is asserted.
//!
//! `FEAST_REGISTRY_INTEROP_VIEWS` says how many views (1,000 if it is not set).

use std::time::Instant;

use feast_registry::{Apply, Change, Effect, Freshness, Kind, Query, Registry};
use tokio::task::JoinSet;

use crate::database::Database;
use crate::engine::Engine;
use crate::objects::intervals;
use crate::time::interval;
use crate::trials::{Ground, trials};

trials! {
    on_request {
        applying_many_views,
        materialising_one_view,
    }
}

const PROJECT: &str = "speed";
const VARIABLE: &str = "FEAST_REGISTRY_INTEROP_VIEWS";

/// How many views are applied.
fn count() -> usize {
    std::env::var(VARIABLE).map_or(1_000, |text| {
        text.parse()
            .unwrap_or_else(|_| panic!("{VARIABLE} is `{text}`, not a number of views"))
    })
}

/// What Feast has written, as the definitions that somebody would apply.
async fn definitions(registry: &Registry) -> Vec<Change> {
    let mut definitions = Vec::new();
    for kind in [Kind::Entity, Kind::FeatureView] {
        let listing = registry.list(&Query::new(kind, PROJECT)).await.unwrap();
        for row in listing.records {
            let key = &row.key;
            let apply = Apply::new(kind, PROJECT, &*key.name, row.body.clone());
            definitions.push(Change::Apply(apply));
        }
    }
    definitions
}

/// Seconds for applying definitions that are new, in transactions of this size.
async fn ours(engine: Engine, definitions: &[Change], batch: usize) -> f64 {
    let database = Database::absent(engine);
    let registry = database.open().await;
    let begun = Instant::now();
    for changes in definitions.chunks(batch) {
        for outcome in registry.commit(changes.to_vec()).await.unwrap() {
            assert_eq!(outcome.effect, Effect::Created, "{:?}", outcome.key);
        }
    }
    let seconds = begun.elapsed().as_secs_f64();
    registry.close().await.unwrap();
    seconds
}

#[allow(clippy::print_stdout, reason = "this is what it is for")]
async fn applying_many_views(engine: Engine) {
    let views = count();
    let database = Database::absent(engine);
    let (url, number) = (database.url(), views.to_string());
    let arguments = ["--path", &url, "--project", PROJECT, "--views", &number];
    let answer = crate::python::run("apply_objects.py", &arguments);
    let feast = answer["seconds"].as_f64().unwrap();

    let registry = database.open().await;
    let definitions = definitions(&registry).await;
    registry.close().await.unwrap();
    assert_eq!(definitions.len(), views + 1, "an entity and the views");

    println!(
        "\n{views} new feature views on {}, each side on a database of its own",
        engine.name()
    );
    println!("| | seconds | Feast takes … times as long |");
    println!("|---|---:|---:|");
    println!("| Feast, one after the other | {feast:.3} | 1 |");
    for (how, batch) in [
        ("one after the other", 1),
        ("in one transaction", usize::MAX),
    ] {
        let seconds = ours(engine, &definitions, batch).await;
        println!("| here, {how} | {seconds:.3} | {:.0} |", feast / seconds);
    }
}

const VIEW: &str = "hot_view";
const WRITERS: i64 = 8;
const CALLS: i64 = 50;

/// Seconds for materialising one view from several tasks.
async fn ours_materialised(database: &Database) -> f64 {
    let registry = database.open().await;
    let mut tasks = JoinSet::new();
    let begun = Instant::now();
    for writer in 0..WRITERS {
        let registry = registry.clone();
        tasks.spawn(async move {
            // Later than those of Feast.
            for number in (1 + writer) * 1_000..(1 + writer) * 1_000 + CALLS {
                let [start, end] = interval(number);
                let applied = registry.apply_materialization(PROJECT, VIEW, start, end);
                applied.await.unwrap();
            }
        });
    }
    tasks.join_all().await;
    let seconds = begun.elapsed().as_secs_f64();
    registry.close().await.unwrap();
    seconds
}

async fn kept(database: &Database) -> usize {
    let registry = database.open().await;
    let row = registry.get_any_view(PROJECT, VIEW, Freshness::Store).await;
    let mut intervals = intervals(&row.unwrap());
    registry.close().await.unwrap();
    intervals.sort();
    intervals.dedup();
    intervals.len()
}

#[allow(clippy::print_stdout, reason = "this is what it is for")]
async fn materialising_one_view(engine: Engine) {
    let database = Database::absent(engine);
    let (url, writers, calls) = (database.url(), WRITERS.to_string(), CALLS.to_string());
    let mut arguments = vec!["--path", &url, "--project", PROJECT, "--view", VIEW];
    arguments.extend(["--create", "--processes", &writers, "--calls", &calls]);
    let answer = crate::python::run("concurrent_materialize.py", &arguments);
    let feast = answer["seconds"].as_f64().unwrap();
    let before = kept(&database).await;
    let ours = ours_materialised(&database).await;
    let after = kept(&database).await - before;

    println!(
        "\n{WRITERS} x {CALLS} materialisations of one view on {}",
        engine.name()
    );
    println!("| | acknowledged | kept | seconds | Feast takes … times as long |");
    println!("|---|---:|---:|---:|---:|");
    let acknowledged = &answer["acknowledged"];
    println!("| Feast, processes | {acknowledged} | {before} | {feast:.3} | 1 |");
    let factor = feast / ours;
    let all = WRITERS * CALLS;
    println!("| here, tasks of one process | {all} | {after} | {ours:.3} | {factor:.0} |");
}
