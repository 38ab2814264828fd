//! What happens once in a million transactions, made to happen, for the tests of drivers and dialects.
//!
//! Databases that run transactions side by side tell some of them to start again: at any statement,
//! and at COMMIT. A test that waits for that to happen tests little. [`Restarts`] makes it happen, at
//! one place after the other, by sending statements that fail in the place of those that would
//! not: what follows is the server's own behaviour, with everything that was sent behind them.
//! [`deadlock`] lets two sessions wait for each other. [`restarts_at_every_place`] and
//! [`restarts_for_ever`] are whole tests; so is [`compare_statements`], which needs no server.

mod beside;
mod everywhere;
mod golden;

pub use self::beside::deadlock;
pub use self::everywhere::{restarts_at_every_place, restarts_for_ever};
pub use self::golden::{compare_statements, statements};

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;

use feast_registry_core::store::{Answer, Connections};

use crate::{
    Access, Connection, Dialect, Driver, DriverError, FaultClass, Step, StepResult, WriteFault,
    WriteJob,
};

/// When a transaction is told to start again.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum When {
    /// The first attempts of every transaction, each at one of so many places: the first is the
    /// statement behind BEGIN; a transaction with fewer statements fails at COMMIT.
    First {
        /// How many attempts fail.
        attempts: u32,
        /// How many places there are.
        places: u64,
    },
    /// The first attempts of every transaction, at this place; a transaction with fewer statements
    /// before it fails at COMMIT.
    At {
        /// How many statements stand before it.
        place: u64,
        /// How many attempts fail; with `u32::MAX` all of them.
        attempts: u32,
    },
}

/// The statements that make a transaction fail, as a transaction fails that must start again.
#[derive(Clone, Debug)]
pub struct Failing {
    /// Fails at once.
    pub at_once: Arc<str>,
    /// Succeeds, and lets COMMIT fail. Where a server cannot do that, the same as the other.
    pub at_commit: Arc<str>,
}

/// A driver over another one whose writing transactions are told to start again.
#[derive(Debug)]
pub struct Restarts<D> {
    driver: D,
    when: When,
    failing: Failing,
    raised: Arc<AtomicU64>,
    at_commit: Arc<AtomicU64>,
}

impl<D: Driver> Restarts<D> {
    /// A driver over `driver`.
    pub fn new(driver: D, when: When, failing: Failing) -> Self {
        Restarts {
            driver,
            when,
            failing,
            raised: Arc::default(),
            at_commit: Arc::default(),
        }
    }

    /// How often a transaction was told to start again.
    pub fn raised(&self) -> &Arc<AtomicU64> {
        &self.raised
    }

    /// How often that was at COMMIT.
    pub fn at_commit(&self) -> &Arc<AtomicU64> {
        &self.at_commit
    }

    /// The place at which a piece of work fails, if this attempt does.
    fn place(&self, job: &WriteJob) -> Option<u64> {
        let (place, attempts) = match self.when {
            When::At { place, attempts } => (Some(place), attempts),
            When::First { attempts, places } => {
                let work = job.operation() % u128::from(places.max(1));
                (u64::try_from(work).ok(), attempts)
            }
        };
        place.filter(|_| job.attempt() < attempts)
    }
}

#[async_trait]
impl<D: Driver> Driver for Restarts<D> {
    fn dialect(&self) -> &dyn Dialect {
        self.driver.dialect()
    }

    async fn describe(&self) -> Result<String, DriverError> {
        self.driver.describe().await
    }

    fn has_replica(&self) -> bool {
        self.driver.has_replica()
    }

    async fn acquire(&self, access: Access) -> Result<Box<dyn Connection + '_>, DriverError> {
        self.driver.acquire(access).await
    }

    async fn write(&self, job: WriteJob) -> Result<Answer, WriteFault> {
        let mut connection = Restarted {
            connection: self.driver.acquire(Access::Write).await?,
            place: self.place(&job),
            position: None,
            failing: &self.failing,
            raised: &self.raised,
            at_commit: &self.at_commit,
        };
        job.run(&mut connection).await
    }

    async fn version(&self) -> Result<Option<Arc<str>>, DriverError> {
        self.driver.version().await
    }

    async fn upgrades(&self) -> Result<Vec<String>, DriverError> {
        self.driver.upgrades().await
    }

    fn connections(&self) -> Option<Connections> {
        self.driver.connections()
    }

    async fn close(&self) -> Result<(), DriverError> {
        self.driver.close().await
    }
}

struct Restarted<'a> {
    connection: Box<dyn Connection + 'a>,
    place: Option<u64>,
    /// How many statements of the transaction have been sent; none before BEGIN, which cannot fail.
    position: Option<u64>,
    failing: &'a Failing,
    raised: &'a AtomicU64,
    at_commit: &'a AtomicU64,
}

impl Restarted<'_> {
    /// Sends a statement, or what makes it fail.
    fn send(&mut self, step: Step, out: &mut Vec<Step>) {
        let begins = is(&step, "BEGIN");
        // A decision that needs more may roll back and begin again.
        if begins || is(&step, "ROLLBACK") {
            self.position = begins.then_some(0);
            out.push(step);
            return;
        }
        let Some(position) = self.position else {
            out.push(step);
            return;
        };
        self.position = Some(position + 1);
        let commits = is(&step, "COMMIT");
        let fails = |place| position == place || (commits && position < place);
        if !self.place.is_some_and(fails) {
            out.push(step);
            return;
        }
        // Once is enough: what the transaction does after that is its own affair.
        self.place = None;
        self.raised.fetch_add(1, Ordering::Relaxed);
        if commits {
            self.at_commit.fetch_add(1, Ordering::Relaxed);
            out.push(Step::control(Arc::clone(&self.failing.at_commit)));
            out.push(step);
        } else {
            out.push(Step::control(Arc::clone(&self.failing.at_once)));
        }
    }
}

fn is(step: &Step, word: &str) -> bool {
    let begin = step.sql.get(..word.len());
    begin.is_some_and(|begin| begin.eq_ignore_ascii_case(word))
}

#[async_trait]
impl Connection for Restarted<'_> {
    async fn run(&mut self, steps: Vec<Step>) -> Result<Vec<StepResult>, DriverError> {
        let raised = self.place.is_some();
        let mut sent = Vec::with_capacity(steps.len() + 1);
        for step in steps {
            self.send(step, &mut sent);
        }
        let results = self.connection.run(sent).await?;
        match raised && self.place.is_none() {
            true => Err(DriverError::new(
                FaultClass::Other,
                "a transaction that was to fail succeeded",
            )),
            false => Ok(results),
        }
    }
}
