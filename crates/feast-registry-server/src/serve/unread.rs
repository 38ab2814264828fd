//! Answers that a client does not take.
//!
//! An answer keeps its place and its bytes until it is taken. One whose client takes nothing of it ends with
//! the connection: HTTP/2 asks a body for more only when there is room for it, so nothing else would notice.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep_until};

/// The answers of one connection that are under way.
#[derive(Debug, Default)]
pub(super) struct Unread(Mutex<Due>);

/// Until when something of each must be taken; the next one first.
#[derive(Debug, Default)]
struct Due {
    answers: VecDeque<(Instant, u64)>,
    next: u64,
}

impl Due {
    /// Most are due later than all others.
    fn insert(&mut self, answer: (Instant, u64)) {
        let at = self.answers.partition_point(|other| *other < answer);
        self.answers.insert(at, answer);
    }

    fn remove(&mut self, answer: (Instant, u64)) {
        if let Ok(at) = self.answers.binary_search(&answer) {
            self.answers.remove(at);
        }
    }
}

impl Unread {
    /// What is held does not panic.
    fn due(&self) -> MutexGuard<'_, Due> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// When the connection is to be closed, unless something is taken before.
    fn next(&self) -> Option<Instant> {
        self.due().answers.front().map(|(at, _)| *at)
    }
}

/// How long a client may take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    /// Until it takes the next piece.
    pub(super) piece: Duration,
    /// Until it has all of it.
    pub(super) whole: Duration,
}

/// An answer that is under way, until it is dropped.
#[derive(Debug)]
pub(super) struct Answer {
    unread: Arc<Unread>,
    patience: Patience,
    /// When all of it must be taken.
    end: Instant,
    due: (Instant, u64),
}

impl Answer {
    pub(super) fn begin(unread: Arc<Unread>, patience: Patience) -> Self {
        let now = Instant::now();
        let end = now + patience.whole;
        let mut all = unread.due();
        let due = (end.min(now + patience.piece), all.next);
        all.next += 1;
        all.insert(due);
        drop(all);
        Answer {
            unread,
            patience,
            end,
            due,
        }
    }

    /// The client asks for more.
    pub(super) fn goes_on(&mut self) {
        let later = self.end.min(Instant::now() + self.patience.piece);
        let mut all = self.unread.due();
        all.remove(self.due);
        self.due.0 = later;
        all.insert(self.due);
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        self.unread.due().remove(self.due);
    }
}

/// Looks after the answers of a connection.
#[derive(Debug)]
pub(super) struct Watch {
    unread: Arc<Unread>,
    /// Wakes the connection. It stays when there are no answers: most are taken before it could be made anew.
    alarm: Option<Pin<Box<Sleep>>>,
}

impl Watch {
    pub(super) fn new(unread: Arc<Unread>) -> Self {
        Watch {
            unread,
            alarm: None,
        }
    }

    /// Ready with an error as soon as an answer is overdue.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<io::Error> {
        while let Some(next) = self.unread.next() {
            let alarm = self
                .alarm
                .get_or_insert_with(|| Box::pin(sleep_until(next)));
            // It is not moved for every answer: when it rings, there is time to look.
            if alarm.deadline() > next {
                alarm.as_mut().reset(next);
            }
            if alarm.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
            if next <= Instant::now() {
                let message = "the client does not take its answers";
                return Poll::Ready(io::Error::new(io::ErrorKind::TimedOut, message));
            }
            alarm.as_mut().reset(next);
        }
        Poll::Pending
    }
}
