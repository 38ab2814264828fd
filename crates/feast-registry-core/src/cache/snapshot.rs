//! The rows of the whole registry, immutable and cheap to clone.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use futures::StreamExt;
use hashbrown::DefaultHashBuilder;
use rpds::{HashTrieMapSync, RedBlackTreeMapSync};

use super::Publication;
use super::shelf::Shelf;
use crate::store::{Consistency, ProbeEntry, Range, Scan, Store};
use crate::{Key, Kind, Record, Result};

/// A kind and a project: the rows that a probe has figures of.
pub(super) type Area = (Kind, Arc<str>);

/// The rows of one kind, by project.
type Projects = HashTrieMapSync<Arc<str>, Shelf, DefaultHashBuilder>;

/// Rows by kind and project, ordered by name.
#[derive(Clone, Debug)]
pub(crate) struct Snapshot {
    shelves: [Projects; Kind::ALL.len()],
    /// Changed by a commit whose predecessor this snapshot had not seen: what is stored now is
    /// not known, so cached reads of it go to the store.
    dirty: RedBlackTreeMapSync<Key, ()>,
    pub(super) loaded: Instant,
}

impl Snapshot {
    pub(super) fn empty(loaded: Instant) -> Snapshot {
        let projects = |_| Projects::new_with_hasher_and_ptr_kind(DefaultHashBuilder::default());
        Snapshot {
            shelves: std::array::from_fn(projects),
            dirty: RedBlackTreeMapSync::new_sync(),
            loaded,
        }
    }

    /// Reads everything.
    pub(super) async fn load(
        store: &dyn Store,
        loaded: Instant,
        consistency: Consistency,
    ) -> Result<Snapshot> {
        let mut areas: HashMap<Area, Vec<Record>> = HashMap::new();
        let mut chunks = store.snapshot(consistency).await?;
        while let Some(chunk) = chunks.next().await {
            for row in chunk? {
                let area = (row.key.kind, Arc::clone(&row.key.project));
                areas.entry(area).or_default().push(row);
            }
        }
        let mut snapshot = Snapshot::empty(loaded);
        for (area, rows) in areas {
            snapshot.fill(&area, rows);
        }
        Ok(snapshot)
    }

    /// Puts these rows in place of all that are there.
    pub(super) fn fill(&mut self, (kind, project): &Area, mut rows: Vec<Record>) {
        // A read looks at a name and counts an owner of the body: both lie close together, not one behind
        // each body, while the old names are still there.
        let names = rows.iter().map(|row| {
            share(row);
            Arc::from(&*row.key.name)
        });
        let names: Vec<Arc<str>> = names.collect();
        // Every row has a project of its own when it comes from the store; one is enough.
        for (row, name) in rows.iter_mut().zip(names) {
            row.key.name = name;
            row.key.project = Arc::clone(project);
        }
        rows.shrink_to_fit();
        self.shelves[*kind as usize].insert_mut(Arc::clone(project), Shelf::new(rows));
    }

    pub(super) fn insert(&mut self, row: Record) {
        share(&row);
        let shelves = &mut self.shelves[row.key.kind as usize];
        if let Some(shelf) = shelves.get_mut(&row.key.project) {
            return shelf.insert(row);
        }
        shelves.insert_mut(Arc::clone(&row.key.project), Shelf::new(vec![row]));
    }

    pub(super) fn remove(&mut self, key: &Key) {
        if let Some(shelf) = self.shelves[key.kind as usize].get_mut(&key.project) {
            shelf.remove(key);
        }
    }

    /// Keeps only some rows of an area.
    pub(super) fn retain(&mut self, (kind, project): &Area, keep: impl Fn(&Record) -> bool) {
        if let Some(shelf) = self.shelves[*kind as usize].get_mut(project) {
            shelf.retain(keep);
        }
    }

    pub(super) fn areas(&self) -> impl Iterator<Item = Area> {
        let kinds = Kind::ALL.into_iter().zip(&self.shelves);
        kinds.flat_map(|(kind, shelves)| {
            shelves
                .keys()
                .map(move |project| (kind, Arc::clone(project)))
        })
    }

    /// Whether a probe found what this snapshot holds of an area.
    pub(super) fn agrees(&self, (kind, project): &Area, probed: &ProbeEntry) -> bool {
        match self.shelves[*kind as usize].get(project) {
            Some(shelf) => shelf.agrees_with(probed),
            None => *probed == ProbeEntry::default(),
        }
    }

    /// How many rows of an area are known.
    pub(super) fn count(&self, (kind, project): &Area) -> usize {
        let shelf = self.shelves[*kind as usize].get(project);
        shelf.map_or(0, Shelf::len)
    }

    /// Whether any row where a scan looks cannot be read.
    pub(crate) fn has_broken(&self, scan: &Scan) -> bool {
        let shelves = &self.shelves[scan.kind as usize];
        match &scan.project {
            Some(project) => shelves.get(project).is_some_and(Shelf::has_broken),
            None => shelves.values().any(Shelf::has_broken),
        }
    }

    /// Says so if a row cannot be read.
    pub(crate) fn check(&self, key: &Key) -> Result<()> {
        let shelf = self.shelves[key.kind as usize].get(&key.project);
        shelf.map_or(Ok(()), |shelf| shelf.check(key))
    }

    /// The row with a key; `Err` if only the store knows.
    pub(crate) fn get(&self, key: &Key) -> Result<Option<&Record>, Dirty> {
        if !self.dirty.is_empty() && self.dirty.contains_key(key) {
            return Err(Dirty);
        }
        Ok(self.find(key))
    }

    pub(super) fn find(&self, key: &Key) -> Option<&Record> {
        let shelf = self.shelves[key.kind as usize].get(&key.project)?;
        shelf.get(&key.name, key.number)
    }

    /// The rows of a scan, in key order; `Err` if only the store knows.
    pub(crate) fn scan(&self, scan: &Scan) -> Result<Vec<Record>, Dirty> {
        let concerns = |key: &Key| {
            key.kind == scan.kind && scan.project.as_ref().is_none_or(|p| *p == key.project)
        };
        if self.dirty.keys().any(concerns) {
            return Err(Dirty);
        }
        let shelves = &self.shelves[scan.kind as usize];
        let mut found = Vec::new();
        let mut take = |shelf: &Shelf| {
            let room = scan.limit - found.len();
            let wanted = |row: &&Record| scan.matches(row);
            match &scan.name {
                Some(name) => found.extend(shelf.named(name).filter(wanted).take(room).cloned()),
                None => found.extend(shelf.rows().filter(wanted).take(room).cloned()),
            }
        };
        match &scan.project {
            Some(project) => shelves.get(project).into_iter().for_each(take),
            None => {
                let mut projects: Vec<_> = shelves.iter().collect();
                projects.sort_unstable_by_key(|(project, _)| *project);
                projects.into_iter().for_each(|(_, shelf)| take(shelf));
            }
        }
        Ok(found)
    }

    /// Takes a commit of this process over, if this snapshot holds what the commit replaced.
    pub(super) fn publish(&mut self, publication: Publication) {
        let (key, before, after) = match publication {
            Publication::Row { key, before, after } => (key, before, after),
            Publication::Emptied(range) => return self.empty_range(&range),
        };
        // Commits of one key may be published in another order than they were made, so a row that
        // is not what the commit replaced tells nothing: not even if it looks like the outcome.
        if self.find(&key) != before.as_deref() {
            self.dirty.insert_mut(key, ());
            return;
        }
        match after {
            Some(row) => self.insert(Record::clone(&row)),
            None => self.remove(&key),
        }
    }

    fn empty_range(&mut self, range: &Range) {
        let shelves = &mut self.shelves[range.kind as usize];
        let projects: Vec<Arc<str>> = match &range.project {
            Some(project) => vec![Arc::clone(project)],
            None => shelves.keys().cloned().collect(),
        };
        for project in projects {
            if let Some(shelf) = shelves.get_mut(&project) {
                shelf.empty(range);
            }
        }
    }

    /// The keys of which only the store knows; from now on this snapshot is supposed to know them.
    pub(super) fn take_dirty(&mut self) -> Vec<Key> {
        let keys = self.dirty.keys().cloned().collect();
        self.dirty = RedBlackTreeMapSync::new_sync();
        keys
    }

    /// The greatest stamp that is not later than a second, in whatever kind and project.
    pub(super) fn newest(&self, latest: i64) -> i64 {
        let stamps = self.rows().map(|row| row.stamp);
        let stamps = stamps.filter(|stamp| *stamp <= latest);
        stamps.max().unwrap_or(i64::MIN)
    }

    /// The rows with this stamp or a later one.
    pub(super) fn stamped_since(&self, since: i64) -> impl Iterator<Item = &Record> {
        self.rows().filter(move |row| row.stamp >= since)
    }

    fn rows(&self) -> impl Iterator<Item = &Record> {
        self.all_shelves().flat_map(Shelf::rows)
    }

    fn all_shelves(&self) -> impl Iterator<Item = &Shelf> {
        self.shelves.iter().flat_map(Projects::values)
    }

    pub(super) fn len(&self) -> usize {
        self.all_shelves().map(Shelf::len).sum()
    }
}

/// Bytes with one owner allocate when they get a second one. Here, so that no read does.
fn share(row: &Record) {
    drop(row.body.clone());
    drop(row.user_metadata().cloned());
}

/// A snapshot cannot answer: read the store.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dirty;
