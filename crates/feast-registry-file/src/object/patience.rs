//! Waiting for a store that puts requests off.

use std::hash::{BuildHasher, RandomState};
use std::time::{Duration, Instant};

/// The first pause; each further one may be twice as long.
const FIRST: Duration = Duration::from_millis(50);
/// The longest pause.
const LONGEST: Duration = Duration::from_secs(3);

/// How long a request has been tried, and how often.
#[derive(Debug)]
pub(super) struct Patience {
    end: Instant,
    tries: u32,
    moved: bool,
}

impl Patience {
    pub(super) fn new(limit: Duration) -> Self {
        Patience {
            end: Instant::now() + limit,
            tries: 0,
            moved: false,
        }
    }

    /// Waits a while before the next try; whether there is to be one.
    pub(super) async fn wait(&mut self) -> bool {
        self.tries += 1;
        let pause = pause(self.tries);
        if Instant::now() + pause > self.end {
            return false;
        }
        tokio::time::sleep(pause).await;
        true
    }

    /// Whether to follow the bucket into another region, which makes sense once.
    pub(super) fn may_move(&mut self) -> bool {
        !std::mem::replace(&mut self.moved, true)
    }

    /// How many tries there have been.
    pub(super) fn tries(&self) -> u32 {
        self.tries
    }
}

/// Grows, and differs between those who wait, so that they do not come back together.
fn pause(tries: u32) -> Duration {
    let ceiling = FIRST.saturating_mul(1 << tries.clamp(1, 16)).min(LONGEST);
    let random = RandomState::new().hash_one(tries) % 1_000;
    ceiling / 4 + ceiling * 3 / 4 * u32::try_from(random).unwrap_or(0) / 1_000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_differ_and_stay_bounded() {
        assert!(pause(1) <= FIRST * 2);
        assert!((1..200).all(|tries| pause(tries) <= LONGEST));
        let mut pauses: Vec<_> = (0..50).map(|_| pause(10)).collect();
        pauses.dedup();
        assert!(pauses.len() > 1);
    }

    #[tokio::test]
    async fn patience_ends() {
        let mut patience = Patience::new(Duration::ZERO);
        assert!(!patience.wait().await);
        assert_eq!(patience.tries(), 1);
    }
}
