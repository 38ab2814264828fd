//! Rows that changed a while ago, which may be rewritten without a trace.

use std::cmp::Reverse;
use std::collections::HashMap;

use super::snapshot::Snapshot;
use crate::Key;

/// How long a row stays one of them, in seconds. Feast stamps a view, reads the whole registry again,
/// and only then writes the view's bytes once more, under the stamp it has: on a large registry that
/// takes minutes.
pub(super) const LATE: i64 = 600;

/// So many are kept, those that changed last. What is slow enough to rewrite late changes few rows within
/// that time; a batch of ten thousand is none of it.
pub(super) const MOST: usize = 1_000;

/// The keys of such rows, with the second in which each was seen to have changed.
#[derive(Clone, Debug, Default)]
pub(super) struct Recent(HashMap<Key, i64>);

impl Recent {
    /// Those that still are.
    pub(super) fn at(&self, now: i64) -> Recent {
        let since = now.saturating_sub(LATE);
        let late = self.0.iter().filter(|(_, seen)| **seen >= since);
        Recent(late.map(|(key, seen)| (key.clone(), *seen)).collect())
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = &Key> {
        self.0.keys()
    }

    /// Adds rows that were seen to have changed.
    pub(super) fn note(&mut self, keys: impl IntoIterator<Item = (Key, i64)>) {
        for (key, seen) in keys {
            let known = self.0.entry(key).or_insert(seen);
            *known = seen.max(*known);
        }
        if self.0.len() > MOST {
            let mut all: Vec<(Key, i64)> = self.0.drain().collect();
            all.sort_unstable_by_key(|(_, seen)| Reverse(*seen));
            self.0 = all.into_iter().take(MOST).collect();
        }
    }

    /// Adds those that their stamps show.
    pub(super) fn note_stamped(&mut self, snapshot: &Snapshot, now: i64) {
        let stamped = snapshot.stamped_since(now.saturating_sub(LATE));
        self.note(stamped.map(|row| (row.key.clone(), row.stamp.min(now))));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Kind;

    fn keys(names: std::ops::Range<usize>, seen: i64) -> impl Iterator<Item = (Key, i64)> {
        names.map(move |name| (Key::new(Kind::Entity, "p", format!("{name}")), seen))
    }

    #[test]
    fn those_that_changed_last_are_kept() {
        let mut recent = Recent::default();
        recent.note(keys(0..MOST, 1_000));
        recent.note(keys(MOST..MOST + 10, 1_001));
        assert_eq!(recent.0.len(), MOST);
        assert!(keys(MOST..MOST + 10, 0).all(|(key, _)| recent.0.contains_key(&key)));
    }

    #[test]
    fn they_are_forgotten_in_time() {
        let mut recent = Recent::default();
        recent.note(keys(0..1, 1_000));
        recent.note(keys(1..2, 1_001));
        // Seen once more, and then again by an older stamp.
        recent.note(keys(0..1, 1_001));
        recent.note(keys(0..1, 900));
        assert_eq!(recent.at(1_001 + LATE).keys().count(), 2);
        assert_eq!(recent.at(1_002 + LATE).keys().count(), 0);
    }
}
