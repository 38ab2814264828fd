//! Materialisation intervals that cover nothing, or the same twice.

use super::defect::{INVERTED_INTERVAL, OVERLAPPING_INTERVALS};
use super::{Check, Finding, Known};
use crate::Record;
use crate::intervals::{Moment, ends, of_row};

pub(super) struct Intervals;

impl Check for Intervals {
    fn see(&mut self, row: &Record, _known: &Known, findings: &mut Vec<Finding>) {
        let Ok(Some(stored)) = of_row(row) else {
            return;
        };
        let spans: Vec<_> = stored
            .iter()
            .filter_map(|interval| ends(interval))
            .collect();
        let (mut forward, inverted): (Vec<_>, Vec<_>) =
            spans.into_iter().partition(|(start, end)| start <= end);
        let mut find = |defect, count, what| {
            if count > 0 {
                let found = format!("{count} of {} intervals {what}", stored.len());
                findings.push(Finding::new(defect, row.key.clone(), found));
            }
        };
        find(&INVERTED_INTERVAL, inverted.len(), "end before they start");
        let overlapping = overlaps(&mut forward);
        find(
            &OVERLAPPING_INTERVALS,
            overlapping,
            "begin within another one",
        );
    }
}

/// How many intervals begin before an earlier one has ended.
fn overlaps(spans: &mut [(Moment, Moment)]) -> usize {
    spans.sort_unstable();
    let mut covered = None;
    let mut count = 0;
    for (start, end) in spans {
        if covered.is_some_and(|covered| *start < covered) {
            count += 1;
        }
        covered = covered.max(Some(*end));
    }
    count
}
