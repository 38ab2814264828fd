//! Reads from memory: an immutable snapshot of stored bytes that readers never wait for.
//!
//! `cache_ttl_seconds` and `cache_mode` mean what they mean in Feast. In `sync` mode the first
//! cached read after the snapshot has expired refreshes it, while others are served the old one. In
//! `thread` mode a task refreshes it every TTL and reads never do. In both, what this process commits is
//! published at once. A refresh reads what changed since the one before ([`refresh`]); one that
//! fails keeps the old snapshot, and says so.

mod recent;
mod refresh;
mod shelf;
mod snapshot;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwapOption;

use self::refresh::Watch;
pub(crate) use self::snapshot::{Dirty, Snapshot};
use crate::store::{Range, Store, now};
use crate::{Key, Record, Result};

/// When the snapshot is refreshed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CacheMode {
    /// By the first cached read after it expired.
    #[default]
    Sync,
    /// By a background task, every TTL.
    Thread,
}

/// How the cache works.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct CacheOptions {
    /// How long a snapshot is good for; `None` for ever.
    pub ttl: Option<Duration>,
    /// Who refreshes it.
    pub mode: CacheMode,
}

impl Default for CacheOptions {
    fn default() -> Self {
        CacheOptions {
            ttl: Some(Duration::from_secs(600)),
            mode: CacheMode::Sync,
        }
    }
}

impl CacheOptions {
    /// Feast's settings: a TTL of 0 or less means for ever.
    pub fn new(ttl_seconds: i64, mode: CacheMode) -> Self {
        let ttl = u64::try_from(ttl_seconds)
            .ok()
            .filter(|seconds| *seconds > 0)
            .map(Duration::from_secs);
        CacheOptions { ttl, mode }
    }
}

/// How the cache is doing.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct CacheStatus {
    /// How old the snapshot is; `None` if there is none yet.
    pub age: Option<Duration>,
    /// How many rows it holds.
    pub rows: usize,
    /// Why the last refresh failed, if it did.
    pub last_error: Option<String>,
    /// How often a refresh failed since the start.
    pub failures: u64,
    /// How many refreshes succeeded since the start.
    pub refreshes: u64,
    /// How long they took, all together.
    pub refreshing: Duration,
    /// How many reads were answered from memory.
    pub hits: u64,
    /// How many reads that might have been went to the store: what is stored was not known.
    pub misses: u64,
}

/// What a transaction of this process changed.
#[derive(Clone, Debug)]
pub(crate) enum Publication {
    /// A row: what it was and what it is.
    Row {
        key: Key,
        before: Option<Arc<Record>>,
        after: Option<Arc<Record>>,
    },
    /// Rows that are gone.
    Emptied(Range),
}

#[derive(Debug, Default)]
struct Progress {
    /// What was committed while a refresh is reading: it may have read older rows.
    journal: Option<Vec<Publication>>,
    /// Which of the refreshes that began was the last to succeed.
    newest: u64,
    last_error: Option<String>,
    failures: u64,
    refreshes: u64,
    refreshing: Duration,
}

/// The snapshot and what keeps it fresh.
#[derive(Debug)]
pub(crate) struct Cache {
    options: CacheOptions,
    snapshot: ArcSwapOption<Snapshot>,
    /// Held by the one task that refreshes.
    flight: tokio::sync::Mutex<Watch>,
    /// How many refreshes have begun.
    begun: AtomicU64,
    hits: AtomicU64,
    misses: AtomicU64,
    progress: Mutex<Progress>,
}

impl Cache {
    pub(crate) fn new(options: CacheOptions) -> Self {
        Cache {
            options,
            snapshot: ArcSwapOption::empty(),
            flight: tokio::sync::Mutex::default(),
            begun: AtomicU64::new(0),
            hits: AtomicU64::new(0),
            misses: AtomicU64::new(0),
            progress: Mutex::new(Progress::default()),
        }
    }

    pub(crate) fn options(&self) -> CacheOptions {
        self.options
    }

    /// What the snapshot answers, if there is one that needs no refresh first. Unlike
    /// [`Cache::read`] it takes no part in the ownership of the snapshot, which all readers would write
    /// to.
    pub(crate) fn peek<T>(&self, look: impl FnOnce(&Snapshot) -> T) -> Option<T> {
        let snapshot = self.snapshot.load();
        let snapshot = snapshot.as_deref()?;
        let serves = self.options.mode == CacheMode::Thread || !self.is_expired(snapshot);
        serves.then(|| look(snapshot))
    }

    /// The snapshot to read from, refreshed first if it is this reader's turn.
    pub(crate) async fn read(&self, store: &dyn Store) -> Result<Arc<Snapshot>> {
        let Some(snapshot) = self.snapshot.load_full() else {
            return self.first(store).await;
        };
        if self.options.mode == CacheMode::Thread || !self.is_expired(&snapshot) {
            return Ok(snapshot);
        }
        // Whoever gets the flight refreshes; the others are served what there is.
        let Ok(mut watch) = self.flight.try_lock() else {
            return Ok(snapshot);
        };
        match self.load(store, &mut watch).await {
            Ok(fresh) => Ok(fresh),
            Err(_) => Ok(snapshot),
        }
    }

    /// Without any snapshot there is nothing to serve: everybody waits for the one load.
    async fn first(&self, store: &dyn Store) -> Result<Arc<Snapshot>> {
        let mut watch = self.flight.lock().await;
        match self.snapshot.load_full() {
            Some(snapshot) => Ok(snapshot),
            None => self.load(store, &mut watch).await,
        }
    }

    /// Brings the snapshot up to date, whatever its age.
    ///
    /// Those who wait for the same refresh share the next: it begins after all of them came.
    pub(crate) async fn refresh(&self, store: &dyn Store) -> Result<()> {
        let before = self.begun.load(Ordering::SeqCst);
        let mut watch = self.flight.lock().await;
        if self.progress().newest > before {
            return Ok(());
        }
        self.load(store, &mut watch).await.map(drop)
    }

    /// Forgets everything: the next cached read loads the store again.
    pub(crate) fn clear(&self) {
        self.snapshot.store(None);
    }

    /// Whether cached reads are within the TTL.
    pub(crate) fn is_valid(&self) -> bool {
        self.snapshot
            .load()
            .as_ref()
            .is_some_and(|snapshot| !self.is_expired(snapshot))
    }

    fn is_expired(&self, snapshot: &Snapshot) -> bool {
        self.options
            .ttl
            .is_some_and(|ttl| snapshot.loaded.elapsed() > ttl)
    }

    async fn load(&self, store: &dyn Store, watch: &mut Watch) -> Result<Arc<Snapshot>> {
        let number = self.begun.fetch_add(1, Ordering::SeqCst) + 1;
        let old = {
            // Under one lock: what is published is in the snapshot or in the journal, not in both.
            let mut progress = self.progress();
            progress.journal = Some(Vec::new());
            self.snapshot.load_full()
        };
        // Apart: reads, nearly all of which do not refresh, would carry room for it.
        let refreshed = refresh::refresh(store, old.as_deref(), watch, now().seconds);
        let refreshed = Box::pin(refreshed).await;
        let mut progress = self.progress();
        let journal = progress.journal.take().unwrap_or_default();
        match refreshed {
            Ok((mut snapshot, seen)) => {
                *watch = seen;
                for publication in journal {
                    snapshot.publish(publication);
                }
                let snapshot = Arc::new(snapshot);
                self.snapshot.store(Some(Arc::clone(&snapshot)));
                progress.last_error = None;
                progress.newest = number;
                progress.refreshes += 1;
                progress.refreshing += snapshot.loaded.elapsed();
                Ok(snapshot)
            }
            Err(error) => {
                progress.failures += 1;
                progress.last_error = Some(error.to_string());
                tracing::warn!(%error, "the registry cache could not be refreshed; cached reads serve what was there");
                Err(error)
            }
        }
    }

    /// Makes a commit of this process visible to cached reads at once.
    pub(crate) fn publish(&self, publications: Vec<Publication>) {
        let mut progress = self.progress();
        if let Some(journal) = &mut progress.journal {
            journal.extend(publications.iter().cloned());
        }
        // Under the lock of `progress`, so that no refresh stores its snapshot in between.
        let Some(snapshot) = self.snapshot.load_full() else {
            return;
        };
        let mut next = Snapshot::clone(&snapshot);
        for publication in publications {
            next.publish(publication);
        }
        self.snapshot.store(Some(Arc::new(next)));
    }

    pub(crate) fn status(&self) -> CacheStatus {
        let snapshot = self.snapshot.load_full();
        let progress = self.progress();
        CacheStatus {
            age: snapshot.as_ref().map(|snapshot| snapshot.loaded.elapsed()),
            rows: snapshot.as_ref().map_or(0, |snapshot| snapshot.len()),
            last_error: progress.last_error.clone(),
            failures: progress.failures,
            refreshes: progress.refreshes,
            refreshing: progress.refreshing,
            hits: self.hits.load(Ordering::Relaxed),
            misses: self.misses.load(Ordering::Relaxed),
        }
    }

    /// Counts whether a snapshot had the answer to a read.
    pub(crate) fn count<T>(&self, answer: Result<T, Dirty>) -> Option<T> {
        let count = if answer.is_ok() {
            &self.hits
        } else {
            &self.misses
        };
        count.fetch_add(1, Ordering::Relaxed);
        answer.ok()
    }

    fn progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
