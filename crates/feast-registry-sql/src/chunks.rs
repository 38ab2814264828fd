//! Statements over several rows, for some numbers of rows.

use std::ops::RangeInclusive;
use std::sync::Arc;

/// Numbers of rows below the largest that have a statement of their own: what is left over takes
/// few statements, and few texts are prepared.
const SMALLER: [usize; 3] = [64, 8, 2];

/// The texts with the numbers of rows that each is for, the largest first and one row last.
#[derive(Debug)]
pub(crate) struct Chunks(Vec<(RangeInclusive<usize>, Arc<str>)>);

impl Chunks {
    /// `one` for a single row, and what `many` answers for up to `largest` rows. If that is the same
    /// for any number, because rows are arrays, so is the text.
    pub(crate) fn new(largest: usize, one: String, many: impl Fn(usize) -> Option<String>) -> Self {
        let smaller = SMALLER.into_iter().filter(|rows| *rows < largest);
        let sizes = std::iter::once(largest).chain(smaller);
        let mut chunks: Vec<(RangeInclusive<usize>, Arc<str>)> = Vec::new();
        for rows in sizes.filter(|rows| *rows > 1) {
            let Some(text) = many(rows) else { continue };
            match chunks.last_mut() {
                Some((known, same)) if **same == *text => *known = rows..=*known.end(),
                _ => chunks.push((rows..=rows, text.into())),
            }
        }
        chunks.push((1..=1, one.into()));
        Chunks(chunks)
    }

    /// Calls `put` with a text and the rows that it is for, until all are done.
    pub(crate) fn each<'a, T>(&self, mut rows: &'a [T], mut put: impl FnMut(&Arc<str>, &'a [T])) {
        for (sizes, text) in &self.0 {
            while rows.len() >= *sizes.start() {
                let (chunk, rest) = rows.split_at(rows.len().min(*sizes.end()));
                put(text, chunk);
                rows = rest;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizes(largest: usize, rows: usize) -> Vec<(String, usize)> {
        split(largest, rows, |rows| format!("of {rows}"))
    }

    fn split(largest: usize, rows: usize, many: fn(usize) -> String) -> Vec<(String, usize)> {
        let chunks = Chunks::new(largest, "one".to_owned(), |rows| Some(many(rows)));
        let mut found = Vec::new();
        chunks.each(&vec![(); rows], |text, chunk| {
            found.push((text.to_string(), chunk.len()));
        });
        found
    }

    #[test]
    fn rows_are_split_into_few_chunks() {
        let of = |text: &str, rows| (text.to_owned(), rows);
        assert_eq!(
            sizes(500, 573),
            [
                of("of 500", 500),
                of("of 64", 64),
                of("of 8", 8),
                of("one", 1)
            ]
        );
        assert_eq!(sizes(1, 2), [of("one", 1), of("one", 1)]);
        assert_eq!(sizes(500, 0), []);
    }
    #[test]
    fn one_text_for_any_number_of_rows_takes_all_that_are_left() {
        let split = |rows| split(500, rows, |_| "any".to_owned());
        let of = |text: &str, rows| (text.to_owned(), rows);
        assert_eq!(split(573), [of("any", 500), of("any", 73)]);
        assert_eq!(split(501), [of("any", 500), of("one", 1)]);
        assert_eq!(split(2), [of("any", 2)]);
    }
}
