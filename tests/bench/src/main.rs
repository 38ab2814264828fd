//! How much slower the registry is than the raw driver that writes and reads the same rows.
//!
//! Every figure is a ratio of two rates or two times of one run, taken in turns: absolute times
//! differ from machine to machine and hour to hour. The server must be as durable as in use, and
//! its database empty. Run it with `cargo xtask bench`, which starts one.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "a benchmark prints, and fails by panic"
)]

#[path = "../../../crates/feast-registry-server/benches/protocol/bare.rs"]
mod bare;
mod bulk;
mod cache;
#[path = "../../../crates/feast-registry-server/benches/protocol/calls.rs"]
mod calls;
#[path = "../../../crates/feast-registry-server/benches/protocol/client.rs"]
mod client;
mod growth;
mod measure;
mod mysql;
mod operations;
mod postgres;
mod raw;
// The same views as in the benchmark of SQLite, so that the figures can be laid side by side.
#[path = "../../../crates/feast-registry-sqlite/benches/ratio/sample.rs"]
mod sample;
mod server;
mod sqlite;
mod work;

use std::process::ExitCode;

use feast_registry_core::Registry;

use self::raw::Raw;

/// That of the command.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const USAGE: &str = "usage: feast-registry-bench URL [WORK], or URL server [WORK [FEAST]]; `sqlite:` for temporary files";

/// As many as a configuration that says nothing of them allows.
const CONNECTIONS: usize = 16;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let Some(url) = arguments.next() else {
        eprintln!("{USAGE}");
        return ExitCode::FAILURE;
    };
    let only = arguments.next().unwrap_or_default();
    // On the thread of `block_on`, wake-ups are slower than anywhere else.
    if only == "server" {
        let only = arguments.next().unwrap_or_default();
        let feast = arguments.next();
        tokio::spawn(async move { server::all(&url, &only, feast.as_deref()).await })
            .await
            .unwrap();
    } else {
        tokio::spawn(run(url, only)).await.unwrap();
    }
    ExitCode::SUCCESS
}

async fn run(url: String, only: String) {
    if url == "sqlite:" {
        // The benchmark of its crate measures everything else.
        large(sqlite::target, &only).await;
        let target = sqlite::target().await;
        alone(target.name, &target.registry, &only).await;
        target.close().await;
    } else if url.starts_with("postgresql:") {
        let make = || {
            let url = url.clone();
            async move { postgres::target(&url).await }
        };
        all(make, &only).await;
    } else {
        let make = || {
            let url = url.clone();
            async move { mysql::target(&url).await }
        };
        all(make, &only).await;
    }
}

/// Everything on a database server.
async fn all<R: Raw, M: Future<Output = Target<R>>>(make: impl Fn() -> M, only: &str) {
    let target = make().await;
    work::all(&target, only).await;
    target.close().await;
    large(&make, only).await;
    let target = make().await;
    alone(target.name, &target.registry, only).await;
    target.close().await;
}

/// What is done with a large registry, in one that holds nothing else: the raw driver would not read it.
async fn large<R: Raw, M: Future<Output = Target<R>>>(make: impl Fn() -> M, only: &str) {
    if ["bulk", "cache"].iter().any(|work| work.contains(only)) {
        let target = make().await;
        measure::head(target.name);
        cache::all(&target, |work| work.contains(only)).await;
        target.close().await;
    }
}

/// What is not measured beside the raw driver.
async fn alone(name: &str, registry: &Registry, only: &str) {
    if "operations".contains(only) {
        operations::all(name, registry).await;
    }
    if "growth".contains(only) {
        growth::all(name, registry).await;
    }
}

/// The registry, and the raw driver on the tables of another database or schema of the server.
struct Target<R> {
    name: &'static str,
    registry: Registry,
    raw: R,
}

impl<R: Raw> Target<R> {
    async fn close(&self) {
        self.registry.close().await.unwrap();
    }
}
