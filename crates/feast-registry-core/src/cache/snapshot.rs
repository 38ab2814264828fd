//! The rows of the whole registry as of one moment.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use futures::StreamExt;
use rpds::RedBlackTreeMapSync;

use super::Publication;
use crate::store::{Consistency, Range, Scan, Store};
use crate::{Key, Kind, Record, Result};

type Names = RedBlackTreeMapSync<(Arc<str>, i32), Record>;

/// Rows by kind and project, ordered by name. Cheap to clone: everything is shared.
#[derive(Clone, Debug)]
pub(crate) struct Snapshot {
    rows: HashMap<(Kind, Arc<str>), Names>,
    /// Changed by a commit whose predecessor this snapshot had not seen: what is stored now is
    /// not known, so cached reads of it go to the store.
    dirty: RedBlackTreeMapSync<Key, ()>,
    pub(super) loaded: Instant,
}

impl Snapshot {
    pub(super) async fn load(store: &dyn Store, loaded: Instant) -> Result<Snapshot> {
        let mut snapshot = Snapshot {
            rows: HashMap::new(),
            dirty: RedBlackTreeMapSync::new_sync(),
            loaded,
        };
        let mut chunks = store.snapshot(Consistency::Replica).await?;
        while let Some(chunk) = chunks.next().await {
            for row in chunk? {
                snapshot.insert(row);
            }
        }
        Ok(snapshot)
    }

    fn insert(&mut self, row: Record) {
        let names = self
            .rows
            .entry((row.key.kind, Arc::clone(&row.key.project)));
        names
            .or_insert_with(RedBlackTreeMapSync::new_sync)
            .insert_mut((Arc::clone(&row.key.name), row.key.number), row);
    }

    fn remove(&mut self, key: &Key) {
        if let Some(names) = self.rows.get_mut(&(key.kind, Arc::clone(&key.project))) {
            names.remove_mut(&(Arc::clone(&key.name), key.number));
        }
    }

    /// The row with a key; `Err` if only the store knows.
    pub(crate) fn get(&self, key: &Key) -> Result<Option<&Record>, Dirty> {
        if self.dirty.contains_key(key) {
            return Err(Dirty);
        }
        Ok(self.find(key))
    }

    fn find(&self, key: &Key) -> Option<&Record> {
        self.rows
            .get(&(key.kind, Arc::clone(&key.project)))?
            .get(&(Arc::clone(&key.name), key.number))
    }

    /// The rows of a scan, in key order; `Err` if only the store knows.
    pub(crate) fn scan(&self, scan: &Scan) -> Result<Vec<Record>, Dirty> {
        let concerns = |key: &Key| {
            key.kind == scan.kind && scan.project.as_ref().is_none_or(|p| *p == key.project)
        };
        if self.dirty.keys().any(concerns) {
            return Err(Dirty);
        }
        let mut projects: Vec<&(Kind, Arc<str>)> = match &scan.project {
            Some(project) => self
                .rows
                .get_key_value(&(scan.kind, Arc::clone(project)))
                .map(|(key, _)| key)
                .into_iter()
                .collect(),
            None => self
                .rows
                .keys()
                .filter(|(kind, _)| *kind == scan.kind)
                .collect(),
        };
        projects.sort_unstable();
        let rows = projects
            .into_iter()
            .filter_map(|key| self.rows.get(key))
            .flat_map(|names| names.values());
        Ok(rows
            .filter(|row| scan.matches(row))
            .take(scan.limit)
            .cloned()
            .collect())
    }

    /// Takes a commit of this process over, if this snapshot holds what the commit replaced.
    pub(super) fn publish(&mut self, publication: Publication) {
        let (key, before, after) = match publication {
            Publication::Row { key, before, after } => (key, before, after),
            Publication::Emptied(range) => return self.empty(&range),
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

    fn empty(&mut self, range: &Range) {
        for ((kind, project), names) in &mut self.rows {
            if *kind != range.kind
                || range
                    .project
                    .as_ref()
                    .is_some_and(|wanted| wanted != project)
            {
                continue;
            }
            let doomed: Vec<_> = names
                .iter()
                .filter(|(_, row)| range.contains(&row.key))
                .map(|(name, _)| name.clone())
                .collect();
            for name in doomed {
                names.remove_mut(&name);
            }
        }
    }

    pub(super) fn len(&self) -> usize {
        self.rows.values().map(RedBlackTreeMapSync::size).sum()
    }
}

/// A snapshot cannot answer: read the store.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dirty;
