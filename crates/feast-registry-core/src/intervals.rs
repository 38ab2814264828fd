//! Materialisation intervals as bytes: what they cover, and fewer of them that cover the same.

#[cfg(test)]
mod tests;

use bytes::Bytes;
use prost::Message as _;
use prost_types::Timestamp;

use feast_registry_proto::core::MaterializationInterval;

use crate::rules::elements;
use crate::wire::{self, WireError, WireType};
use crate::{Error, Record, Result};

/// A moment, ordered by time.
pub(crate) type Moment = (i64, i32);

/// How many intervals a view has, and how many would cover the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Compaction {
    /// Intervals that are stored.
    pub before: usize,
    /// Intervals after a compaction.
    pub after: usize,
    /// Whether a compaction would change anything, be it the order.
    pub changes: bool,
}

impl Compaction {
    /// What a compaction would make of the intervals of a row; `None` for rows that can have none.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Corrupt`](crate::ErrorKind::Corrupt) if the bytes cannot be read.
    pub fn of(row: &Record) -> Result<Option<Compaction>> {
        let Some(stored) = of_row(row)? else {
            return Ok(None);
        };
        let compact = compact(&stored);
        Ok(Some(Compaction {
            before: stored.len(),
            after: compact.len(),
            changes: compact != stored,
        }))
    }
}

/// The serialized intervals of a row; `None` for rows that can have none.
pub(crate) fn of_row(row: &Record) -> Result<Option<Vec<Bytes>>> {
    let Some(path) = row.key.kind.view().and_then(|view| view.intervals_path) else {
        return Ok(None);
    };
    let intervals = elements(&row.body, path).map_err(|why| Error::corrupt(&row.key, why))?;
    Ok(Some(intervals))
}

/// The two ends of an interval that has both.
pub(crate) fn ends(interval: &[u8]) -> Option<(Moment, Moment)> {
    let moment = |number| {
        let time = wire::timestamp(interval, &[number]).ok().flatten()?;
        Some((time.seconds, time.nanos))
    };
    Some((moment(1)?, moment(2)?))
}

/// The fewest intervals that cover what these do, in the order of time.
///
/// Those that touch or overlap become one. What is not plainly an interval is left as it is, behind
/// the others: one that ends before it starts, lacks an end, or has a field that this build does not
/// know.
pub(crate) fn compact(intervals: &[Bytes]) -> Vec<Bytes> {
    let mut plain = Vec::with_capacity(intervals.len());
    let mut others = Vec::new();
    for interval in intervals {
        match Span::plain(interval) {
            Some(span) => plain.push(span),
            None => others.push(interval.clone()),
        }
    }
    plain.sort_by_key(|span| (span.start, span.end));
    let mut merged: Vec<Span<'_>> = Vec::with_capacity(plain.len());
    for span in plain {
        match merged.last_mut() {
            Some(last) if span.start <= last.end => last.extend(&span),
            _ => merged.push(span),
        }
    }
    let merged = merged.into_iter().map(|span| span.encoded());
    merged.chain(others).collect()
}

/// What one interval or several merged ones cover.
struct Span<'a> {
    start: Moment,
    end: Moment,
    /// The stored bytes that say just this, if some do.
    stored: Option<&'a Bytes>,
}

impl<'a> Span<'a> {
    /// The span of an interval of which nothing is lost when it is written anew.
    fn plain(interval: &'a Bytes) -> Option<Self> {
        let known = [(1, WireType::Len), (2, WireType::Len)];
        let times = only(interval, known).ok()??;
        let plain_time = |time: &[u8]| {
            let known = [(1, WireType::Varint), (2, WireType::Varint)];
            matches!(only(time, known), Ok(Some(_)))
        };
        let (start, end) = ends(interval)?;
        let in_range = |moment: Moment| (0..1_000_000_000).contains(&moment.1);
        let plain = times.into_iter().flatten().all(plain_time)
            && in_range(start)
            && in_range(end)
            && start <= end;
        plain.then_some(Span {
            start,
            end,
            stored: Some(interval),
        })
    }

    /// Covers another one too, which does not begin before it.
    fn extend(&mut self, other: &Span<'_>) {
        if other.end > self.end {
            self.end = other.end;
            self.stored = None;
        }
    }

    fn encoded(&self) -> Bytes {
        let time = |(seconds, nanos): Moment| Some(Timestamp { seconds, nanos });
        match self.stored {
            Some(stored) => stored.clone(),
            None => MaterializationInterval {
                start_time: time(self.start),
                end_time: time(self.end),
            }
            .encode_to_vec()
            .into(),
        }
    }
}

/// The payloads of these fields, if a message has each at most once and nothing else.
fn only(
    message: &[u8],
    known: [(u32, WireType); 2],
) -> Result<Option<[Option<&[u8]>; 2]>, WireError> {
    let mut found = [None; 2];
    for field in wire::fields(message) {
        let field = field?;
        let place = known
            .iter()
            .position(|known| *known == (field.number, field.wire_type));
        match place.map(|place| &mut found[place]) {
            Some(place @ None) => *place = Some(field.payload),
            _ => return Ok(None),
        }
    }
    Ok(Some(found))
}
