//! A registry of 100 MB, and what one change of it takes.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use feast_registry_core::Kind;
use feast_registry_core::wire::{self, Patch};
use feast_registry_file::Blob;
use serde_json::{Value, json};

use super::workers::Worker;
use super::{PROJECT, described, registry, sample};

const VIEWS: usize = 30_000;
/// What fills a view up to the size that makes 100 MB.
const FILLING: usize = 1_600;

/// The content of the registry, made without one.
pub(crate) fn content() -> Bytes {
    let mut file = Vec::new();
    for index in 0..VIEWS {
        let body = Patch::default()
            .set_string(&[1, 2], PROJECT)
            .set_string(&[1, 10], &"x".repeat(FILLING))
            .apply(&sample::view(index, 0))
            .unwrap();
        wire::put_len(Kind::FeatureView.spec().registry_field, &body, &mut file);
    }
    file.into()
}

/// Changes one view in a process of its own, and prints what that took.
pub(crate) fn print(location: &str, size: usize) {
    let mut worker = Worker::start(&json!({"location": location}));
    let done = worker.answer();
    let [seconds, before, most] = [0, 1, 2].map(|at| done[at].as_f64().unwrap());
    #[allow(clippy::cast_precision_loss)]
    let size = size as f64;
    println!(
        "\n{:<52} {:>12} {:>12} {:>7}  at most",
        "one apply to a large registry", "object", "memory", "ratio"
    );
    println!(
        "{:<52} {:>12} {:>12} {:>7.2}  3",
        format!("{VIEWS} views, opened and changed in {seconds:.1} s"),
        format!("{:.0} MB", size / 1e6),
        format!("{:.0} MB", (most - before) / 1e6),
        (most - before) / size
    );
}

/// Opens and changes the registry: seconds, and the most memory of this process before and after.
pub(super) async fn change(blob: Arc<dyn Blob>) -> Value {
    let before = most_memory();
    let begun = Instant::now();
    let registry = registry(blob).await;
    registry.apply(described(VIEWS, 7)).await.unwrap();
    json!([begun.elapsed().as_secs_f64(), before, most_memory()])
}

/// The most memory that this process ever had, in bytes; 0 where the system does not say.
fn most_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok());
    kilobytes.unwrap_or(0) * 1_024
}
