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
use self::common::{SIZES, described, filled, finish, large, rounds, sample, workers};
use self::feast::Done;

/// How often the two take turns with many writers.
const TURNS: usize = 5;
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

/// Processes that materialise one view of the same file, ours and Feast's. Time begins on both sides when all have started,
/// with their imports, and have opened the registry.
async fn writers() {
    let [processes, _, calls] = WRITERS;
    let head = format!("{processes} processes × {calls} materialisations, once ready");
    println!(
        "\n{head:<52} {:>12} {:>12} {:>7}  at most",
        "Feast", "ours", "ratio"
    );
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..TURNS {
        let folder = tempfile::tempdir().unwrap();
        let location = |name: &str| folder.path().join(name).display().to_string();
        let (mine, copy) = (location("ours.db"), location("feast.db"));
        filled(open(&mine), 1).await.close().await.unwrap();
        std::fs::copy(&mine, &copy).unwrap();
        let (_, seconds) = workers::materialise_at_once(&mine, WRITERS);
        let kept = workers::kept(&mine, open).await;
        ours.push(Done { seconds, kept });
        match feast::materialise(Path::new(&copy), &sample::name(0), processes, calls) {
            Ok(done) => theirs.push(done),
            Err(reason) => println!("Feast: not run, {reason}"),
        }
    }
    let (theirs, ours) = (median(theirs), median(ours).unwrap());
    let ratio = theirs.as_ref().map(|feast| ours.seconds / feast.seconds);
    let line = |name: &str, of: fn(&Done) -> String, rest: String| {
        let theirs = theirs.as_ref().map_or("-".to_owned(), of);
        println!("{name:<52} {theirs:>12} {:>12}{rest}", of(&ours));
    };
    let ratio = format!(" {:>7.2}  1", ratio.unwrap_or(f64::NAN));
    line("time", |done| format!("{:.2} s", done.seconds), ratio);
    let kept = |done: &Done| format!("{} of {}", done.kept, WRITERS[0] * WRITERS[2]);
    line("intervals that are there in the end", kept, String::new());
}

/// The one that took neither more nor less time than half of the others.
fn median(mut done: Vec<Done>) -> Option<Done> {
    done.sort_by(|a, b| a.seconds.total_cmp(&b.seconds));
    let middle = done.len() / 2;
    done.into_iter().nth(middle)
}
