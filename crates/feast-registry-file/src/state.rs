//! The content of a registry file in memory: rows that share its bytes. It never changes, so whoever
//! reads it needs no lock, and a write makes another one that shares what it left alone.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use feast_registry_core::store::{Page, Probe, Range, ReadSet, Scan, Target, View, Write};
use feast_registry_core::{Error, ErrorKind, Extra, Key, Kind, Record, Result};
use rpds::RedBlackTreeMapSync;

use crate::ring::Ring;
use crate::row::Row;

type Rows = RedBlackTreeMapSync<Key, Row>;

/// What a registry file holds.
#[derive(Clone, Debug, Default)]
pub(crate) struct State {
    pub(crate) rows: Rows,
    /// What is no row: shared by all that follow.
    pub(crate) rest: Arc<Rest>,
    pub(crate) ring: Ring,
    /// The figures about its rows, once somebody asked.
    probe: OnceLock<Arc<Probe>>,
}

/// What a registry file holds beside rows. It stays as it is.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rest {
    /// `registry_schema_version`, if there is one.
    pub(crate) schema_version: Option<Bytes>,
    /// Fields of the message that this build does not know, and objects without a name or project,
    /// which Feast does not see either: each with its tag.
    pub(crate) unknown: Vec<Bytes>,
    /// The same of the version history.
    pub(crate) unknown_history: Vec<Bytes>,
    /// The metadata of projects as it stood there, for what this build does not know of it.
    pub(crate) metadata: BTreeMap<Arc<str>, Bytes>,
    /// Whose infrastructure Feast's field holds.
    pub(crate) infra_owner: Option<Arc<str>>,
}

impl State {
    pub(crate) fn new(rows: Rows, rest: Rest, ring: Ring) -> Self {
        State {
            rows,
            rest: Arc::new(rest),
            ring,
            probe: OnceLock::new(),
        }
    }

    pub(crate) fn has_rows(&self) -> bool {
        !self.rows.is_empty()
    }

    /// The row with a key.
    pub(crate) fn get(&self, key: &Key) -> Option<&Record> {
        self.rows.get(key).map(|row| &row.record)
    }

    /// All rows, in key order.
    pub(crate) fn records(&self) -> impl Iterator<Item = &Record> {
        self.rows.values().map(|row| &row.record)
    }

    /// Some rows behind a key, in key order.
    pub(crate) fn behind(&self, key: Option<&Key>, limit: usize) -> Vec<Record> {
        let from = key.map_or(Bound::Unbounded, Bound::Excluded);
        let rows = self.rows.range::<Key, _>((from, Bound::Unbounded));
        rows.take(limit)
            .map(|(_, row)| row.record.clone())
            .collect()
    }

    /// The rows of a scan.
    pub(crate) fn page(&self, scan: &Scan) -> Page {
        let start = Key {
            kind: scan.kind,
            project: scan.project.clone().unwrap_or_default(),
            name: scan.name.clone().unwrap_or_default(),
            number: i32::MIN,
        };
        let from = match &scan.after {
            Some(after) if *after >= start => Bound::Excluded(after),
            _ => Bound::Included(&start),
        };
        let mut found = self
            .rows
            .range::<Key, _>((from, Bound::Unbounded))
            .map(|(_, row)| &row.record)
            .take_while(|row| belongs(&row.key, scan.kind, scan.project.as_ref()))
            .filter(|row| scan.matches(row));
        let records = found.by_ref().take(scan.limit).cloned().collect();
        Page {
            records,
            more: found.next().is_some(),
        }
    }

    /// What a transaction reads.
    pub(crate) fn view(&self, reads: &ReadSet) -> View {
        let mut view = View::new();
        for (target, lock) in reads.iter() {
            match target {
                Target::Key(key) => view.put_key(key.clone(), lock, self.get(key).cloned()),
                Target::Range(range) => view.put_range(range.clone(), self.in_range(range)),
            }
        }
        view
    }

    fn in_range(&self, range: &Range) -> Vec<Record> {
        let rows = self.range(range);
        if range.last {
            let newest = rows.last();
            return newest
                .map(|row| Record::new(row.key.clone(), Bytes::new(), row.stamp))
                .into_iter()
                .collect();
        }
        rows.cloned().collect()
    }

    fn range(&self, range: &Range) -> impl Iterator<Item = &Record> {
        let start = Key {
            kind: range.kind,
            project: range.project.clone().unwrap_or_default(),
            name: Default::default(),
            number: i32::MIN,
        };
        let start = match &range.name {
            Some(name) if range.project.is_some() => Key {
                name: Arc::clone(name),
                ..start
            },
            _ => start,
        };
        self.rows
            .range::<Key, _>(start..)
            .map(|(_, row)| &row.record)
            .take_while(|row| belongs(&row.key, range.kind, range.project.as_ref()))
            .filter(|row| range.contains(&row.key))
    }

    /// This state with other last writes.
    pub(crate) fn with_ring(mut self, ring: Ring) -> State {
        self.ring = ring;
        self
    }

    /// This state with all of the writes.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Internal`] if one cannot be done: a decision cannot be overtaken here, so it is
    /// at fault.
    pub(crate) fn with(&self, writes: Vec<Write>) -> Result<State> {
        let mut next = State {
            probe: OnceLock::new(),
            ..self.clone()
        };
        for write in writes {
            next.write(write)?;
        }
        Ok(next)
    }

    fn write(&mut self, write: Write) -> Result<()> {
        match write {
            Write::Insert(row) if self.rows.contains_key(&row.key) => {
                return Err(misuse("inserted", &row.key));
            }
            Write::Insert(row) => self.put(row),
            Write::Update { key, body, stamp } => {
                let mut row = self.existing(&key)?;
                row.body = body;
                row.stamp = stamp;
                self.put(row);
            }
            Write::SetUserMetadata {
                key,
                user_metadata,
                stamp,
            } => {
                let mut row = self.existing(&key)?;
                row.extra = Extra::UserMetadata(user_metadata);
                row.stamp = stamp;
                self.put(row);
            }
            Write::Delete(key) => {
                self.rows.remove_mut(&key);
            }
            Write::DeleteRange(range) => {
                let doomed: Vec<Key> = self.range(&range).map(|row| row.key.clone()).collect();
                for key in doomed {
                    self.rows.remove_mut(&key);
                }
            }
        }
        Ok(())
    }

    fn put(&mut self, record: Record) {
        self.rows.insert_mut(record.key.clone(), Row::new(record));
    }

    fn existing(&self, key: &Key) -> Result<Record> {
        self.get(key).cloned().ok_or_else(|| misuse("updated", key))
    }

    /// The figures about all rows.
    pub(crate) fn probe(&self) -> Arc<Probe> {
        let count = || {
            let mut probe = Probe::default();
            for row in self.records() {
                probe
                    .entries
                    .entry((row.key.kind, Arc::clone(&row.key.project)))
                    .or_default()
                    .add(row.stamp);
            }
            Arc::new(probe)
        };
        Arc::clone(self.probe.get_or_init(count))
    }
}

fn belongs(key: &Key, kind: Kind, project: Option<&Arc<str>>) -> bool {
    key.kind == kind && project.is_none_or(|project| *project == key.project)
}

fn misuse(verb: &str, key: &Key) -> Error {
    Error::new(
        ErrorKind::Internal,
        format!("{key} cannot be {verb}: the decision did not look at it"),
    )
}
