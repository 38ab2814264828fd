//! One conditional put, and what to make of an answer that was lost.

use std::time::Instant;

use feast_registry_core::store::pause;
use feast_registry_core::{Error, ErrorKind, Result};

use crate::blob::{Replaced, Version};
use crate::codec::Encoded;
use crate::current::Held;
use crate::ring::Trace;
use crate::state::State;
use crate::store::Inner;

/// What became of a put.
pub(crate) enum Put {
    /// It is there, or was, and others have written on top of it: the content that is there.
    Landed(Held),
    /// It was there, and others have written on top of it: our content.
    Covered(Held),
    /// Another writer was faster; nothing was written.
    Overtaken,
    /// Nothing was written, or nobody knows.
    Failed(Error),
}

impl Inner {
    /// Puts a content in place of the expected one.
    ///
    /// A put whose answer was lost may be repeated on the same condition, since it can land only
    /// once. If the condition does not hold any more, the writes that the file remembers tell whether
    /// that is our own doing.
    pub(crate) async fn put(
        &self,
        expected: Option<&Version>,
        encoded: Encoded,
        state: State,
    ) -> Put {
        let start = Instant::now();
        let mut lost: Option<Error> = None;
        let mut attempt = 0;
        loop {
            attempt += 1;
            self.counters.requests.add();
            let put = self.blob.replace(expected, encoded.bytes.clone()).await;
            let error = match (put, &lost) {
                (Ok(Replaced::Done(version)), _) => {
                    return Put::Landed(ours(state, encoded, version));
                }
                (Ok(Replaced::Covered(version)), _) => {
                    return Put::Covered(ours(state, encoded, version));
                }
                (Ok(Replaced::Conflict), None) => return Put::Overtaken,
                (Ok(Replaced::Conflict), Some(error)) => {
                    return self.trace(&encoded, error).await;
                }
                (Err(error), None) if error.kind() != ErrorKind::UnknownOutcome => {
                    return Put::Failed(error);
                }
                (Err(error), _) => error,
            };
            tracing::warn!(%error, attempt, "the answer to a put was lost");
            let pace = self.blob.pace();
            if start.elapsed() > pace.patience {
                return Put::Failed(lost.unwrap_or(error));
            }
            if error.kind() == ErrorKind::UnknownOutcome {
                lost = Some(error);
            }
            tokio::time::sleep(pause(pace.pause, attempt)).await;
            self.counters.retries.add();
        }
    }

    /// Whether the put whose answer was lost had landed.
    async fn trace(&self, encoded: &Encoded, lost: &Error) -> Put {
        let held = match self.current.fresh().await {
            Ok(held) => held,
            Err(error) => {
                tracing::warn!(%error, "it cannot be found out whether the put landed");
                return Put::Failed(lost.again());
            }
        };
        match held.state.ring.trace(encoded.write) {
            Trace::Kept => match self.is_settled(&held).await {
                Ok(true) => Put::Landed(Held::clone(&held)),
                Ok(false) | Err(_) => Put::Failed(lost.again()),
            },
            // It is not in this content, and cannot land on it any more.
            Trace::Lost if held.version.is_some() => Put::Overtaken,
            Trace::Lost | Trace::TooOld => Put::Failed(lost.again()),
        }
    }

    /// Waits until a content is durable; whether it is.
    pub(crate) async fn is_settled(&self, held: &Held) -> Result<bool> {
        match &held.version {
            Some(version) if !held.settled => self.blob.settle(version).await,
            _ => Ok(true),
        }
    }
}

fn ours(state: State, encoded: Encoded, version: Version) -> Held {
    Held {
        state: state.with_ring(encoded.ring),
        version: Some(version),
        settled: true,
    }
}
