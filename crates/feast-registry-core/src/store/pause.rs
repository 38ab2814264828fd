//! How long those wait who were in each other's way.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

/// How long to wait before an attempt, counted from 1: grows up to 256 times `base`, and differs
/// between waiters, so that those who collided do not collide again.
pub fn pause(base: Duration, attempt: u32) -> Duration {
    let ceiling = base * 2_u32.saturating_pow(attempt.min(8));
    let random = RandomState::new().hash_one(attempt) % 1_000;
    ceiling / 2 + ceiling / 2 * u32::try_from(random).unwrap_or(0) / 1_000
}
