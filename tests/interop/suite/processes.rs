//! Several processes that materialise one view: what Feast keeps, and what we keep.

use std::time::Instant;

use serde_json::{Value, json};

use feast_registry::{Freshness, Registry};

use crate::compare::strings;
use crate::database::Database;
use crate::engine::Engine;
use crate::keeper::Location;
use crate::objects::{intervals, view};
use crate::time::interval;
use crate::trials::{Ground, trials};
use crate::worker::{Place, Worker};
use crate::{command, say};

trials! {
    everywhere {
        python_overwrites_what_was_written_between_its_read_and_its_write,
        feast_loses_intervals_where_we_keep_all,
    }
    on_files_too {
        an_interval_of_python_is_never_overwritten_by_us,
    }
}

const PROJECT: &str = "processes";
const VIEW: &str = "hot_view";

/// The variable that asks for the large numbers.
const SOAK: &str = "FEAST_REGISTRY_INTEROP_SOAK";

/// Whether the large numbers are asked for.
pub(crate) fn is_soak() -> bool {
    std::env::var_os(SOAK).is_some()
}

/// Processes, and the calls of each.
pub(crate) fn numbers() -> (i64, i64) {
    if is_soak() { (8, 100) } else { (4, 5) }
}

/// The materialised intervals of the view, as they stand.
async fn stored(registry: &Registry) -> Vec<[String; 2]> {
    let row = registry.get_any_view(PROJECT, VIEW, Freshness::Store).await;
    intervals(&row.unwrap())
}

/// How many different ones there are.
async fn kept(database: &Database) -> i64 {
    let registry = database.open().await;
    let mut intervals = stored(&registry).await;
    registry.close().await.unwrap();
    intervals.sort();
    intervals.dedup();
    i64::try_from(intervals.len()).unwrap()
}

async fn feast_loses_intervals_where_we_keep_all(engine: Engine) {
    let database = Database::absent(engine);
    let (processes, calls) = numbers();
    let head = format!("{}, {processes} processes × {calls}", engine.name());
    let feast = feast_materialises(&database, processes, calls);
    // It may be lucky, so there is nothing to assert.
    say(&format!(
        "{head}: Feast kept {} of {} acknowledged intervals, {} calls failed",
        feast["kept"], feast["acknowledged"], feast["failed"]
    ));

    let before = kept(&database).await;
    let (acknowledged, seconds) = we_materialise(database.url(), processes, calls);
    let ours = kept(&database).await - before;
    say(&format!(
        "{head}: feast-registry kept {ours} of {acknowledged} acknowledged intervals ({seconds:.1} s)"
    ));
    assert_eq!((ours, acknowledged), (processes * calls, processes * calls));
}

/// Makes the view, and has processes of Feast materialise it.
fn feast_materialises(database: &Database, processes: i64, calls: i64) -> Value {
    let [processes, calls] = [processes, calls].map(|number| number.to_string());
    let arguments = ["--project", PROJECT, "--create", "--processes", &processes];
    let arguments = [&arguments[..], &["--calls", &calls]].concat();
    database.python("concurrent_materialize.py", &arguments)
}

/// Has processes of ours materialise the view: the acknowledged calls, and seconds.
fn we_materialise(url: String, processes: i64, calls: i64) -> (i64, f64) {
    let place = Place {
        location: &Location::url(url),
        project: PROJECT,
        view: VIEW,
    };
    // Feast has used the first numbers.
    let first = |process: i64| (processes + process) * calls;
    let start = |process| Worker::writer(place, first(process), calls);
    let mut workers: Vec<Worker> = (0..processes).map(start).collect();
    let begun = Instant::now();
    workers.iter_mut().for_each(Worker::begin);
    let acknowledged = workers
        .into_iter()
        .map(|worker| worker.finish().len())
        .sum::<usize>();
    (
        i64::try_from(acknowledged).unwrap(),
        begun.elapsed().as_secs_f64(),
    )
}

/// Has Feast materialise the view, and our command between Feast's read and its write.
fn feast_materialises_around_ours(database: &Database) -> Value {
    let [start, end] = interval(1).map(|moment| moment.to_string());
    let url = database.url();
    let meanwhile = json!([
        command::path(),
        "--registry",
        url,
        "--project",
        PROJECT,
        "materializations",
        "add",
        VIEW,
        "--start",
        start,
        "--end",
        end,
    ]);
    let meanwhile = meanwhile.to_string();
    let arguments = [
        "--project",
        PROJECT,
        "--view",
        VIEW,
        "--meanwhile",
        &meanwhile,
    ];
    database.python("materialize.py", &arguments)
}

/// What stays unsafe, however we write: documented in `docs/concurrency.md`.
async fn python_overwrites_what_was_written_between_its_read_and_its_write(engine: Engine) {
    let database = Database::absent(engine);
    let registry = database.open().await;
    registry
        .apply_object(PROJECT, &view(VIEW, "entity"))
        .await
        .unwrap();
    let feast = feast_materialises_around_ours(&database);
    // Ours was acknowledged and is gone.
    assert_eq!(
        json!(stored(&registry).await),
        json!([strings(&feast["acknowledged"][0])])
    );
}

/// The other way round: what Python has written before our transaction reads is kept, whatever
/// we have cached.
async fn an_interval_of_python_is_never_overwritten_by_us(engine: Engine) {
    let database = Database::absent(engine);
    let registry = database.open().await;
    registry
        .apply_object(PROJECT, &view(VIEW, "entity"))
        .await
        .unwrap();
    registry
        .get_any_view(PROJECT, VIEW, Freshness::Cache)
        .await
        .unwrap();
    let arguments = ["--project", PROJECT, "--view", VIEW];
    let feast = database.python("materialize.py", &arguments);
    let [start, end] = interval(1);
    registry
        .apply_materialization(PROJECT, VIEW, start, end)
        .await
        .unwrap();
    let ours = [start.to_string(), end.to_string()].to_vec();
    assert_eq!(
        json!(stored(&registry).await),
        json!([strings(&feast["acknowledged"][0]), ours])
    );
}
