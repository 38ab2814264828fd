//! The store: a registry in one blob.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use async_trait::async_trait;
use feast_registry_core::store::{
    Activity, Answer, Backups, Capabilities, Consistency, Decide, Limits, Page, Probe, Range,
    ReadSet, Scan, SchemaMode, Teardown, Write,
};
use feast_registry_core::store::{Decision, StoreExt};
use feast_registry_core::{Error, ErrorKind, Key, Kind, Record, Result, Store};
use futures::stream::{self, BoxStream, StreamExt};

use crate::blob::Blob;
use crate::counters::Counters;
use crate::current::{Current, Held};
use crate::queue::Queue;

/// Rows of one chunk of a snapshot.
const CHUNK: usize = 1_000;

/// How a registry file is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct FileOptions {
    /// How many earlier versions are kept beside the file.
    pub backup_versions: u32,
}

impl FileOptions {
    /// These options with another number of backups.
    #[must_use]
    pub fn with_backup_versions(mut self, versions: u32) -> Self {
        self.backup_versions = versions;
        self
    }
}

/// A registry in one blob.
#[derive(Clone, Debug)]
pub struct FileStore {
    pub(crate) inner: Arc<Inner>,
}

#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) blob: Arc<dyn Blob>,
    pub(crate) options: FileOptions,
    pub(crate) current: Current,
    pub(crate) queue: Queue,
    pub(crate) counters: Arc<Counters>,
    /// Held by the one task that writes.
    pub(crate) working: tokio::sync::Mutex<()>,
    last_put: Mutex<Option<Instant>>,
    closed: AtomicBool,
}

impl Inner {
    pub(crate) fn last_put(&self) -> MutexGuard<'_, Option<Instant>> {
        self.last_put.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl FileStore {
    /// A store on a blob. Nothing is read until something is asked for, and nothing is written
    /// until something is changed.
    pub fn new(blob: Arc<dyn Blob>, options: FileOptions) -> Self {
        let counters = Arc::<Counters>::default();
        FileStore {
            inner: Arc::new(Inner {
                current: Current::new(Arc::clone(&blob), Arc::clone(&counters)),
                blob,
                options,
                queue: Queue::default(),
                counters,
                working: tokio::sync::Mutex::new(()),
                last_put: Mutex::new(None),
                closed: AtomicBool::new(false),
            }),
        }
    }

    pub(crate) fn open(&self) -> Result<&Arc<Inner>> {
        if self.inner.closed.load(Ordering::Acquire) {
            return Err(Error::new(ErrorKind::Unavailable, "the store is closed"));
        }
        Ok(&self.inner)
    }

    async fn fresh(&self) -> Result<Arc<Held>> {
        self.open()?.current.fresh().await
    }

    async fn empty(&self) -> Result<()> {
        if !self.fresh().await?.state.has_rows() {
            return Ok(());
        }
        let everything = |kind| {
            Write::DeleteRange(Range {
                project: None,
                ..Range::project(kind, "")
            })
        };
        self.transact_typed(ReadSet::new(), move |_, _| {
            let writes = Kind::ALL.map(everything).into();
            Ok(Decision::Commit { writes, answer: () })
        })
        .await
    }
}

#[async_trait]
impl Store for FileStore {
    async fn describe(&self) -> Result<String> {
        Ok(format!("registry file {}", self.open()?.blob.describe()))
    }

    /// A registry that is not there yet comes with the first write.
    async fn initialize(&self, _mode: SchemaMode) -> Result<()> {
        self.open().map(drop)
    }

    async fn get(&self, key: &Key, _consistency: Consistency) -> Result<Option<Record>> {
        Ok(self.fresh().await?.state.get(key).cloned())
    }

    async fn scan(&self, scan: &Scan, _consistency: Consistency) -> Result<Page> {
        Ok(self.fresh().await?.state.page(scan))
    }

    async fn snapshot(
        &self,
        _consistency: Consistency,
    ) -> Result<BoxStream<'_, Result<Vec<Record>>>> {
        let state = self.fresh().await?.state.clone();
        let chunks = stream::unfold((state, None), |(state, last)| async move {
            let chunk = state.behind(last.as_ref(), CHUNK);
            let last = Some(chunk.last()?.key.clone());
            Some((Ok(chunk), (state, last)))
        });
        Ok(chunks.boxed())
    }

    async fn changes(&self) -> Result<Probe> {
        Ok(Probe::clone(&*self.fresh().await?.state.probe()))
    }

    async fn version(&self) -> Result<Option<Arc<str>>> {
        let held = self.fresh().await?;
        Ok(Some(held.version.as_ref().map_or_else(
            || "absent".into(),
            |version| format!("{version:?}").into(),
        )))
    }

    async fn transact(&self, reads: ReadSet, decide: Arc<dyn Decide>) -> Result<Answer> {
        self.open()?.commit(reads, decide).await
    }

    /// Backups stay: they are for such days.
    async fn teardown(&self, what: Teardown) -> Result<()> {
        let inner = self.open()?;
        if what == Teardown::Rows {
            return self.empty().await;
        }
        let _working = inner.working.lock().await;
        let _turn = inner.blob.turn(true).await?;
        inner.blob.delete().await?;
        inner.current.publish(Held::default(), None).await;
        Ok(())
    }

    fn backups(&self) -> Option<&dyn Backups> {
        (self.inner.options.backup_versions > 0).then_some(self)
    }

    fn activity(&self) -> Activity {
        self.inner.counters.activity()
    }

    fn undone_writes(&self) -> u64 {
        self.inner.current.undone_writes()
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::default()
            .with_frugal_reads(true)
            .with_local_rows(true)
    }

    fn limits(&self) -> Limits {
        Limits::default()
    }

    async fn health(&self) -> Result<()> {
        self.fresh().await.map(drop)
    }

    async fn close(&self) -> Result<()> {
        self.inner.closed.store(true, Ordering::Release);
        // Those who are under way finish first.
        let _working = self.inner.working.lock().await;
        Ok(())
    }
}
