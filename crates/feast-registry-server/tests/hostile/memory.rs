//! How much memory something takes.

use crate::ALLOCATED;

pub(crate) const KIB: usize = 1024;
pub(crate) const MIB: usize = 1024 * KIB;

/// Counts from now on.
pub(crate) struct Memory {
    before: usize,
}

impl Memory {
    pub(crate) fn watch() -> Self {
        ALLOCATED.reset_peak_usage();
        Memory {
            before: ALLOCATED.current_usage(),
        }
    }

    /// The most bytes that there were on top of those at the start.
    pub(crate) fn most(&self) -> usize {
        ALLOCATED.peak_usage().saturating_sub(self.before)
    }

    /// Fails if there were ever more than these.
    pub(crate) fn at_most(&self, bytes: usize) {
        let most = self.most();
        assert!(most <= bytes, "{} KiB, not {} KiB", most / KIB, bytes / KIB);
    }
}
