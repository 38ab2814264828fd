//! How much a change of a registry file costs beside a raw rewrite of the same bytes, and how long
//! processes need that write at once, beside Feast's.
//!
//! Figures are ratios of medians within one run. Run it with `cargo xtask bench file`, which brings
//! the real Feast if it was installed for the interop suite, or with
//! `cargo bench --package feast-registry-file`.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    missing_docs,
    reason = "a benchmark prints, and fails by panic"
)]

#[path = "../common/mod.rs"]
mod common;
mod feast;
mod raw;

use std::path::Path;
use std::sync::Arc;

use feast_registry_file::{Blob, LocalFile};

use self::common::measure::{self, Pair, seconds};
use self::common::{SIZES, described, filled, finish, large, rounds, workers};

/// Processes, tasks of each, and calls of each.
const WRITERS: [i64; 3] = [8, 1, 50];

fn open(location: &str) -> Arc<dyn Blob> {
    Arc::new(LocalFile::new(location))
}

fn main() {
    if workers::work(open) {
        return;
    }
    finish(run());
}

async fn run() {
    measure::head("registry files: work");
    for size in SIZES {
        one_apply(size).await;
    }
    writers().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("registry.db");
    let content = large::content();
    std::fs::write(&path, &content).unwrap();
    large::print(path.to_str().unwrap(), content.len());
}

/// Against reading the file, writing another one, and putting it on the disk in its place.
async fn one_apply(size: usize) {
    let folder = tempfile::tempdir().unwrap();
    let [ours, raw] = ["ours", "raw"].map(|name| folder.path().join(name).join("registry.db"));
    let registry = filled(Arc::new(LocalFile::new(&ours)), size).await;
    std::fs::create_dir(raw.parent().unwrap()).unwrap();
    std::fs::copy(&ours, &raw).unwrap();
    let mut pair = Pair::default();
    for round in 0..rounds(size) {
        let theirs = || async { raw::rewrite(&raw) };
        let apply = described(size, round);
        // Who comes second finds the disk busy with what the first one wrote: take turns.
        let pair_of_times = if round % 2 == 0 {
            let theirs = seconds(theirs()).await;
            (theirs, seconds(registry.apply(apply)).await)
        } else {
            let ours = seconds(registry.apply(apply)).await;
            (seconds(theirs()).await, ours)
        };
        pair.add(pair_of_times.0, pair_of_times.1);
    }
    pair.print_times(&format!("one durable apply, {size} views"), "1.5");
}

/// Processes that materialise one view, ours and Feast's. Time begins on both sides when all have started,
/// with their imports, and have opened the registry.
async fn writers() {
    let [processes, _, calls] = WRITERS;
    let all = processes * calls;
    let head = format!("{processes} processes × {calls} materialisations, once ready");
    println!(
        "\n{head:<52} {:>12} {:>12} {:>7}  at most",
        "Feast", "ours", "ratio"
    );
    let folder = tempfile::tempdir().unwrap();
    let location = |name: &str| folder.path().join(name).display().to_string();
    let ours = location("ours.db");
    filled(open(&ours), 1).await.close().await.unwrap();
    let (_, seconds) = workers::materialise_at_once(&ours, WRITERS);
    let kept = workers::kept(&ours, open).await;
    let feast = feast::materialise(Path::new(&location("feast.db")), processes, calls);
    let (theirs, ratio) = match &feast {
        Ok(feast) => (format!("{:.2} s", feast.seconds), seconds / feast.seconds),
        Err(reason) => {
            println!("Feast: not run, {reason}");
            ("-".to_owned(), f64::NAN)
        }
    };
    println!(
        "{:<52} {theirs:>12} {:>12} {ratio:>7.2}  1",
        "time",
        format!("{seconds:.2} s")
    );
    let theirs = feast.map_or("-".to_owned(), |feast| format!("{} of {all}", feast.kept));
    println!(
        "{:<52} {theirs:>12} {:>12}",
        "intervals that are there in the end",
        format!("{kept} of {all}")
    );
}
