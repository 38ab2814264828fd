//! What a store counts of itself.

use std::sync::atomic::{AtomicU64, Ordering};

use feast_registry_core::store::Activity;

/// Counts of one store, as [`Activity`] has them.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    /// Loads and puts.
    pub(crate) requests: Counter,
    /// Puts that were repeated, and decisions that were asked for again.
    pub(crate) retries: Counter,
    /// Puts before which somebody else was faster.
    pub(crate) conflicts: Counter,
    /// Loads and puts that were given up.
    pub(crate) failures: Counter,
}

impl Counters {
    pub(crate) fn activity(&self) -> Activity {
        let mut activity = Activity::default();
        activity.statements = self.requests.get();
        activity.round_trips = activity.statements;
        activity.retries = self.retries.get();
        activity.conflicts = self.conflicts.get();
        activity.failures = self.failures.get();
        activity
    }
}

/// One number that only grows.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) fn add(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}
