//! What was asked for, and the rows that were found.

use std::collections::HashMap;
use std::hash::Hash;

/// Calls `put` for all that was asked for, each with its row, if it was found; answers the rows that nobody asked for,
/// or that were found twice.
///
/// Databases nearly always answer in the order in which they were asked, that of the bytes. Then nothing is searched.
pub(crate) fn pair<'q, Q, K, R>(
    questions: &'q [Q],
    asked: impl Fn(&'q Q) -> &'q K,
    rows: impl Iterator<Item = R>,
    key: impl Fn(&R) -> &K,
    mut put: impl FnMut(&'q Q, Option<R>),
) -> Vec<R>
where
    K: Clone + Eq + Hash + Ord + 'q,
{
    let mut rows = rows.peekable();
    let (mut open, mut others) = (Vec::new(), Vec::new());
    for question in questions {
        let asked = asked(question);
        while let Some(row) = rows.next_if(|row| key(row) < asked) {
            others.push(row);
        }
        match rows.next_if(|row| key(row) == asked) {
            Some(row) => put(question, Some(row)),
            None => open.push(question),
        }
    }
    others.extend(rows);
    let others = others.into_iter().map(|row| (key(&row).clone(), row));
    let mut others: HashMap<K, R> = others.collect();
    for question in open {
        put(question, others.remove(asked(question)));
    }
    others.into_values().collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_question_gets_its_row_whatever_the_order(
            questions in prop::collection::btree_set(0..30_u8, 0..30),
            rows in prop::collection::vec(0..30_u8, 0..30),
        ) {
            let questions: Vec<u8> = questions.into_iter().collect();
            // A key has one row.
            let mut rows: Vec<(u8, usize)> = rows.into_iter().zip(0..).collect();
            let mut seen = std::collections::HashSet::new();
            rows.retain(|(key, _)| seen.insert(*key));
            let wanted: BTreeMap<u8, Option<(u8, usize)>> = questions
                .iter()
                .map(|question| (*question, rows.iter().find(|row| row.0 == *question).copied()))
                .collect();
            let mut found = BTreeMap::new();
            let put = |question: &u8, row| {
                assert!(found.insert(*question, row).is_none());
            };
            let mut others = pair(&questions, |one| one, rows.iter().copied(), |row| &row.0, put);
            prop_assert_eq!(found, wanted);
            others.sort_unstable();
            rows.retain(|row| !questions.contains(&row.0));
            rows.sort_unstable();
            prop_assert_eq!(others, rows);
        }
    }
}
