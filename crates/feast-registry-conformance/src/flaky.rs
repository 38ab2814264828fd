//! A store with the faults that a trial needs.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use async_trait::async_trait;
use feast_registry_core::store::{
    Answer, Capabilities, Consistency, Decide, Limits, Logged, Page, Position, Probe, ReadSet,
    Scan, SchemaMode, Teardown,
};
use feast_registry_core::{Error, ErrorKind, Key, Record, Result, Store};
use futures::stream::BoxStream;
use tokio::sync::{Semaphore, SemaphorePermit};

/// Another store, which cannot be read while it is `down`, and may have lower limits. It counts
/// its probes and transactions, and gives no probe while it is held.
#[derive(Debug)]
pub(crate) struct Flaky {
    inner: Arc<dyn Store>,
    down: AtomicBool,
    limits: Limits,
    probes: AtomicUsize,
    transactions: AtomicUsize,
    figures: AtomicUsize,
    gate: Semaphore,
}

impl Flaky {
    pub(crate) fn new(inner: Arc<dyn Store>) -> Arc<Flaky> {
        let limits = inner.limits();
        Flaky::limited(inner, limits)
    }

    /// A store that takes so much only.
    pub(crate) fn limited(inner: Arc<dyn Store>, limits: Limits) -> Arc<Flaky> {
        Arc::new(Flaky {
            inner,
            down: AtomicBool::new(false),
            limits,
            probes: AtomicUsize::new(0),
            transactions: AtomicUsize::new(0),
            figures: AtomicUsize::new(0),
            gate: Semaphore::new(1),
        })
    }

    pub(crate) fn set_down(&self, down: bool) {
        self.down.store(down, Ordering::SeqCst);
    }

    /// Keeps every probe waiting until what is answered is dropped.
    pub(crate) fn hold(&self) -> Option<SemaphorePermit<'_>> {
        self.gate.try_acquire().ok()
    }

    /// How often it was asked what changed.
    pub(crate) fn probes(&self) -> usize {
        self.probes.load(Ordering::SeqCst)
    }

    /// How many transactions were begun.
    pub(crate) fn transactions(&self) -> usize {
        self.transactions.load(Ordering::SeqCst)
    }

    /// How often it was asked for figures.
    pub(crate) fn figures(&self) -> usize {
        self.figures.load(Ordering::SeqCst)
    }

    fn check(&self) -> Result<()> {
        if self.down.load(Ordering::SeqCst) {
            return Err(Error::new(
                ErrorKind::Unavailable,
                "the trial took the store down",
            ));
        }
        Ok(())
    }
}

#[async_trait]
impl Store for Flaky {
    async fn describe(&self) -> Result<String> {
        self.inner.describe().await
    }

    async fn initialize(&self, mode: SchemaMode) -> Result<()> {
        self.inner.initialize(mode).await
    }

    async fn get(&self, key: &Key, consistency: Consistency) -> Result<Option<Record>> {
        self.check()?;
        self.inner.get(key, consistency).await
    }

    async fn scan(&self, scan: &Scan, consistency: Consistency) -> Result<Page> {
        self.check()?;
        self.inner.scan(scan, consistency).await
    }

    async fn snapshot(
        &self,
        consistency: Consistency,
    ) -> Result<BoxStream<'_, Result<Vec<Record>>>> {
        self.check()?;
        self.inner.snapshot(consistency).await
    }

    async fn changes(&self) -> Result<Probe> {
        self.check()?;
        self.figures.fetch_add(1, Ordering::SeqCst);
        self.inner.changes().await
    }

    async fn version(&self) -> Result<Option<Arc<str>>> {
        self.check()?;
        self.probes.fetch_add(1, Ordering::SeqCst);
        drop(self.gate.acquire().await);
        self.inner.version().await
    }

    async fn logged(&self, since: Option<&Position>) -> Result<Option<Logged>> {
        self.check()?;
        self.inner.logged(since).await
    }

    async fn get_many(&self, keys: &[Key], consistency: Consistency) -> Result<Vec<Record>> {
        self.check()?;
        self.inner.get_many(keys, consistency).await
    }

    async fn transact(&self, reads: ReadSet, decide: Arc<dyn Decide>) -> Result<Answer> {
        self.transactions.fetch_add(1, Ordering::SeqCst);
        self.inner.transact(reads, decide).await
    }

    async fn teardown(&self, what: Teardown) -> Result<()> {
        self.inner.teardown(what).await
    }

    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities()
    }

    fn limits(&self) -> Limits {
        self.limits
    }

    async fn health(&self) -> Result<()> {
        self.check()?;
        self.inner.health().await
    }

    async fn close(&self) -> Result<()> {
        self.inner.close().await
    }
}
