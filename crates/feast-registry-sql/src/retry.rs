//! Trying again after a conflict, a bounded number of times.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

/// How often a transaction that met a conflict is tried.
pub(crate) const ATTEMPTS: u32 = 12;

/// How long a transaction that met conflicts is tried at all: where each attempt waits for a
/// lock, their number alone would be no bound that a person waits for.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// How long to wait before an attempt: grows, and differs between waiters, so that those who
/// collided do not collide again.
pub(crate) fn pause(attempt: u32) -> Duration {
    let ceiling = Duration::from_millis(2) * 2_u32.saturating_pow(attempt.min(8));
    let random = RandomState::new().hash_one(attempt) % 1_000;
    ceiling / 2 + ceiling / 2 * u32::try_from(random).unwrap_or(0) / 1_000
}
