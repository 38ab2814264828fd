//! The reference store: a map behind a mutex.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::{self, BoxStream, StreamExt};

use super::{
    Answer, Capabilities, Consistency, Context, Decide, Decision, Ids, Limits, Page, Probe, Range,
    ReadSet, Scan, SchemaMode, Store, Target, Teardown, View, Write,
};
use crate::{Error, ErrorKind, Extra, Key, Record, Result};

type Rows = BTreeMap<Key, Record>;

/// A store in the memory of this process: for tests, and the model that other stores are
/// compared with. Its rows go with its last handle.
#[derive(Debug, Default)]
pub struct MemoryStore {
    rows: Arc<Mutex<Rows>>,
    closed: AtomicBool,
    limits: Limits,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        MemoryStore::default()
    }

    /// Another handle on the same rows, as another process would have it: closing one leaves the
    /// others open.
    #[must_use]
    pub fn handle(&self) -> Self {
        MemoryStore {
            rows: Arc::clone(&self.rows),
            closed: AtomicBool::new(false),
            limits: self.limits,
        }
    }

    /// This store, as if it took no more than that.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// The rows, unless the handle is closed.
    ///
    /// No code runs under the lock that could leave the map half changed: [`apply`] undoes what it
    /// did when it fails. So a panic of a decision leaves it whole, and the poison can be ignored.
    fn rows(&self) -> Result<MutexGuard<'_, Rows>> {
        let rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        if self.closed.load(Ordering::Acquire) {
            return Err(Error::new(ErrorKind::Unavailable, "the store is closed"));
        }
        Ok(rows)
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn describe(&self) -> Result<String> {
        self.rows().map(|_| "memory".to_owned())
    }

    async fn initialize(&self, _mode: SchemaMode) -> Result<()> {
        self.rows().map(drop)
    }

    async fn get(&self, key: &Key, _consistency: Consistency) -> Result<Option<Record>> {
        Ok(self.rows()?.get(key).cloned())
    }

    async fn scan(&self, scan: &Scan, _consistency: Consistency) -> Result<Page> {
        let rows = self.rows()?;
        let mut found = rows.values().filter(|row| scan.matches(row));
        let records = found.by_ref().take(scan.limit).cloned().collect();
        Ok(Page {
            records,
            more: found.next().is_some(),
        })
    }

    async fn snapshot(
        &self,
        _consistency: Consistency,
    ) -> Result<BoxStream<'_, Result<Vec<Record>>>> {
        let rows: Vec<Record> = self.rows()?.values().cloned().collect();
        Ok(stream::iter([Ok(rows)]).boxed())
    }

    async fn changes(&self) -> Result<Probe> {
        let mut probe = Probe::default();
        for row in self.rows()?.values() {
            probe
                .entries
                .entry((row.key.kind, Arc::clone(&row.key.project)))
                .or_default()
                .add(row.stamp);
        }
        Ok(probe)
    }

    async fn transact(&self, mut reads: ReadSet, decide: Arc<dyn Decide>) -> Result<Answer> {
        let ids = Ids::random();
        let mut rows = self.rows()?;
        loop {
            match decide.decide(&read(&rows, &reads), &Context::new(ids))? {
                Decision::Need(more) if reads.covers(&more) => {
                    return Err(Error::new(
                        ErrorKind::Internal,
                        "a decision asks for what it was given",
                    ));
                }
                Decision::Need(more) => {
                    reads.union(&more);
                }
                Decision::Commit { writes, answer } => {
                    apply(&mut rows, writes)?;
                    return Ok(answer);
                }
            }
        }
    }

    async fn teardown(&self, _what: Teardown) -> Result<()> {
        self.rows()?.clear();
        Ok(())
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::default()
            .with_durable(false)
            .with_shared(false)
    }

    fn limits(&self) -> Limits {
        self.limits
    }

    async fn health(&self) -> Result<()> {
        self.rows().map(drop)
    }

    async fn close(&self) -> Result<()> {
        // Those who hold the lock are under way: they finish first.
        let _under_way = self.rows.lock();
        self.closed.store(true, Ordering::Release);
        Ok(())
    }
}

fn read(rows: &Rows, reads: &ReadSet) -> View {
    let mut view = View::new();
    for (target, lock) in reads.iter() {
        match target {
            Target::Key(key) => view.put_key(key.clone(), lock, rows.get(key).cloned()),
            Target::Range(range) => view.put_range(range.clone(), read_range(rows, range)),
        }
    }
    view
}

fn read_range(rows: &Rows, range: &Range) -> Vec<Record> {
    let mut found: Vec<Record> = rows
        .values()
        .filter(|row| range.contains(&row.key))
        .cloned()
        .collect();
    if range.last {
        let newest = found
            .pop()
            .map(|row| Record::new(row.key, Bytes::new(), row.stamp));
        return newest.into_iter().collect();
    }
    found
}

/// Applies all writes, or none: the first one that cannot be undoes those before it.
fn apply(rows: &mut Rows, writes: Vec<Write>) -> Result<()> {
    let mut undo: Vec<(Key, Option<Record>)> = Vec::new();
    for write in writes {
        if let Err(error) = apply_one(rows, write, &mut undo) {
            for (key, before) in undo.into_iter().rev() {
                match before {
                    Some(row) => rows.insert(key, row),
                    None => rows.remove(&key),
                };
            }
            return Err(error);
        }
    }
    Ok(())
}

fn apply_one(rows: &mut Rows, write: Write, undo: &mut Vec<(Key, Option<Record>)>) -> Result<()> {
    match write {
        Write::Insert(row) if rows.contains_key(&row.key) => {
            return Err(misuse("inserted", &row.key));
        }
        Write::Insert(row) => {
            undo.push((row.key.clone(), rows.insert(row.key.clone(), row)));
        }
        Write::Update { key, body, stamp } => {
            let row = rows.get_mut(&key).ok_or_else(|| misuse("updated", &key))?;
            undo.push((key, Some(row.clone())));
            row.body = body;
            row.stamp = stamp;
        }
        Write::SetUserMetadata {
            key,
            user_metadata,
            stamp,
        } => {
            let row = rows.get_mut(&key).ok_or_else(|| misuse("updated", &key))?;
            undo.push((key, Some(row.clone())));
            row.extra = Extra::UserMetadata(user_metadata);
            row.stamp = stamp;
        }
        Write::Delete(key) => {
            let before = rows.remove(&key);
            undo.push((key, before));
        }
        Write::DeleteRange(range) => {
            let doomed: Vec<Key> = rows
                .keys()
                .filter(|key| range.contains(key))
                .cloned()
                .collect();
            for key in doomed {
                let before = rows.remove(&key);
                undo.push((key, before));
            }
        }
    }
    Ok(())
}

/// Under one mutex a decision cannot be overtaken, so this is a fault in the decision.
fn misuse(verb: &str, key: &Key) -> Error {
    Error::new(
        ErrorKind::Internal,
        format!("{key} cannot be {verb}: the decision did not look at it"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Kind, StoreExt};

    fn row(name: &str) -> Record {
        Record::new(Key::new(Kind::Entity, "p", name), name.to_owned(), 1)
    }

    #[tokio::test]
    async fn a_failed_write_undoes_those_before_it() {
        let store = MemoryStore::new();
        let writes = vec![
            Write::Insert(row("a")),
            Write::Insert(row("b")),
            Write::Insert(row("a")),
        ];
        let result = store
            .transact_typed(ReadSet::new(), move |_, _| {
                Ok(Decision::Commit {
                    writes: writes.clone(),
                    answer: (),
                })
            })
            .await;
        assert_eq!(result.unwrap_err().kind(), ErrorKind::Internal);
        assert!(
            store
                .scan(&Scan::all(Kind::Entity), Consistency::Primary)
                .await
                .unwrap()
                .records
                .is_empty()
        );
    }
}
