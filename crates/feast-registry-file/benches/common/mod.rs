//! What both benchmarks need.

#![allow(dead_code)] // Each of them needs a part of it.

pub(crate) mod counted;
pub(crate) mod large;
#[path = "../../../../tests/bench/src/measure.rs"]
pub(crate) mod measure;
#[path = "../../../feast-registry-sqlite/benches/ratio/sample.rs"]
pub(crate) mod sample;
pub(crate) mod workers;

use std::sync::Arc;

use feast_registry_core::{Apply, Change, Kind, Registry, RegistryOptions};
use feast_registry_file::{Blob, FileOptions, FileStore};

/// The sizes of registries that one change is measured at.
pub(crate) const SIZES: [usize; 3] = [100, 1_000, 10_000];

pub(crate) const PROJECT: &str = "bench";

/// From what a process was told to the registry's file.
pub(crate) type Open = fn(&str) -> Arc<dyn Blob>;

/// Runs a benchmark to its end.
pub(crate) fn finish(benchmark: impl Future<Output = ()> + Send + 'static) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    // On the thread of `block_on`, wake-ups are slower than anywhere else.
    let benchmark = async { tokio::spawn(benchmark).await.unwrap() };
    runtime.unwrap().block_on(benchmark);
}

pub(crate) async fn registry(blob: Arc<dyn Blob>) -> Registry {
    let store = FileStore::new(blob, FileOptions::default());
    let options = RegistryOptions::default();
    Registry::open(Arc::new(store), options).await.unwrap()
}

/// A registry with so many views.
pub(crate) async fn filled(blob: Arc<dyn Blob>, views: usize) -> Registry {
    let registry = registry(blob).await;
    let views = sample::views(views, 0).into_iter();
    let changes = views.map(|(name, body)| Change::Apply(apply(name, body)));
    registry.commit(changes.collect()).await.unwrap();
    registry
}

/// The apply of a round: it changes a description, and so makes no version.
pub(crate) fn described(size: usize, round: u32) -> Apply {
    let index = round as usize % size;
    apply(sample::name(index), sample::described(index, round))
}

fn apply(name: String, body: Vec<u8>) -> Apply {
    Apply::new(Kind::FeatureView, PROJECT, name, body)
}

/// How often a change is measured at a size.
pub(crate) fn rounds(size: usize) -> u32 {
    if size < 10_000 { 100 } else { 20 }
}
