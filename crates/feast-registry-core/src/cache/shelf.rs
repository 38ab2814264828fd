//! The rows of one kind in one project, in order, and found by name without a search.

use std::cmp::Ordering;
use std::hash::BuildHasher;
use std::iter::Peekable;
use std::sync::Arc;

use hashbrown::{DefaultHashBuilder, HashTable};
use rpds::{HashTrieMapSync, RedBlackTreeMapSync, RedBlackTreeSetSync};

use crate::store::{ProbeEntry, Range};
use crate::{Error, Key, Record, Result, model};

/// The name and number of a row: what tells it from the others of its kind and project.
type Place = (Arc<str>, i32);

/// What changed since the base was built: newer rows, and `None` where a row is gone. Nearly every read
/// looks here for what is not here, so by hash: that ends after two or three steps.
#[derive(Clone, Debug, Default)]
struct Changes {
    rows: HashTrieMapSync<Place, Option<Record>, DefaultHashBuilder>,
    order: RedBlackTreeSetSync<Place>,
}

/// Rows that are cheap to clone with one of them changed: a large base that is shared, and the few
/// changes since. They become the next base when there are too many of them to be few.
#[derive(Clone, Debug, Default)]
pub(super) struct Shelf {
    base: Arc<Base>,
    changes: Changes,
    count: u64,
    stamp_sum: i128,
    /// Rows that cannot be read, and why: found out when they come in, so that lists need not look
    /// into every row.
    broken: RedBlackTreeMapSync<Place, Arc<Error>>,
}

impl Shelf {
    pub(super) fn new(rows: Vec<Record>) -> Self {
        let mut broken = RedBlackTreeMapSync::new_sync();
        for row in &rows {
            if let Err(why) = model::check_stored(row) {
                broken.insert_mut((Arc::clone(&row.key.name), row.key.number), Arc::new(why));
            }
        }
        Shelf::checked(rows, broken)
    }

    fn checked(rows: Vec<Record>, broken: RedBlackTreeMapSync<Place, Arc<Error>>) -> Self {
        Shelf {
            broken,
            count: rows.len() as u64,
            stamp_sum: rows.iter().map(|row| i128::from(row.stamp)).sum(),
            base: Arc::new(Base::new(rows)),
            changes: Changes::default(),
        }
    }

    pub(super) fn len(&self) -> usize {
        usize::try_from(self.count).unwrap_or(usize::MAX)
    }

    /// Whether any row cannot be read.
    pub(super) fn has_broken(&self) -> bool {
        !self.broken.is_empty()
    }

    /// Says so if a row cannot be read.
    pub(super) fn check(&self, key: &Key) -> Result<()> {
        let place = (Arc::clone(&key.name), key.number);
        self.broken
            .get(&place)
            .map_or(Ok(()), |why| Err(why.again()))
    }

    /// Whether a probe found as many rows as these, with the same stamps all in all.
    pub(super) fn agrees_with(&self, probed: &ProbeEntry) -> bool {
        (self.count, self.stamp_sum) == (probed.count, probed.stamp_sum)
    }

    pub(super) fn get(&self, name: &Arc<str>, number: i32) -> Option<&Record> {
        if !self.changes.rows.is_empty()
            && let Some(changed) = self.changes.rows.get(&(Arc::clone(name), number))
        {
            return changed.as_ref();
        }
        self.base.get(name, number)
    }

    pub(super) fn insert(&mut self, row: Record) {
        let place = (Arc::clone(&row.key.name), row.key.number);
        self.forget(&place);
        self.count += 1;
        self.stamp_sum += i128::from(row.stamp);
        if let Err(why) = model::check_stored(&row) {
            self.broken.insert_mut(place.clone(), Arc::new(why));
        }
        self.changes.insert(place, Some(row));
        self.rebuild_if_due();
    }

    pub(super) fn remove(&mut self, key: &Key) {
        let place = (Arc::clone(&key.name), key.number);
        self.forget(&place);
        match self.base.get(&place.0, place.1) {
            Some(_) => self.changes.insert(place, None),
            None => self.changes.remove(&place),
        }
        self.rebuild_if_due();
    }

    /// Removes the rows of a range.
    pub(super) fn empty(&mut self, range: &Range) {
        self.retain(|row| !range.contains(&row.key));
    }

    /// Keeps only some rows.
    pub(super) fn retain(&mut self, keep: impl Fn(&Record) -> bool) {
        let doomed: Vec<Key> = self
            .rows()
            .filter(|row| !keep(row))
            .map(|row| row.key.clone())
            .collect();
        for key in doomed {
            self.remove(&key);
        }
    }

    /// Takes a row that is about to go out of the figures.
    fn forget(&mut self, place: &Place) {
        let Some(stamp) = self.get(&place.0, place.1).map(|row| row.stamp) else {
            return;
        };
        self.broken.remove_mut(place);
        self.count -= 1;
        self.stamp_sum -= i128::from(stamp);
    }

    /// All rows, in order.
    pub(super) fn rows(&self) -> impl Iterator<Item = &Record> {
        self.rows_from(None)
    }

    /// The rows with a name (the versions of one view), in order.
    pub(super) fn named<'a>(&'a self, name: &'a Arc<str>) -> impl Iterator<Item = &'a Record> {
        self.rows_from(Some((Arc::clone(name), i32::MIN)))
            .take_while(move |row| row.key.name == *name)
    }

    fn rows_from(&self, start: Option<Place>) -> impl Iterator<Item = &Record> {
        let base = match &start {
            Some(start) => self.base.rows_from(start),
            None => &self.base.rows,
        };
        let start = start.unwrap_or_else(|| ("".into(), i32::MIN));
        Merged {
            base: base.iter().peekable(),
            changes: self.changes.from(start).peekable(),
        }
    }

    /// The cost of a new base is spread over the many changes that it takes to need one.
    fn rebuild_if_due(&mut self) {
        if self.changes.rows.size() > 64 + self.base.rows.len() / 8 {
            let rows = self.rows().cloned().collect();
            *self = Shelf::checked(rows, self.broken.clone());
        }
    }
}

impl Changes {
    fn insert(&mut self, place: Place, row: Option<Record>) {
        self.order.insert_mut(place.clone());
        self.rows.insert_mut(place, row);
    }

    fn remove(&mut self, place: &Place) {
        self.order.remove_mut(place);
        self.rows.remove_mut(place);
    }

    /// From a place on, in order.
    fn from(&self, start: Place) -> impl Iterator<Item = (&Place, &Option<Record>)> {
        let places = self.order.range(start..);
        places.filter_map(|place| self.rows.get_key_value(place))
    }
}

/// Rows in order, with an index by name. Never changed.
#[derive(Debug, Default)]
struct Base {
    rows: Vec<Record>,
    /// Positions in `rows`: small ones, since the cost of a read is what is not in the processor's
    /// caches.
    index: HashTable<u32>,
    hasher: DefaultHashBuilder,
}

impl Base {
    fn new(mut rows: Vec<Record>) -> Self {
        if !rows.is_sorted_by(|a, b| place(a) <= place(b)) {
            rows.sort_unstable_by(|a, b| place(a).cmp(&place(b)));
        }
        let hasher = DefaultHashBuilder::default();
        let mut index = HashTable::with_capacity(rows.len());
        let hash = |position: &u32| hasher.hash_one(place(&rows[*position as usize]));
        for (position, _) in (0..).zip(&rows) {
            index.insert_unique(hash(&position), position, hash);
        }
        Base {
            rows,
            index,
            hasher,
        }
    }

    fn get(&self, name: &str, number: i32) -> Option<&Record> {
        let wanted = (name, number);
        let row = |position: &u32| self.rows.get(*position as usize);
        let position = self.index.find(self.hasher.hash_one(wanted), |position| {
            row(position).is_some_and(|row| place(row) == wanted)
        })?;
        row(position)
    }

    fn rows_from(&self, start: &Place) -> &[Record] {
        let start = (&*start.0, start.1);
        let position = self.rows.partition_point(|row| place(row) < start);
        self.rows.get(position..).unwrap_or_default()
    }
}

fn place(row: &Record) -> (&str, i32) {
    (&row.key.name, row.key.number)
}

/// The base with the changes in it.
struct Merged<
    'a,
    B: Iterator<Item = &'a Record>,
    C: Iterator<Item = (&'a Place, &'a Option<Record>)>,
> {
    base: Peekable<B>,
    changes: Peekable<C>,
}

impl<'a, B, C> Iterator for Merged<'a, B, C>
where
    B: Iterator<Item = &'a Record>,
    C: Iterator<Item = (&'a Place, &'a Option<Record>)>,
{
    type Item = &'a Record;

    fn next(&mut self) -> Option<&'a Record> {
        loop {
            let order = match (self.base.peek(), self.changes.peek()) {
                (Some(row), Some(((name, number), _))) => place(row).cmp(&(name, *number)),
                (_, None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
            };
            if order == Ordering::Less {
                return self.base.next();
            }
            if order == Ordering::Equal {
                self.base.next();
            }
            if let (_, Some(row)) = self.changes.next()? {
                return Some(row);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::Kind;

    fn row(name: &str, stamp: i64) -> Record {
        Record::new(Key::new(Kind::Entity, "p", name), stamp.to_string(), stamp)
    }

    proptest! {
        #[test]
        fn it_holds_what_a_map_would(
            first in prop::collection::btree_map("[a-e]{1,3}", 0..100_i64, 0..40),
            steps in prop::collection::vec(("[a-e]{1,3}", prop::option::of(0..100_i64)), 0..300),
        ) {
            let mut shelf = Shelf::new(first.iter().map(|(name, stamp)| row(name, *stamp)).rev().collect());
            let mut model: BTreeMap<String, i64> = first;
            for (name, change) in steps {
                match change {
                    Some(stamp) => {
                        shelf.insert(row(&name, stamp));
                        model.insert(name, stamp);
                    }
                    None => {
                        shelf.remove(&row(&name, 0).key);
                        model.remove(&name);
                    }
                }
            }
            let wanted: Vec<Record> = model.iter().map(|(name, stamp)| row(name, *stamp)).collect();
            prop_assert_eq!(shelf.rows().cloned().collect::<Vec<_>>(), wanted.clone());
            let mut entry = ProbeEntry::default();
            for row in &wanted {
                entry.add(row.stamp);
                prop_assert_eq!(shelf.get(&row.key.name, 0), Some(row));
                prop_assert_eq!(shelf.named(&row.key.name).collect::<Vec<_>>(), vec![row]);
            }
            prop_assert!(shelf.agrees_with(&entry));
            prop_assert_eq!(shelf.len(), wanted.len());
            prop_assert_eq!(shelf.get(&"z".into(), 0), None);
        }
    }
}
