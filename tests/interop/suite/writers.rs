//! Processes that write one registry file at once: what Feast keeps, what we keep, what readers see
//! meanwhile, and what is left of those that are killed.

use std::collections::BTreeSet;
use std::hash::{BuildHasher, RandomState};
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::net::TcpListener;

use feast_registry::Registry;

use crate::client::Client;
use crate::keeper::{Keeper, PROJECT, Shared};
use crate::objects::{meta, stored_view, view};
use crate::processes::{is_soak, numbers};
use crate::served::{Served, free_port, scrape};
use crate::time::interval;
use crate::trials::{Ground, trials};
use crate::worker::{Place, Worker};
use crate::{python, say};

trials! {
    on_files_of_feast {
        a_write_that_feast_undoes_is_logged_and_counted,
    }
    on_shared_files {
        feast_loses_intervals_where_we_keep_all,
    }
    on_files_of_any_kind {
        killed_writers_leave_a_whole_registry_with_all_that_was_acknowledged,
    }
}

const VIEW: &str = "hot_view";

/// Views that nobody writes to.
const OTHERS: [&str; 3] = ["one", "two", "three"];

/// A registry with the views.
async fn with_views(keeper: Keeper) -> Shared {
    let shared = Shared::absent(keeper);
    let registry = shared.location.open().await;
    for name in [VIEW].into_iter().chain(OTHERS) {
        let view = view(name, "entity");
        registry.apply_object(PROJECT, &view).await.unwrap();
    }
    registry.close().await.unwrap();
    shared
}

fn place(shared: &Shared) -> Place<'_> {
    Place {
        location: &shared.location,
        project: PROJECT,
        view: VIEW,
    }
}

async fn feast_loses_intervals_where_we_keep_all(keeper: Keeper) {
    let (processes, calls) = match (keeper, numbers()) {
        // Under contention it waits by the second.
        (Keeper::SeaweedFs, (processes, calls)) => (processes, calls.min(10)),
        (_, numbers) => numbers,
    };
    let head = format!("{}, {processes} processes × {calls}", keeper.name());
    if keeper.is_feasts(is_soak()) {
        let [processes, calls] = [processes, calls].map(|number| number.to_string());
        let arguments = ["--create", "--processes", &processes, "--calls", &calls];
        let feast = Shared::absent(keeper).python(&arguments);
        let kept = feast["views"][VIEW].as_array().map_or(0, Vec::len);
        // It may be lucky, so there is nothing to assert.
        say(&format!(
            "{head}: Feast kept {kept} of {} acknowledged intervals, {} calls failed ({:.1} s)",
            feast["acknowledged"],
            feast["failed"],
            feast["seconds"].as_f64().unwrap()
        ));
    }
    let shared = with_views(keeper).await;
    let readers = Readers::start(keeper, &shared);
    let begun = Instant::now();
    let acknowledged = materialise(&shared, processes, calls);
    let seconds = begun.elapsed().as_secs_f64();
    let (ours, feasts) = readers.finish();
    let registry = shared.location.open().await;
    let kept = kept(&registry).await;
    say(&format!(
        "{head}: feast-registry kept {} of {} acknowledged intervals ({seconds:.1} s)",
        kept.intersection(&acknowledged).count(),
        acknowledged.len()
    ));
    let feasts = feasts.map_or(String::new(), |reads| format!(", Feast {reads} times"));
    say(&format!(
        "{head}: read whole {ours} times meanwhile{feasts}"
    ));
    assert_eq!(
        i64::try_from(acknowledged.len()).unwrap(),
        processes * calls
    );
    assert_eq!(kept, acknowledged);
    assert_eq!(registry.store().undone_writes(), 0);
}

/// Has processes materialise the view: the intervals that were acknowledged.
fn materialise(shared: &Shared, processes: i64, calls: i64) -> BTreeSet<i64> {
    let start = |process| Worker::writer(place(shared), process * calls, calls);
    let mut workers: Vec<Worker> = (0..processes).map(start).collect();
    workers.iter_mut().for_each(Worker::begin);
    workers.into_iter().flat_map(Worker::finish).collect()
}

/// The numbers of the intervals that the view has.
async fn kept(registry: &Registry) -> BTreeSet<i64> {
    let [zero, _] = interval(0);
    let hot = stored_view(registry, PROJECT, VIEW).await;
    let intervals = &meta(&hot).materialization_intervals;
    let numbers: Vec<i64> = intervals
        .iter()
        .map(|each| (each.start_time.unwrap().seconds - zero.seconds) / 3_600)
        .collect();
    let different = BTreeSet::from_iter(numbers.iter().copied());
    assert_eq!(different.len(), numbers.len(), "some are there twice");
    different
}

/// A process of ours that reads all the time, and on a disk one of Feast.
struct Readers {
    ours: Worker,
    feasts: Option<std::thread::JoinHandle<serde_json::Value>>,
    stop: std::path::PathBuf,
}

impl Readers {
    fn start(keeper: Keeper, shared: &Shared) -> Self {
        let stop = shared.folder.path().join("stop");
        let feasts = (keeper == Keeper::Disk).then(|| {
            python::warm_up();
            let (path, until) = (shared.location.url.clone(), stop.display().to_string());
            std::thread::spawn(move || {
                let place = ["--project", PROJECT, "--path", &path];
                let arguments = [&place[..], &["--read-until", &until]].concat();
                python::run("registry_file.py", &arguments)
            })
        });
        Readers {
            ours: Worker::reader(place(shared)),
            feasts,
            stop,
        }
    }

    /// How often they have read.
    fn finish(self) -> (i64, Option<u64>) {
        std::fs::write(&self.stop, "").unwrap();
        let feasts = self.feasts.map(|thread| thread.join().unwrap());
        let ours = self.ours.finish();
        assert!(ours[0] > 0, "nothing was read");
        (
            ours[0],
            feasts.map(|feast| feast["reads"].as_u64().unwrap()),
        )
    }
}

/// What stays unsafe on files, however we write: it is noticed, and said.
async fn a_write_that_feast_undoes_is_logged_and_counted(keeper: Keeper) {
    const PATIENCE: Duration = Duration::from_secs(120);
    let shared = with_views(keeper).await;
    let (log, metrics) = (shared.folder.path().join("log"), free_port());
    let options = ["--metrics-port", &*metrics.to_string()];
    let served = Served::logged(&shared.location.url, &options, &log);
    let client = Client::of(&[served.address()]);

    // Between its read and its write, Feast connects to this and waits until it is closed.
    let door = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let wait =
        "import socket, sys; socket.create_connection(('127.0.0.1', int(sys.argv[1]))).recv(1)";
    let port = door.local_addr().unwrap().port().to_string();
    let meanwhile = json!([python::executable(), "-c", wait, port]).to_string();
    let feast = tokio::task::spawn_blocking(move || {
        shared.python(&["--view", VIEW, "--meanwhile", &meanwhile]);
        shared
    });
    let at_the_door = tokio::time::timeout(PATIENCE, door.accept()).await.unwrap();
    client.apply(PROJECT, "ours").await.unwrap();
    assert!(client.has(PROJECT, "ours", false).await);
    drop(at_the_door);
    let _shared = feast.await.unwrap();

    assert!(
        !client.has(PROJECT, "ours", false).await,
        "Feast has not written over it"
    );
    let counted = "\nfeast_registry_store_undone_writes_total 1\n";
    let told = scrape(metrics);
    assert!(told.contains(counted), "{told}");
    let logged = std::fs::read_to_string(&log).unwrap();
    assert!(
        logged.contains("wrote an older copy over an acknowledged write"),
        "{logged}"
    );
    // What was said once is not said again.
    client.apply(PROJECT, "ours").await.unwrap();
    assert!(client.has(PROJECT, "ours", false).await);
    assert!(scrape(metrics).contains(counted));
}

async fn killed_writers_leave_a_whole_registry_with_all_that_was_acknowledged(keeper: Keeper) {
    /// More than one can do before it is killed.
    const CALLS: i64 = 1_000;
    let shared = with_views(keeper).await;
    let registry = shared.location.open().await;
    let readers = Readers::start(keeper, &shared);
    let mut acknowledged = BTreeSet::new();
    let (rounds, writers): (i64, i64) = (if is_soak() { 34 } else { 1 }, 3);
    for round in 0..rounds {
        let start = |n| Worker::writer(place(&shared), (round * writers + n) * CALLS, CALLS);
        let mut workers: Vec<Worker> = (0..writers).map(start).collect();
        workers.iter_mut().for_each(Worker::begin);
        for mut worker in workers {
            acknowledged.extend(std::iter::from_fn(|| worker.report()).take(random(4)));
            std::thread::sleep(Duration::from_micros(random(5_000) as u64));
            acknowledged.extend(worker.kill());
        }
        let kept = kept(&registry).await;
        let lost: Vec<_> = acknowledged.difference(&kept).collect();
        assert!(lost.is_empty(), "round {round}: {lost:?}");
    }
    let (ours, feasts) = readers.finish();
    let feasts = feasts.map_or(String::new(), |reads| format!(", Feast {reads} times"));
    say(&format!(
        "{}: {} writers killed, {} acknowledged intervals, all are there; read whole {ours} times meanwhile{feasts}",
        keeper.name(),
        rounds * writers,
        acknowledged.len()
    ));
}

/// Some number below this.
fn random(below: usize) -> usize {
    RandomState::new().hash_one(below) as usize % below
}
