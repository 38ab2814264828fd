//! What is known of the file, and whether that is still so.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use bytes::Bytes;
use feast_registry_core::{Error, ErrorKind, Result};

use crate::blob::{Blob, Loaded, Version};
use crate::codec;
use crate::counters::Counters;
use crate::ring::{Trace, WriteId};
use crate::state::State;

/// A content of the file.
#[derive(Clone, Debug, Default)]
pub(crate) struct Held {
    pub(crate) state: State,
    /// What the blob calls it; `None` where there is no file.
    pub(crate) version: Option<Version>,
    /// Whether it is known to be durable: it is our own.
    pub(crate) settled: bool,
}

/// The last content that was seen.
#[derive(Debug)]
pub(crate) struct Current {
    blob: Arc<dyn Blob>,
    held: ArcSwap<Held>,
    /// The content that was decided on last, where that is not the one to read.
    ahead: Mutex<Option<Arc<Held>>>,
    /// Checks that have begun.
    begun: AtomicU64,
    /// Held by the one who checks: the last check that succeeded.
    flight: tokio::sync::Mutex<u64>,
    /// Our last write that was acknowledged.
    acknowledged: Mutex<Option<WriteId>>,
    undone: AtomicU64,
    counters: Arc<Counters>,
}

impl Current {
    pub(crate) fn new(blob: Arc<dyn Blob>, counters: Arc<Counters>) -> Self {
        Current {
            blob,
            held: ArcSwap::default(),
            ahead: Mutex::default(),
            begun: AtomicU64::new(0),
            flight: tokio::sync::Mutex::new(0),
            acknowledged: Mutex::new(None),
            undone: AtomicU64::new(0),
            counters,
        }
    }

    /// The content as it was at some moment of this call, loaded only if it changed. Those who ask
    /// while somebody checks share the next check.
    pub(crate) async fn fresh(&self) -> Result<Arc<Held>> {
        let before = self.begun.load(Ordering::SeqCst);
        let mut checked = self.flight.lock().await;
        if *checked <= before {
            let number = self.begun.fetch_add(1, Ordering::SeqCst) + 1;
            self.check().await?;
            *checked = number;
        }
        Ok(self.held.load_full())
    }

    async fn check(&self) -> Result<()> {
        let known = self.held.load_full();
        let loaded = self.counted(self.blob.load(known.version.as_ref()).await)?;
        self.take(loaded, known).await.map(drop)
    }

    /// The content to decide on, in a turn; loaded only if it is not the one that was decided on last.
    pub(crate) async fn fresh_to_write(&self) -> Result<Arc<Held>> {
        let _flight = self.flight.lock().await;
        let ahead = self.ahead().clone();
        let known = ahead.unwrap_or_else(|| self.held.load_full());
        let loaded = self.counted(self.blob.load_to_write(known.version.as_ref()).await)?;
        self.take(loaded, known).await
    }

    fn counted(&self, loaded: Result<Loaded>) -> Result<Loaded> {
        self.counters.requests.add();
        loaded.inspect_err(|_| self.counters.failures.add())
    }

    /// The content that was found, beside the known one. What may be read is held.
    async fn take(&self, loaded: Loaded, known: Arc<Held>) -> Result<Arc<Held>> {
        match loaded {
            Loaded::Unchanged => return Ok(known),
            Loaded::Absent => self.hold(Held::default()),
            Loaded::Ahead { bytes, version } => {
                let held = Arc::new(Held {
                    state: self.decode(bytes).await?,
                    version: Some(version),
                    settled: false,
                });
                *self.ahead() = Some(Arc::clone(&held));
                return Ok(held);
            }
            Loaded::Content { bytes, .. }
                if bytes.is_empty() && self.was_emptied(&known).await? =>
            {
                return Err(self.emptied());
            }
            Loaded::Content { bytes, version } => {
                let state = self.decode(bytes).await?;
                self.look_for_our_write(&state);
                self.hold(Held {
                    state,
                    version: Some(version),
                    settled: false,
                });
            }
        }
        Ok(self.held.load_full())
    }

    async fn decode(&self, bytes: Bytes) -> Result<State> {
        blocking(move || codec::decode(&bytes))
            .await?
            .map_err(|error| {
                let message = format!(
                    "{} is not a registry: {}",
                    self.blob.describe(),
                    error.message()
                );
                Error::new(ErrorKind::Corrupt, message).with_hint(RECOVER)
            })
    }

    async fn was_emptied(&self, known: &Held) -> Result<bool> {
        match known.state.has_rows() {
            true => Ok(true),
            false => self.blob.was_emptied().await,
        }
    }

    /// Feast empties a file before it writes it anew. One that stays empty was cut off there.
    fn emptied(&self) -> Error {
        let message = format!(
            "{} is empty: whatever was writing it was interrupted",
            self.blob.describe()
        );
        Error::new(ErrorKind::Corrupt, message).with_hint(RECOVER)
    }

    fn hold(&self, held: Held) {
        if held.version.is_none() {
            // Who removes a registry means to.
            *self.acknowledged() = None;
        }
        *self.ahead() = None;
        self.held.store(Arc::new(held));
    }

    /// Makes our own write what is known.
    pub(crate) async fn publish(&self, held: Held, write: Option<WriteId>) {
        let mut checked = self.flight.lock().await;
        *self.acknowledged() = write;
        self.hold(held);
        // A check may have seen a newer one since it was put there: those who wait look for themselves.
        *checked = 0;
    }

    /// Makes our own write what is known of, where others have written on top of it: readers are to look at
    /// theirs.
    pub(crate) async fn publish_covered(&self, held: Held, write: WriteId) {
        let _flight = self.flight.lock().await;
        *self.acknowledged() = Some(write);
        *self.ahead() = Some(Arc::new(held));
    }

    fn ahead(&self) -> std::sync::MutexGuard<'_, Option<Arc<Held>>> {
        self.ahead.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a foreign content still has what we wrote last.
    fn look_for_our_write(&self, state: &State) {
        let mut acknowledged = self.acknowledged();
        if acknowledged.is_none_or(|write| state.ring.trace(write) != Trace::Lost) {
            return;
        }
        *acknowledged = None;
        let undone_writes = self.undone.fetch_add(1, Ordering::Relaxed) + 1;
        tracing::error!(
            undone_writes,
            "{}: another program wrote an older copy over an acknowledged write, which is lost",
            self.blob.describe()
        );
    }

    /// How often that was so.
    pub(crate) fn undone_writes(&self) -> u64 {
        self.undone.load(Ordering::Relaxed)
    }

    fn acknowledged(&self) -> std::sync::MutexGuard<'_, Option<WriteId>> {
        self.acknowledged
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

const RECOVER: &str = "bring it back with `feast-registry backups restore` or from a backup of your own; \
                       if there is nothing to keep, remove it";

tokio::task_local! {
    /// There for work that has a thread of its own.
    static OWN_THREAD: ();
}

/// Runs what takes long beside the tasks of the runtime.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T> {
    let broken = |why: String| Error::new(ErrorKind::Internal, why);
    if OWN_THREAD.try_with(|()| ()).is_ok() {
        let done = catch_unwind(AssertUnwindSafe(work));
        return done.map_err(|_| broken("the work panicked".to_owned()));
    }
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| broken(error.to_string()))
}

/// Runs a task on a thread of its own, where all that blocks within it stays: each time another thread
/// had to wake up, other processes would wait too for the lock that this one holds.
pub(crate) fn spawn_on_own_thread(task: impl Future<Output = ()> + Send + 'static) {
    let runtime = tokio::runtime::Handle::current();
    tokio::task::spawn_blocking(move || runtime.block_on(OWN_THREAD.scope((), task)));
}
