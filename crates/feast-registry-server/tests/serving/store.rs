//! A store that can be made slow and unreachable.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use feast_registry_core::store::{
    Activity, Answer, Capabilities, Connections, Consistency, Decide, Limits, MemoryStore, Page,
    Probe, ReadSet, Scan, SchemaMode, Store, Teardown,
};
use feast_registry_core::{Error, ErrorKind, Key, Record, Registry, RegistryOptions, Result};
use futures::stream::BoxStream;
use tokio::sync::Semaphore;

/// A store in memory whose reads pass a gate, and that may be out of reach.
#[derive(Debug)]
pub(crate) struct Gated {
    inner: MemoryStore,
    /// A read takes a permit and gives it back.
    pub(crate) gate: Semaphore,
    /// Reads that came to the gate.
    pub(crate) arrived: Semaphore,
    pub(crate) down: AtomicBool,
    /// Reads that have not ended.
    reading: AtomicUsize,
}

/// A read that has not ended.
struct Reading<'a>(&'a AtomicUsize);

impl<'a> Reading<'a> {
    fn begin(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        Reading(count)
    }
}

impl Drop for Reading<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Gated {
    /// With the gate open.
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Gated {
            inner: MemoryStore::new(),
            gate: Semaphore::new(1000),
            arrived: Semaphore::new(0),
            down: AtomicBool::new(false),
            reading: AtomicUsize::new(0),
        })
    }

    pub(crate) async fn registry(self: &Arc<Self>) -> Result<Registry> {
        Registry::open(
            Arc::clone(self) as Arc<dyn Store>,
            RegistryOptions::default(),
        )
        .await
    }

    fn reach(&self) -> Result<()> {
        match self.down.load(Ordering::SeqCst) {
            true => Err(Error::new(ErrorKind::Unavailable, "the store is down")),
            false => Ok(()),
        }
    }
}

#[async_trait]
impl Store for Gated {
    async fn describe(&self) -> Result<String> {
        self.inner.describe().await
    }

    async fn initialize(&self, mode: SchemaMode) -> Result<()> {
        self.reach()?;
        self.inner.initialize(mode).await
    }

    async fn get(&self, key: &Key, consistency: Consistency) -> Result<Option<Record>> {
        self.reach()?;
        let _reading = Reading::begin(&self.reading);
        self.arrived.add_permits(1);
        let _passed = self.gate.acquire().await;
        self.inner.get(key, consistency).await
    }

    async fn scan(&self, scan: &Scan, consistency: Consistency) -> Result<Page> {
        self.reach()?;
        let mut page = self.inner.scan(scan, consistency).await?;
        for record in &mut page.records {
            // As from a database: what is read is in memory once for every reader.
            record.body = Bytes::copy_from_slice(&record.body);
        }
        Ok(page)
    }

    async fn snapshot(
        &self,
        consistency: Consistency,
    ) -> Result<BoxStream<'_, Result<Vec<Record>>>> {
        self.reach()?;
        self.inner.snapshot(consistency).await
    }

    async fn changes(&self) -> Result<Probe> {
        self.inner.changes().await
    }

    async fn transact(&self, reads: ReadSet, decide: Arc<dyn Decide>) -> Result<Answer> {
        self.reach()?;
        self.inner.transact(reads, decide).await
    }

    async fn teardown(&self, what: Teardown) -> Result<()> {
        self.inner.teardown(what).await
    }

    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities()
    }

    fn limits(&self) -> Limits {
        self.inner.limits()
    }

    /// Figures that differ from each other.
    fn activity(&self) -> Activity {
        let mut activity = Activity::default();
        activity.statements = 11;
        activity.retries = 12;
        activity.conflicts = 13;
        activity.failures = 14;
        activity.connections = Some(Connections {
            open: 15,
            idle: 16,
            waiting: 17,
            most: 18,
        });
        activity
    }

    async fn health(&self) -> Result<()> {
        self.reach()
    }

    /// Fails if somebody still reads.
    async fn close(&self) -> Result<()> {
        match self.reading.load(Ordering::SeqCst) {
            0 => Ok(()),
            reads => Err(Error::new(
                ErrorKind::Internal,
                format!("{reads} reads have not ended"),
            )),
        }
    }
}
