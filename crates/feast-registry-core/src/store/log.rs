//! Reading a log of changes whose numbers become visible in another order than they were given.

use std::ops::RangeInclusive;
use std::time::{Duration, Instant};

use crate::Key;

/// How long a number that is missing may still turn up: no transaction that writes is expected to
/// stay open for longer.
const PATIENCE: Duration = Duration::from_secs(600);
/// More missing runs of numbers than this are not looked for one by one.
const SINGLY: usize = 100;
/// More than this are not remembered: the lowest are given up.
const REMEMBERED: usize = 10_000;

/// What a log of changes says: see [`Store::logged`](super::Store::logged).
#[derive(Clone, Debug)]
pub struct Logged {
    /// How far it was read: where to go on from next time.
    pub position: Position,
    /// The keys of what was changed, some more than once; `None` if the log cannot tell, because it
    /// no longer reaches back that far.
    pub keys: Option<Vec<Key>>,
}

/// How far somebody has read a log of changes.
///
/// A change is given its number before its transaction commits, so that a lower number may become
/// visible after a higher one. Numbers that are missing below the newest are looked for again, until no
/// transaction can be that old; most are those of transactions that were rolled back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    newest: i64,
    /// In the order of their numbers.
    gaps: Vec<Gap>,
}

/// Numbers that were missing between two that were there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Gap {
    low: i64,
    high: i64,
    noticed: Instant,
}

impl Position {
    /// The position of somebody who comes to a log with this newest number, and misses these below it.
    pub fn new(newest: i64, missing: impl IntoIterator<Item = (i64, i64)>, now: Instant) -> Self {
        let missing = missing.into_iter().filter(|(_, high)| *high < newest);
        let mut gaps: Vec<Gap> = missing
            .map(|(low, high)| Gap::new(low, high, now))
            .collect();
        gaps.sort_unstable_by_key(|gap| gap.low);
        Position { newest, gaps }.bounded()
    }

    /// The highest number that was seen.
    pub fn newest(&self) -> i64 {
        self.newest
    }

    /// Which numbers to read: the first range begins with [`Position::newest`] and has no end, the
    /// others are those that were missing, unless these are too many to be looked for.
    pub fn ranges(&self) -> Vec<RangeInclusive<i64>> {
        let gaps = match self.gaps.len() > SINGLY {
            true => [].iter(),
            false => self.gaps.iter(),
        };
        let open = self.newest..=i64::MAX;
        let gaps = gaps.map(|gap| gap.low..=gap.high);
        std::iter::once(open).chain(gaps).collect()
    }

    /// The position of who has found these numbers in the [ranges](Position::ranges), of a log that
    /// keeps at least `kept` numbers. Also says whether they are all that came since; `None` if the
    /// newest number is gone: what came behind it may be gone as well, or it is another log.
    pub fn after(&self, mut found: Vec<i64>, kept: i64, now: Instant) -> Option<(Self, bool)> {
        found.sort_unstable();
        let newest = *found
            .last()
            .filter(|_| found.binary_search(&self.newest).is_ok())?;
        let lowest = self.gaps.first().map_or(self.newest, |gap| gap.low);
        let complete = self.gaps.len() <= SINGLY && lowest > newest.saturating_sub(kept);
        let mut gaps = Vec::new();
        for gap in &self.gaps {
            if now.saturating_duration_since(gap.noticed) < PATIENCE {
                gap.without(&found, &mut gaps);
            }
        }
        Gap::new(self.newest, newest, now).without(&found, &mut gaps);
        Some((Position { newest, gaps }.bounded(), complete))
    }

    fn bounded(mut self) -> Self {
        let surplus = self.gaps.len().saturating_sub(REMEMBERED);
        self.gaps.drain(..surplus);
        self
    }
}

impl Gap {
    fn new(low: i64, high: i64, noticed: Instant) -> Self {
        Gap { low, high, noticed }
    }

    /// Appends what is left of it without numbers that were found.
    fn without(self, found: &[i64], left: &mut Vec<Gap>) {
        let from = found.partition_point(|number| *number < self.low);
        let mut low = self.low;
        for number in found[from..]
            .iter()
            .take_while(|number| **number <= self.high)
        {
            if low < *number {
                left.push(Gap::new(low, number - 1, self.noticed));
            }
            low = number.saturating_add(1);
        }
        if low <= self.high {
            left.push(Gap { low, ..self });
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    /// What happens between two reads: transactions take numbers, and some of those that are open
    /// end, in any order.
    fn step() -> impl Strategy<Value = (Vec<u8>, Vec<(prop::sample::Index, bool)>)> {
        let begun = prop::collection::vec(1..5_u8, 0..6);
        let ended = prop::collection::vec((any::<prop::sample::Index>(), any::<bool>()), 0..6);
        (begun, ended)
    }

    fn read(log: &BTreeSet<i64>, position: &Position) -> Vec<i64> {
        let ranges = position.ranges().into_iter();
        ranges.flat_map(|range| log.range(range).copied()).collect()
    }

    proptest! {
        #[test]
        fn every_committed_number_is_found_in_whatever_order_they_commit(
            steps in prop::collection::vec(step(), 1..40),
            begin in 0..10_usize,
        ) {
            let now = Instant::now();
            let (mut next, mut open) = (2, Vec::<Vec<i64>>::new());
            let (mut log, mut seen) = (BTreeSet::from([1]), BTreeSet::new());
            let mut position = None;
            for (round, (begun, ended)) in steps.into_iter().enumerate() {
                for numbers in begun {
                    let last = next + i64::from(numbers);
                    open.push((next..last).collect());
                    next = last;
                }
                for (which, commits) in ended {
                    if !open.is_empty() {
                        let numbers = open.swap_remove(which.index(open.len()));
                        log.extend(numbers.iter().filter(|_| commits));
                    }
                }
                if round == begin {
                    let newest = *log.last().unwrap();
                    let missing = (1..newest).filter(|number| !log.contains(number));
                    position = Some(Position::new(newest, missing.map(|n| (n, n)), now));
                    seen = log.clone();
                } else if let Some(before) = &position {
                    let found = read(&log, before);
                    seen.extend(&found);
                    let (after, complete) = before.after(found, 1_000_000, now).unwrap();
                    if complete {
                        prop_assert_eq!(&seen, &log);
                    }
                    seen = log.clone();
                    position = Some(after);
                }
            }
        }
    }

    #[test]
    fn a_missing_number_is_looked_for_until_no_transaction_is_that_old() {
        let now = Instant::now();
        let position = Position::new(5, [], now);
        let (position, complete) = position.after(vec![5, 6, 9], 100, now).unwrap();
        assert!(complete);
        assert_eq!(position.ranges(), [9..=i64::MAX, 7..=8]);
        let (position, _) = position.after(vec![9, 8], 100, now).unwrap();
        assert_eq!(position.ranges(), [9..=i64::MAX, 7..=7]);
        let (position, _) = position.after(vec![9], 100, now + PATIENCE).unwrap();
        assert_eq!(position.ranges(), [9..=i64::MAX]);
    }

    #[test]
    fn without_the_newest_number_nothing_is_known() {
        let now = Instant::now();
        let position = Position::new(5, [], now);
        assert_eq!(position.after(Vec::new(), 100, now), None);
        assert_eq!(position.after(vec![6, 7], 100, now), None);
    }

    #[test]
    fn what_may_have_been_trimmed_is_not_all() {
        let now = Instant::now();
        let position = Position::new(500, [(3, 3)], now);
        let (position, complete) = position.after(vec![500, 502], 600, now).unwrap();
        assert!(complete);
        let (_, complete) = position.after(vec![502, 603], 600, now).unwrap();
        assert!(!complete);
    }

    #[test]
    fn too_many_missing_numbers_are_not_looked_for() {
        let now = Instant::now();
        let many = |count: i64| Position::new(1_000_000, (1..=count).map(|n| (3 * n, 3 * n)), now);
        assert_eq!(many(100).ranges().len(), 101);
        assert_eq!(many(101).ranges().len(), 1);
        let (position, complete) = many(101).after(vec![1_000_000], 2_000_000, now).unwrap();
        assert!(!complete);
        assert_eq!(position, many(101));
        assert_eq!(many(20_000).gaps.len(), REMEMBERED);
    }
}
