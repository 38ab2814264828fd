//! Clocks that disagree.

use super::defect::{CLOCK_SKEW, FUTURE_STAMP};
use super::{Check, Finding, Known};
use crate::store::{Store, now};
use crate::{Record, Result};

/// Clocks within so many seconds of each other agree.
const TOLERANCE: i64 = 60;

/// Rows that say they were changed later than now.
pub(super) struct Stamps {
    latest: i64,
}

impl Stamps {
    pub(super) fn new(now: i64) -> Self {
        Stamps {
            latest: now.saturating_add(TOLERANCE),
        }
    }
}

impl Check for Stamps {
    fn see(&mut self, row: &Record, _known: &Known, findings: &mut Vec<Finding>) {
        if row.stamp > self.latest {
            let ahead = row.stamp.saturating_sub(self.latest - TOLERANCE);
            let found = format!("its stamp is {ahead} seconds ahead of this machine's clock");
            findings.push(Finding::new(&FUTURE_STAMP, row.key.clone(), found));
        }
    }
}

/// Asks the store for its time, where it has a clock of its own.
pub(super) async fn skew(store: &dyn Store) -> Result<Option<Finding>> {
    let before = now().seconds;
    let Some(theirs) = store.clock().await? else {
        return Ok(None);
    };
    let after = now().seconds;
    let (seconds, word) = if theirs < before {
        (before.saturating_sub(theirs), "behind")
    } else {
        (theirs.saturating_sub(after), "ahead of")
    };
    Ok((seconds > TOLERANCE).then(|| {
        let found = format!("the clock of the store is {seconds} seconds {word} this machine's");
        Finding::new(&CLOCK_SKEW, None, found)
    }))
}
