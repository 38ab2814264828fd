//! The one loop that writes: load, decide, put on condition, and again if somebody was faster.

use std::sync::Arc;
use std::time::Instant;

use feast_registry_core::store::{Answer, Context, Decide, Ids, ReadSet, pause};
use feast_registry_core::{Error, ErrorKind, Result};

use crate::batch::Batch;
use crate::blob::Turn;
use crate::codec::{self, Encoded};
use crate::current::{Held, blocking, spawn_on_own_thread};
use crate::put::Put;
use crate::queue::{Queue, Waiting, abandoned};
use crate::state::State;
use crate::store::Inner;

/// The most decisions of one put.
const TOGETHER: usize = 1_024;

/// How often one is tried that others overtake.
const ATTEMPTS: u32 = 256;

/// After how many times its pause grows no more. Others who are new do not wait at all: whoever
/// waited ever longer would never have its turn.
const GROWS: u32 = 4;

impl Inner {
    /// Waits until the decision is written, together with those of others who come meanwhile. The
    /// work is a task of its own: dropping this future breaks nothing off.
    pub(crate) async fn commit(
        self: &Arc<Self>,
        reads: ReadSet,
        decide: Arc<dyn Decide>,
    ) -> Result<Answer> {
        let (waiting, answered) = Waiting::new(reads, decide);
        if self.queue.join(waiting) {
            let serve = Arc::clone(self).serve();
            match self.blob.blocks() {
                true => spawn_on_own_thread(serve),
                false => drop(tokio::spawn(serve)),
            }
        }
        answered.await.unwrap_or_else(|_| Err(abandoned()))
    }

    /// Writes for those who wait until nobody does.
    async fn serve(self: Arc<Self>) {
        let serving = Serving(&self.queue);
        let _working = self.working.lock().await;
        let mut again = Vec::new();
        while !(again.is_empty() && self.queue.is_done()) {
            again = self.round(again).await;
        }
        // The line is somebody else's by now.
        std::mem::forget(serving);
    }

    /// One put for all who wait; those who were overtaken and are to be asked again.
    async fn round(&self, mut waiting: Vec<Waiting>) -> Vec<Waiting> {
        self.wait_for_the_pace().await;
        let ready = self.ready().await;
        // Whoever came meanwhile is just in time.
        waiting.extend(self.queue.take(TOGETHER.saturating_sub(waiting.len())));
        waiting.retain(|one| !one.gave_up());
        let (turn, held) = match ready {
            Ok(ready) => ready,
            Err(error) => {
                for one in waiting {
                    one.tell(Err(error.again()));
                }
                return Vec::new();
            }
        };
        if waiting.is_empty() {
            return waiting;
        }
        let overtaken = self.write(&held, waiting).await;
        drop(turn);
        self.wait_behind_others(overtaken).await
    }

    /// The right to write, if there is one, and the content.
    async fn ready(&self) -> Result<(Option<Turn>, Arc<Held>)> {
        // The version before must be a durable one to be kept.
        let turn = self.blob.turn(self.options.backup_versions > 0).await?;
        Ok((turn, self.current.fresh_to_write().await?))
    }

    /// Decides and puts; those who were overtaken.
    async fn write(&self, held: &Held, waiting: Vec<Waiting>) -> Vec<Waiting> {
        let state = held.state.clone();
        let decided = blocking(move || {
            let mut batch = Batch::decide(&state, waiting);
            let next = batch.next.take().map(|next| (encode(&next), next));
            (batch, next)
        });
        let (batch, next) = match decided.await {
            Ok(decided) => decided,
            Err(error) => {
                tracing::error!(%error, "a batch of writes was broken off");
                return Vec::new();
            }
        };
        let Some((encoded, state)) = next else {
            return self.answer(batch, held).await;
        };
        let landed = self.put_next(held, encoded, state).await;
        if matches!(landed, Ok(true)) {
            batch.settle();
            return Vec::new();
        }
        let (batch, open) = batch.part();
        let mut again = self.answer(batch, held).await;
        match landed {
            Ok(_) => again.extend(open),
            Err(error) => open
                .into_iter()
                .for_each(|one| one.tell(Err(error.again()))),
        }
        again
    }

    /// Puts a content in place of the one that is held; whether nobody was faster.
    pub(crate) async fn put_next(
        &self,
        held: &Held,
        encoded: Result<Encoded>,
        state: State,
    ) -> Result<bool> {
        let encoded = encoded?;
        if !self.back_up(held).await? {
            return Ok(false);
        }
        let write = encoded.write;
        let put = self.put(held.version.as_ref(), encoded, state).await;
        self.note_put();
        match put {
            Put::Landed(held) => {
                self.current.publish(held, Some(write)).await;
                Ok(true)
            }
            Put::Covered(held) => {
                self.current.publish_covered(held, write).await;
                Ok(true)
            }
            Put::Overtaken => {
                self.counters.conflicts.add();
                Ok(false)
            }
            Put::Failed(error) => {
                self.counters.failures.add();
                Err(error)
            }
        }
    }

    /// Answers those for whom nothing is to be written. That is an answer like any other: what it rests on must be
    /// durable. Those are to be asked again who saw what has not become so.
    async fn answer(&self, batch: Batch, held: &Held) -> Vec<Waiting> {
        if batch.is_empty() {
            return Vec::new();
        }
        match self.is_settled(held).await {
            Ok(true) => batch.settle(),
            Ok(false) => return batch.reopen(),
            Err(error) => batch.refuse(&error),
        }
        Vec::new()
    }

    /// Lets those go on who were overtaken, after a pause that grows; the others have waited enough.
    async fn wait_behind_others(&self, overtaken: Vec<Waiting>) -> Vec<Waiting> {
        let pace = self.blob.pace();
        let mut again = Vec::new();
        for mut one in overtaken {
            one.overtaken += 1;
            match one.overtaken < ATTEMPTS && one.since.elapsed() < pace.patience {
                true => again.push(one),
                false => {
                    let error = contention(one.overtaken);
                    one.tell(Err(error));
                }
            }
        }
        if let Some(least) = again.iter().map(|one| one.overtaken).min() {
            tokio::time::sleep(pause(pace.pause, least.min(GROWS))).await;
            self.counters.retries.add();
        }
        again
    }

    /// Waits where a place takes only so many puts.
    async fn wait_for_the_pace(&self) {
        let last = *self.last_put();
        if let Some(last) = last {
            let between = self.blob.pace().between;
            tokio::time::sleep(between.saturating_sub(last.elapsed())).await;
        }
    }

    fn note_put(&self) {
        if !self.blob.pace().between.is_zero() {
            *self.last_put() = Some(Instant::now());
        }
    }
}

pub(crate) fn encode(state: &State) -> Result<Encoded> {
    let ids = Ids::random();
    codec::encode(state, ids.operation(), &Context::new(ids).now)
}

fn contention(attempts: u32) -> Error {
    let message = format!("others were faster {attempts} times, nothing was written");
    Error::new(ErrorKind::Contention, message)
        .with_hint("try again; if it stays, the registry has too many writers for a file")
}

/// However the work ends, the next one who comes is served.
struct Serving<'a>(&'a Queue);

impl Drop for Serving<'_> {
    fn drop(&mut self) {
        self.0.abandon();
    }
}
