//! A store for tests, which can be what memory is not: behind itself, or by another clock.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use futures::TryStreamExt;
use futures::stream::BoxStream;

use super::{
    Answer, Capabilities, Consistency, Decide, Decision, Flaw, Limits, MemoryStore, Page, Probe,
    ReadSet, Scan, SchemaMode, Store, StoreExt, Teardown, Write,
};
use crate::{Key, Record, Result};

#[derive(Debug, Default)]
pub(crate) struct Double {
    primary: MemoryStore,
    /// What [`Consistency::Replica`] reads.
    replica: Option<MemoryStore>,
    commits: AtomicU64,
    gets: AtomicU64,
    clock: Option<i64>,
    flaws: Vec<Flaw>,
}

impl Double {
    /// With a replica that has nothing until it [catches up](Double::catch_up).
    pub(crate) fn with_replica() -> Self {
        Double {
            replica: Some(MemoryStore::new()),
            ..Double::default()
        }
    }

    /// With a clock of its own.
    pub(crate) fn with_clock(mut self, second: i64) -> Self {
        self.clock = Some(second);
        self
    }

    /// How many rows were asked for by their keys.
    pub(crate) fn gets(&self) -> u64 {
        self.gets.load(Ordering::Relaxed)
    }

    /// With something wrong about its tables.
    pub(crate) fn with_flaw(mut self, flaw: Flaw) -> Self {
        self.flaws.push(flaw);
        self
    }

    /// Brings the replica to where the primary is.
    pub(crate) async fn catch_up(&self) -> Result<()> {
        let Some(replica) = &self.replica else {
            return Ok(());
        };
        replica.teardown(Teardown::Rows).await?;
        let rows = self.primary.snapshot(Consistency::Primary).await?;
        let rows: Vec<Vec<Record>> = rows.try_collect().await?;
        let rows: Vec<Write> = rows.into_iter().flatten().map(Write::Insert).collect();
        let insert = move |_: &_, _: &_| {
            Ok(Decision::Commit {
                writes: rows.clone(),
                answer: (),
            })
        };
        replica.transact_typed(ReadSet::new(), insert).await
    }

    fn copy(&self, consistency: Consistency) -> &MemoryStore {
        match (consistency, &self.replica) {
            (Consistency::Replica, Some(replica)) => replica,
            _ => &self.primary,
        }
    }
}

#[async_trait]
impl Store for Double {
    async fn describe(&self) -> Result<String> {
        self.primary.describe().await
    }

    async fn initialize(&self, mode: SchemaMode) -> Result<()> {
        self.primary.initialize(mode).await
    }

    async fn flaws(&self) -> Result<Vec<Flaw>> {
        Ok(self.flaws.clone())
    }

    async fn clock(&self) -> Result<Option<i64>> {
        Ok(self.clock)
    }

    async fn get(&self, key: &Key, consistency: Consistency) -> Result<Option<Record>> {
        self.gets.fetch_add(1, Ordering::Relaxed);
        self.copy(consistency).get(key, consistency).await
    }

    async fn scan(&self, scan: &Scan, consistency: Consistency) -> Result<Page> {
        self.copy(consistency).scan(scan, consistency).await
    }

    async fn snapshot(
        &self,
        consistency: Consistency,
    ) -> Result<BoxStream<'_, Result<Vec<Record>>>> {
        self.copy(consistency).snapshot(consistency).await
    }

    async fn changes(&self) -> Result<Probe> {
        self.primary.changes().await
    }

    async fn version(&self) -> Result<Option<Arc<str>>> {
        let commits = self.commits.load(Ordering::SeqCst);
        Ok(Some(commits.to_string().into()))
    }

    async fn transact(&self, reads: ReadSet, decide: Arc<dyn Decide>) -> Result<Answer> {
        let answer = self.primary.transact(reads, decide).await;
        self.commits.fetch_add(1, Ordering::SeqCst);
        answer
    }

    async fn teardown(&self, what: Teardown) -> Result<()> {
        self.primary.teardown(what).await
    }

    fn capabilities(&self) -> Capabilities {
        let primary = self.primary.capabilities();
        primary.with_replica(self.replica.is_some())
    }

    fn limits(&self) -> Limits {
        self.primary.limits()
    }

    async fn health(&self) -> Result<()> {
        self.primary.health().await
    }

    async fn close(&self) -> Result<()> {
        self.primary.close().await
    }
}
