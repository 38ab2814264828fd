//! Whether operations that overlapped can be put into an order in which each was right to be answered so.

use std::collections::HashSet;
use std::hash::Hash;

/// An operation with its answer, by the clock of this machine in microseconds.
pub(super) trait Operation {
    /// What operations change.
    type State: Clone + Eq + Hash;

    /// When it began and ended.
    fn span(&self) -> (u64, u64);

    /// The state after it, if the answer is right in this one.
    fn after(&self, state: &Self::State) -> Option<Self::State>;
}

/// So many ways are tried before the search is given up. Eight writers that are always at work need some
/// hundred for each operation.
const WAYS: usize = 2_000_000;

/// Whether there is an order, and whether the search came to an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    Order,
    None,
    GaveUp,
}

/// Looks for an order that leads from one state to another. An operation that ended before another began
/// comes before it.
pub(super) fn order<O: Operation>(operations: &[O], first: O::State, last: &O::State) -> Found {
    let mut seen = HashSet::new();
    let mut ways = vec![(vec![false; operations.len()], first)];
    while let Some((done, state)) = ways.pop() {
        let left = || (0..operations.len()).filter(|&number| !done[number]);
        let Some(limit) = left().map(|number| operations[number].span().1).min() else {
            match state == *last {
                true => return Found::Order,
                false => continue,
            }
        };
        for number in left().filter(|&number| operations[number].span().0 <= limit) {
            let Some(state) = operations[number].after(&state) else {
                continue;
            };
            let mut done = done.clone();
            done[number] = true;
            if seen.insert((done.clone(), state.clone())) {
                ways.push((done, state));
            }
        }
        if seen.len() > WAYS {
            return Found::GaveUp;
        }
    }
    Found::None
}
