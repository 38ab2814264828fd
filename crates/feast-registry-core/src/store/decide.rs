//! The closure inside a transaction.

use std::any::Any;
use std::fmt;
use std::marker::PhantomData;
use std::time::{SystemTime, UNIX_EPOCH};

use prost_types::Timestamp;
use sha2::{Digest, Sha256};
use uuid::{Builder, Uuid};

use super::{ReadSet, View, Write};
use crate::{Error, Result};

/// What a decision answers to its caller.
pub type Answer = Box<dyn Any + Send>;

/// Decides, from what was read, what to write.
///
/// Pure and synchronous: it may run several times for one transaction, on a thread of the
/// backend, and only its last answer counts.
pub trait Decide: Send + Sync {
    /// Looks at what was read and says what to write, or what else must be read first.
    ///
    /// # Errors
    ///
    /// An error aborts the transaction and is returned to the caller as it is.
    fn decide(&self, view: &View, context: &Context) -> Result<Decision<Answer>>;
}

/// What a transaction does after its reads.
#[derive(Debug)]
pub enum Decision<T> {
    /// Write this and answer that.
    Commit {
        /// The writes; none means that nothing changes.
        writes: Vec<Write>,
        /// For the caller.
        answer: T,
    },
    /// Read this too, then decide again.
    Need(ReadSet),
}

/// What a decision may use that is not in the data.
#[derive(Clone, Debug)]
pub struct Context {
    /// The time, read after the locks were taken, in whole microseconds.
    pub now: Timestamp,
    /// Where new identities come from.
    pub ids: Ids,
}

impl Context {
    /// A context for one attempt, with the time of now.
    pub fn new(ids: Ids) -> Self {
        Context { now: now(), ids }
    }
}

/// The time in whole microseconds, as Feast keeps it.
pub(crate) fn now() -> Timestamp {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Timestamp {
        seconds: i64::try_from(since.as_secs()).unwrap_or(i64::MAX),
        nanos: i32::try_from(since.subsec_micros() * 1_000).unwrap_or(0),
    }
}

/// Identities that stay the same however often a transaction is attempted.
#[derive(Clone, Copy, Debug)]
pub struct Ids {
    operation: Uuid,
}

impl Ids {
    /// Identities for a new operation.
    pub fn random() -> Self {
        Ids {
            operation: Uuid::new_v4(),
        }
    }

    /// The identity of the operation itself.
    pub fn operation(&self) -> Uuid {
        self.operation
    }

    /// The identity that belongs to `purpose` within the operation: the same for the same
    /// purpose, in the form of a random UUID.
    pub fn uuid(&self, purpose: &str) -> Uuid {
        let digest = Sha256::new()
            .chain_update(self.operation)
            .chain_update(purpose)
            .finalize();
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest[..16]);
        Builder::from_random_bytes(bytes).into_uuid()
    }
}

/// A closure with a typed answer, as a [`Decide`].
pub(super) struct Typed<T, F> {
    decide: F,
    answer: PhantomData<fn() -> T>,
}

impl<T, F> Typed<T, F> {
    pub(super) fn new(decide: F) -> Self {
        Typed {
            decide,
            answer: PhantomData,
        }
    }
}

impl<T, F> Decide for Typed<T, F>
where
    T: Send + 'static,
    F: Fn(&View, &Context) -> Result<Decision<T>> + Send + Sync,
{
    fn decide(&self, view: &View, context: &Context) -> Result<Decision<Answer>, Error> {
        Ok(match (self.decide)(view, context)? {
            Decision::Commit { writes, answer } => Decision::Commit {
                writes,
                answer: Box::new(answer),
            },
            Decision::Need(reads) => Decision::Need(reads),
        })
    }
}

impl<T, F> fmt::Debug for Typed<T, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Typed")
    }
}
