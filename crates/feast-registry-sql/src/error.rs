//! What a database answers instead of a result.

use std::fmt;

use feast_registry_core::{Error, ErrorKind};

/// What a failure of the database means for the transaction that met it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FaultClass {
    /// Another transaction was in the way and this one provably did not commit: try again.
    Conflict,
    /// A row with this key exists already.
    Duplicate,
    /// A statement did not change as many rows as it must: a row is gone.
    RowGone,
    /// The database cannot be reached.
    Unavailable,
    /// The connection broke before COMMIT was sent, so that nothing was committed: try again on
    /// another one.
    Disconnected,
    /// The connection broke while COMMIT was under way.
    UnknownOutcome,
    /// The database may only be read.
    ReadOnly,
    /// There is no room left.
    Full,
    /// A table or column does not exist.
    MissingTable,
    /// A value is larger than the database takes.
    TooLarge,
    /// The data on disk is damaged, or is not a database.
    Damaged,
    /// Anything else.
    Other,
}

/// A failure that a driver reports. Its message never holds a secret.
#[derive(Clone, Debug)]
pub struct DriverError {
    /// What it means.
    pub class: FaultClass,
    /// What the database said.
    pub message: String,
}

impl DriverError {
    /// A failure of a class, in the database's words.
    pub fn new(class: FaultClass, message: impl Into<String>) -> Self {
        DriverError {
            class,
            message: message.into(),
        }
    }
}

impl fmt::Display for DriverError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for DriverError {}

impl From<DriverError> for Error {
    fn from(fault: DriverError) -> Self {
        let (kind, hint) = match fault.class {
            FaultClass::Conflict | FaultClass::Duplicate | FaultClass::RowGone => {
                (ErrorKind::Contention, None)
            }
            FaultClass::Unavailable | FaultClass::Disconnected => (ErrorKind::Unavailable, None),
            FaultClass::UnknownOutcome => (
                ErrorKind::UnknownOutcome,
                Some("read the object to see whether the write happened"),
            ),
            FaultClass::ReadOnly => (
                ErrorKind::ReadOnly,
                Some("open the registry with an account or file that may be written"),
            ),
            FaultClass::Full => (
                ErrorKind::Unavailable,
                Some("make room where the database keeps its data"),
            ),
            FaultClass::MissingTable => (
                ErrorKind::Schema,
                Some("create the tables with `feast-registry schema create`"),
            ),
            FaultClass::TooLarge => (ErrorKind::TooLarge, None),
            FaultClass::Damaged => (ErrorKind::Corrupt, None),
            FaultClass::Other => (ErrorKind::Internal, None),
        };
        let message = match fault.class {
            // Found out before a database was asked.
            FaultClass::Unavailable | FaultClass::Disconnected | FaultClass::Damaged => {
                fault.message
            }
            _ => format!("the database answered: {}", fault.message),
        };
        let error = Error::new(kind, message);
        match hint {
            Some(hint) => error.with_hint(hint),
            None => error,
        }
    }
}
