//! Who runs the statements.

use std::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;

use feast_registry_core::store::{Answer, Connections};

use crate::{Dialect, DriverError, Row, Value, WriteFault, WriteJob};

/// What a connection is wanted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Reads that must see every acknowledged write.
    Read,
    /// Reads that may be behind.
    Replica,
    /// Reads and writes.
    Write,
}

/// One statement with its parameters.
#[derive(Clone, Debug)]
pub struct Step {
    /// The text. Equal texts share one allocation, so that drivers can cache by it.
    pub sql: Arc<str>,
    /// The parameters, in order.
    pub parameters: Vec<Value>,
    /// Which values are sent as arrays, where not every one is a parameter of its own.
    pub arrays: Option<Arrays>,
    /// Whether rows are wanted.
    pub returns_rows: bool,
    /// How many rows it must change; another number is [`FaultClass::RowGone`](crate::FaultClass::RowGone).
    pub must_change: Option<u64>,
}

impl Step {
    /// A statement that returns rows.
    pub fn query(sql: &Arc<str>, parameters: Vec<Value>) -> Self {
        Step {
            sql: Arc::clone(sql),
            parameters,
            arrays: None,
            returns_rows: true,
            must_change: None,
        }
    }

    /// A statement that changes rows.
    pub fn execute(sql: &Arc<str>, parameters: Vec<Value>) -> Self {
        Step {
            sql: Arc::clone(sql),
            parameters,
            arrays: None,
            returns_rows: false,
            must_change: None,
        }
    }

    /// A statement without parameters: BEGIN, COMMIT, DDL.
    pub fn control(sql: impl Into<Arc<str>>) -> Self {
        Step {
            sql: sql.into(),
            parameters: Vec::new(),
            arrays: None,
            returns_rows: false,
            must_change: None,
        }
    }

    /// This statement, with values that are sent as arrays.
    #[must_use]
    pub fn with_arrays(mut self, arrays: Option<Arrays>) -> Self {
        self.arrays = arrays;
        self
    }

    /// How many rows its [arrays](Step::arrays) hold; 1 without any.
    pub fn rows(&self) -> usize {
        self.arrays.map_or(1, |arrays| {
            self.parameters.len().saturating_sub(arrays.before) / arrays.columns.max(1)
        })
    }

    /// This statement, which must change exactly `rows` rows.
    #[must_use]
    pub fn must_change(mut self, rows: u64) -> Self {
        self.must_change = Some(rows);
        self
    }
}

/// The values of a statement's rows, of which each column is an array, and one parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrays {
    /// How many values come before those of the rows, and are parameters of their own.
    pub before: usize,
    /// How many columns the rows have. Their values come row by row.
    pub columns: usize,
}

/// What a statement returned.
#[derive(Clone, Debug, Default)]
pub struct StepResult {
    /// The rows of a query.
    pub rows: Vec<Row>,
    /// How many rows were changed.
    pub changed: u64,
}

/// A connection, held by one task.
///
/// Dropping it with a transaction open must end that transaction: no later user of the
/// connection may find it, and no lock may stay.
#[async_trait]
pub trait Connection: Send {
    /// Runs statements one after the other and returns the result of each; the first that fails,
    /// or changes another number of rows than it must, ends the run.
    ///
    /// A driver that can sends all of them in one round trip, except that nothing behind a statement
    /// with [`Step::must_change`] may take effect before its number is known: it is rare, and worth a
    /// round trip. Success is reported only when every statement has succeeded, a COMMIT at the end
    /// included.
    async fn run(&mut self, steps: Vec<Step>) -> Result<Vec<StepResult>, DriverError>;
}

/// Where connections come from.
#[async_trait]
pub trait Driver: Debug + Send + Sync + 'static {
    /// How the database wants its statements.
    fn dialect(&self) -> &dyn Dialect;

    /// The database and its version, for people.
    async fn describe(&self) -> Result<String, DriverError>;

    /// A connection.
    async fn acquire(&self, access: Access) -> Result<Box<dyn Connection + '_>, DriverError>;

    /// Whether [`Access::Replica`] goes to another copy than [`Access::Read`].
    fn has_replica(&self) -> bool {
        false
    }

    /// What the database is called as it is now: see
    /// [`Store::version`](feast_registry_core::Store::version). For drivers that need no statement
    /// for it; others have [`Dialect::version_query`].
    async fn version(&self) -> Result<Option<Arc<str>>, DriverError> {
        Ok(None)
    }

    /// Runs a unit of work that writes, on a connection of its own.
    ///
    /// A driver with threads of its own runs it there; the work itself never blocks on anything
    /// but the connection.
    async fn write(&self, job: WriteJob) -> Result<Answer, WriteFault> {
        let mut connection = self.acquire(Access::Write).await?;
        job.run(&mut *connection).await
    }

    /// The statements that would bring tables of older programs up to date, beside those that are
    /// missing altogether. Each may be repeated, and loses nothing.
    async fn upgrades(&self) -> Result<Vec<String>, DriverError> {
        Ok(Vec::new())
    }

    /// The connections there are; `None` without a pool.
    fn connections(&self) -> Option<Connections> {
        None
    }

    /// Lets go of all connections.
    async fn close(&self) -> Result<(), DriverError>;
}
