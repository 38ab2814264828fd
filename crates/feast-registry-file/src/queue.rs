//! Those who wait to write.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use feast_registry_core::store::{Answer, Decide, Ids, ReadSet};
use feast_registry_core::{Error, ErrorKind, Result};
use tokio::sync::oneshot;

/// Somebody who wants to write.
pub(crate) struct Waiting {
    pub(crate) reads: ReadSet,
    pub(crate) decide: Arc<dyn Decide>,
    pub(crate) ids: Ids,
    /// Since when.
    pub(crate) since: Instant,
    /// How often it was overtaken.
    pub(crate) overtaken: u32,
    answer: oneshot::Sender<Result<Answer>>,
}

impl Waiting {
    pub(crate) fn new(
        reads: ReadSet,
        decide: Arc<dyn Decide>,
    ) -> (Self, oneshot::Receiver<Result<Answer>>) {
        let (answer, answered) = oneshot::channel();
        let waiting = Waiting {
            reads,
            decide,
            ids: Ids::random(),
            since: Instant::now(),
            overtaken: 0,
            answer,
        };
        (waiting, answered)
    }

    /// Whether nobody waits for the answer any more.
    pub(crate) fn gave_up(&self) -> bool {
        self.answer.is_closed()
    }

    pub(crate) fn tell(self, answer: Result<Answer>) {
        // Whoever gave up meanwhile need not know.
        let _ = self.answer.send(answer);
    }
}

/// What those are told whose task has ended without an answer.
pub(crate) fn abandoned() -> Error {
    Error::new(
        ErrorKind::UnknownOutcome,
        "the task that was to write this together with others has ended",
    )
    .with_hint("read it to see whether the write happened")
}

/// Those who wait, and whether somebody serves them.
#[derive(Default)]
pub(crate) struct Queue(Mutex<Line>);

#[derive(Default)]
struct Line {
    waiting: Vec<Waiting>,
    served: bool,
}

impl Queue {
    fn line(&self) -> MutexGuard<'_, Line> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Joins the line; whether the caller must see to it that somebody serves.
    #[must_use]
    pub(crate) fn join(&self, waiting: Waiting) -> bool {
        let mut line = self.line();
        line.waiting.push(waiting);
        !std::mem::replace(&mut line.served, true)
    }

    /// The first ones who wait, at most so many.
    pub(crate) fn take(&self, most: usize) -> Vec<Waiting> {
        let mut line = self.line();
        let most = line.waiting.len().min(most);
        line.waiting.drain(..most).collect()
    }

    /// Whether nobody waits; then nobody serves any more.
    pub(crate) fn is_done(&self) -> bool {
        let mut line = self.line();
        line.served = !line.waiting.is_empty();
        !line.served
    }

    /// The work is broken off: nobody serves those who wait.
    pub(crate) fn abandon(&self) {
        let mut line = self.line();
        line.served = false;
        line.waiting.clear();
    }
}

impl std::fmt::Debug for Queue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let line = self.line();
        f.debug_struct("Queue")
            .field("waiting", &line.waiting.len())
            .field("served", &line.served)
            .finish()
    }
}
