//! What the proxy does to connections, and what it has seen.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

/// What happens to connections. Faults that cut happen once, to the first connection that they
/// are true of: after that everything passes again, so that a client can try once more.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// Everything passes.
    #[default]
    None,
    /// Every piece of data waits that long, in both directions.
    Delay(Duration),
    /// Connections stay open, but nothing passes any more, in neither direction.
    BlackHole,
    /// New connections are closed at once; open ones go on.
    Refuse,
    /// That many more bytes pass, over all connections and both directions; then the connection
    /// that has the next byte is cut.
    CutAfter(u64),
    /// The connection on which a client sends these bytes is cut before the server has seen them:
    /// what they ask for did not happen. Whatever came in one piece with them is lost too.
    LoseRequest(Vec<u8>),
    /// The connection on which a client sends the bytes of `request` is cut when the server has
    /// answered those of `answer`, which the client does not see any more: what was asked for has
    /// happened. An empty `answer` stands for the first bytes that come, which is right where the
    /// server answers one statement after the other; where statements are sent in advance, it must
    /// be what only the answer to the request holds.
    LoseAnswer {
        /// What the client sends, for example `COMMIT`.
        request: Vec<u8>,
        /// What the server answers to that, for example `COMMIT` again on PostgreSQL.
        answer: Vec<u8>,
    },
}

/// The fault that is set, shared by all connections, and what was counted.
#[derive(Debug, Default)]
pub(super) struct Faults {
    fault: Mutex<Fault>,
    cut: watch::Sender<()>,
    tripped: AtomicU64,
    connections: AtomicU64,
    round_trips: AtomicU64,
    answered: AtomicU64,
}

impl Faults {
    pub(super) fn set(&self, fault: Fault) {
        *self.lock() = fault;
    }

    /// The fault that is set. Connections ask for each piece of data.
    pub(super) fn lock(&self) -> MutexGuard<'_, Fault> {
        self.fault.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn refuses(&self) -> bool {
        *self.lock() == Fault::Refuse
    }

    pub(super) fn cut(&self) {
        self.cut.send_replace(());
    }

    /// Tells when all connections are to be cut.
    pub(super) fn cuts(&self) -> watch::Receiver<()> {
        self.cut.subscribe()
    }

    pub(super) fn trip(&self) {
        self.tripped.fetch_add(1, Ordering::SeqCst);
    }

    pub(super) fn tripped(&self) -> u64 {
        self.tripped.load(Ordering::SeqCst)
    }

    pub(super) fn connected(&self) {
        self.connections.fetch_add(1, Ordering::SeqCst);
    }

    pub(super) fn connections(&self) -> u64 {
        self.connections.load(Ordering::SeqCst)
    }

    pub(super) fn turned(&self) {
        self.round_trips.fetch_add(1, Ordering::SeqCst);
    }

    pub(super) fn round_trips(&self) -> u64 {
        self.round_trips.load(Ordering::SeqCst)
    }

    pub(super) fn answered(&self, bytes: usize) {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        self.answered.fetch_add(bytes, Ordering::SeqCst);
    }

    pub(super) fn answered_bytes(&self) -> u64 {
        self.answered.load(Ordering::SeqCst)
    }
}
