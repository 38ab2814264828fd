//! How much a change of a registry costs on an object store beside a raw GET and PUT of the same
//! object, and what many writers put and move.
//!
//! Run it with `cargo xtask bench s3`, which starts a server, or `cargo xtask bench gcs`, on the fake
//! of the tests. Figures are ratios of medians within one run.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    missing_docs,
    reason = "a benchmark prints, and fails by panic"
)]

#[path = "../common/mod.rs"]
mod common;
#[path = "../../tests/fake/mod.rs"]
mod fake;
mod place;

use self::common::measure::{self, Pair, seconds};
use self::common::{SIZES, described, filled, finish, large, rounds, workers};
use self::place::Place;

/// The views of a registry that many write to.
const VIEWS: usize = 100;
/// Processes, tasks of each, and calls of each.
const CREWS: [[i64; 3]; 2] = [[8, 8, 125], [1, 1_000, 1_000]];

/// The server wants to know who asks, and does not check it.
const ANYBODY: &str = "AWS4-HMAC-SHA256 Credential=feast/20260101/us-east-1/s3/aws4_request";

fn main() {
    rustls::crypto::ring::default_provider()
        .install_default()
        .unwrap();
    if workers::work(place::open) {
        return;
    }
    finish(run());
}

async fn run() {
    let place = Place::of_environment();
    measure::head(&format!("{}: work (raw: GET + PUT)", place.name()));
    for size in SIZES {
        one_apply(&place, size).await;
    }
    println!(
        "\n{:<52} {:>7} {:>9} {:>9} {:>9}  seconds",
        "1,000 materialisations at once, 100 views", "puts", "conflicts", "sent", "received"
    );
    for crew in CREWS {
        writers(&place, crew).await;
    }
    let content = large::content();
    let location = place.location("large.pb");
    let blob = place::open(&location);
    blob.replace(None, content.clone()).await.unwrap();
    large::print(&location, content.len());
    blob.delete().await.unwrap();
}

async fn one_apply(place: &Place, size: usize) {
    let location = place.location(&format!("{size}.pb"));
    let registry = filled(place::open(&location), size).await;
    let client = reqwest::Client::new();
    let [ours, raw] = [format!("{size}.pb"), "raw.pb".to_owned()].map(|key| place.address(&key));
    let get = |address: &str| client.get(address).header("authorization", ANYBODY).send();
    let put = |bytes| {
        client
            .put(&raw)
            .header("authorization", ANYBODY)
            .body(bytes)
            .send()
    };
    let content = get(&ours).await.unwrap().bytes().await.unwrap();
    put(content).await.unwrap().error_for_status().unwrap();
    let mut pair = Pair::default();
    for round in 0..rounds(size) {
        let theirs = async {
            let bytes = get(&raw).await.unwrap().bytes().await.unwrap();
            put(bytes).await.unwrap().error_for_status().unwrap()
        };
        let theirs = seconds(theirs).await;
        pair.add(
            theirs,
            seconds(registry.apply(described(size, round))).await,
        );
    }
    pair.print_times(&format!("one apply, {size} views"), "-");
    registry.close().await.unwrap();
}

/// Processes that materialise one view.
async fn writers(place: &Place, crew: [i64; 3]) {
    let [processes, tasks, calls] = crew;
    let location = place.location(&format!("{processes}.pb"));
    let registry = filled(place::open(&location), VIEWS).await;
    registry.close().await.unwrap();
    let (counts, seconds) = workers::materialise_at_once(&location, crew);
    let kept = workers::kept(&location, place::open).await;
    assert_eq!(kept, usize::try_from(processes * calls).unwrap());
    let megabytes = |bytes: u64| format!("{} MB", bytes / 1_000_000);
    println!(
        "{:<52} {:>7} {:>9} {:>9} {:>9}  {seconds:.1}",
        format!("{processes} processes × {tasks} tasks, {kept} kept"),
        counts.puts,
        counts.conflicts,
        megabytes(counts.sent),
        megabytes(counts.received),
    );
}
