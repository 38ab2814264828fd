//! A driver that meets restarts, for the tests of drivers and dialects.
//!
//! Databases that run transactions side by side tell some of them to start again: at any statement,
//! and at COMMIT. A test that waits for that to happen tests little. [`Restarts`] makes it happen, at
//! one place after the other, by sending a statement that fails in the place of one that would
//! not: what follows is the server's own behaviour, with everything that was sent behind it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;

use crate::{Access, Connection, Dialect, Driver, DriverError, Step, StepResult};

/// When a transaction is told to start again.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum When {
    /// One attempt in three, at a place that moves on from one to the next: this many places, of
    /// which the first is the statement behind BEGIN. Enough attempts are left for all to succeed.
    Sometimes(u64),
    /// Every attempt, at this place.
    Always(u64),
}

/// A driver over another one whose writing transactions are told to start again.
#[derive(Debug)]
pub struct Restarts<D> {
    driver: D,
    when: When,
    failing: Arc<str>,
    attempts: AtomicU64,
    raised: Arc<AtomicU64>,
}

impl<D: Driver> Restarts<D> {
    /// `failing` is a statement that fails as a transaction fails that must start again.
    pub fn new(driver: D, when: When, failing: impl Into<Arc<str>>) -> Self {
        Restarts {
            driver,
            when,
            failing: failing.into(),
            attempts: AtomicU64::new(0),
            raised: Arc::default(),
        }
    }

    /// How often a transaction was told to start again.
    pub fn raised(&self) -> &Arc<AtomicU64> {
        &self.raised
    }

    /// The place at which the next transaction fails, if it does.
    fn place(&self) -> Option<u64> {
        let attempt = self.attempts.fetch_add(1, Ordering::Relaxed);
        match self.when {
            When::Always(place) => Some(place),
            When::Sometimes(places) => attempt
                .is_multiple_of(3)
                .then(|| (attempt / 3) % places.max(1)),
        }
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

    async fn acquire(&self, access: Access) -> Result<Box<dyn Connection + '_>, DriverError> {
        let connection = self.driver.acquire(access).await?;
        if access != Access::Write {
            return Ok(connection);
        }
        Ok(Box::new(Restarted {
            connection,
            place: self.place(),
            position: None,
            failing: &self.failing,
            raised: &self.raised,
        }))
    }

    async fn upgrades(&self) -> Result<Vec<String>, DriverError> {
        self.driver.upgrades().await
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
    failing: &'a Arc<str>,
    raised: &'a AtomicU64,
}

impl Restarted<'_> {
    /// The statement to send for one that is wanted, and whether another goes before it.
    fn replace(&mut self, step: Step, out: &mut Vec<Step>) {
        let Some(position) = self.position else {
            // Only BEGIN stands before the first statement.
            self.position = is(&step, "BEGIN").then_some(0);
            out.push(step);
            return;
        };
        self.position = Some(position + 1);
        let ends = is(&step, "COMMIT") || is(&step, "ROLLBACK");
        let fails = self
            .place
            .is_some_and(|place| position == place || (ends && position < place));
        if !fails || is(&step, "ROLLBACK") {
            if ends {
                self.position = None;
            }
            out.push(step);
            return;
        }
        self.raised.fetch_add(1, Ordering::Relaxed);
        out.push(Step::control(Arc::clone(self.failing)));
        // What the server answers to the COMMIT of a transaction that has failed must not be taken
        // for success.
        if ends {
            self.position = None;
            out.push(step);
        }
    }
}

fn is(step: &Step, word: &str) -> bool {
    step.sql
        .get(..word.len())
        .is_some_and(|begin| begin.eq_ignore_ascii_case(word))
}

#[async_trait]
impl Connection for Restarted<'_> {
    async fn run(&mut self, steps: Vec<Step>) -> Result<Vec<StepResult>, DriverError> {
        let mut sent = Vec::with_capacity(steps.len() + 1);
        let wanted = steps.len();
        for step in steps {
            self.replace(step, &mut sent);
        }
        let results = self.connection.run(sent).await?;
        // One statement more was sent only where it fails.
        match results.len() == wanted {
            true => Ok(results),
            false => Err(DriverError::new(
                crate::FaultClass::Other,
                "the statement that was to fail succeeded",
            )),
        }
    }
}
