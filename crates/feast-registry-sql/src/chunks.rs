//! Statements over several rows, for some numbers of rows.

use std::sync::Arc;

/// Numbers of rows below the largest that have a statement of their own: what is left over takes
/// few statements, and few texts are prepared.
const SMALLER: [usize; 3] = [64, 8, 2];

/// One text for each number of rows that has one, the largest first and one row last.
#[derive(Debug)]
pub(crate) struct Chunks(Vec<(usize, Arc<str>)>);

impl Chunks {
    /// `one` for a single row, and what `many` answers for up to `largest` rows.
    pub(crate) fn new(largest: usize, one: String, many: impl Fn(usize) -> Option<String>) -> Self {
        let smaller = SMALLER.into_iter().filter(|rows| *rows < largest);
        let sizes = std::iter::once(largest).chain(smaller);
        let many = sizes
            .filter(|rows| *rows > 1)
            .filter_map(|rows| Some((rows, many(rows)?.into())));
        Chunks(many.chain([(1, one.into())]).collect())
    }

    /// Calls `put` with a text and the rows that it is for, until all are done.
    pub(crate) fn each<'a, T>(&self, mut rows: &'a [T], mut put: impl FnMut(&Arc<str>, &'a [T])) {
        for (size, text) in &self.0 {
            while rows.len() >= *size {
                let (chunk, rest) = rows.split_at(*size);
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
        let chunks = Chunks::new(largest, "one".to_owned(), |rows| Some(format!("of {rows}")));
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
}
