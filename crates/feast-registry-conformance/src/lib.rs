//! The conformance suite that every backend of feast-registry passes.
//!
//! A backend is a [`Store`](feast_registry_core::Store). Whether it is a good one is not a matter
//! of opinion: it passes the trials of this crate, on a real database, from any repository. Start
//! from [`Harness`], which says how to get a fresh store, and run the suite as a test of your own:
//!
//! ```toml
//! [dev-dependencies]
//! feast-registry-conformance = "0.1"
//!
//! [[test]]
//! name = "conformance"
//! harness = false
//! ```
//!
//! ```no_run
//! // tests/conformance.rs
//! use feast_registry_conformance::{Harness, Opened, conformance_main};
//! use feast_registry_core::{Result, store::MemoryStore};
//!
//! struct MyHarness;
//!
//! #[async_trait::async_trait]
//! impl Harness for MyHarness {
//!     fn name(&self) -> &str {
//!         "mine"
//!     }
//!
//!     async fn open(&self) -> Result<Opened> {
//!         // A new file, schema or database for every call.
//!         Ok(Opened::new(MemoryStore::new(), "nowhere"))
//!     }
//! }
//!
//! conformance_main!(MyHarness);
//! ```
//!
//! `cargo test --test conformance` then runs every trial, `cargo test --test conformance --
//! crud::entity` those whose name contains `crud::entity`, and `-- --list` shows them all. The
//! usual options of Rust's test programs work, and so does nextest.
//!
//! # Trials
//!
//! A trial is named `group::topic::behaviour`. Store trials (`store`, `cancellation`) talk to the
//! [`Store`](feast_registry_core::Store) itself; registry trials talk to a
//! [`Registry`](feast_registry_core::Registry) on it. Each trial opens stores of its own, so there
//! is no order between trials and any number of them may run at once.
//!
//! * **What a store cannot do** it says in its
//!   [capabilities](feast_registry_core::store::Capabilities) and
//!   [limits](feast_registry_core::store::Limits). Trials that need more are reported as ignored,
//!   with the reason; trials of the limits check that the store refuses what it does not take.
//! * **Known failures** are [waived](Harness::waivers) with a reason. A waived trial that passes
//!   fails the run: the waiver is stale.
//! * **No trial at all** fails the run, unless a filter was given. So does a database that cannot
//!   be reached: skipping is only ever chosen.
//! * **Processes.** Trials of several processes run the test program again, as a worker on the
//!   same [location](Opened::location). They need [`Harness::reopen`] and nothing else.
//!
//! # Environment
//!
//! | variable | meaning |
//! |---|---|
//! | `FEAST_REGISTRY_SOAK=1` | ten times as many rounds, and new seeds |
//! | `FEAST_REGISTRY_CONFORMANCE_SEED` | the seed of random trials; a failure prints the one it had |
//! | `FEAST_REGISTRY_CONFORMANCE_JSON` | a file for the summary, as `--summary-json FILE` |
//!
//! # What is absent
//!
//! The suite does not cut power. That a store syncs file and folder before it acknowledges a
//! write is for the tests of the backend, which can watch its system calls.

#[macro_use]
mod check;
#[macro_use]
mod trial;

mod cli;
mod context;
mod flaky;
mod harness;
mod history;
pub mod proxy;
mod random;
mod rows;
mod samples;
mod suite;
pub mod traffic;
mod trials;
mod worker;

pub use self::cli::run;
pub use self::harness::{Harness, MemoryHarness, Opened, Server, Waiver};
pub use self::suite::{Report, Verdict, run_trials, trial_names};

/// The `main` function of a test with `harness = false` that runs the suite on a [`Harness`].
///
/// ```no_run
/// feast_registry_conformance::conformance_main!(feast_registry_conformance::MemoryHarness);
/// ```
#[macro_export]
macro_rules! conformance_main {
    ($harness:expr) => {
        fn main() -> ::std::process::ExitCode {
            $crate::run($harness)
        }
    };
}
