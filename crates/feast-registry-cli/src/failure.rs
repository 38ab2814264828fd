//! Why a command ends early.

use std::io;

use feast_registry::config::ConfigError;
use feast_registry_core::{Error, ErrorKind};

/// Why a command ends early.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Something to tell.
    Registry(Error),
    /// Standard output cannot be written.
    Output(io::Error),
    /// Nothing went wrong, but the answer is no: two registries differ.
    Differs,
    /// All was told already: the command was to look for something, and has found it.
    Found,
}

/// What commands answer.
pub(crate) type Outcome<T = ()> = Result<T, Failure>;

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure::Registry(error)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Failure::Output(error)
    }
}

impl From<serde_json::Error> for Failure {
    /// Values are in memory and always serialise, so this is an error of the stream below.
    fn from(error: serde_json::Error) -> Self {
        Failure::Output(error.into())
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Failure::Registry(Error::new(ErrorKind::Config, error.to_string()))
    }
}

/// A fault of this program.
pub(crate) fn internal(message: impl Into<String>) -> Failure {
    Failure::Registry(Error::new(ErrorKind::Internal, message))
}

/// A file that cannot be read or written.
pub(crate) fn file(doing: &str, name: &str, error: &io::Error) -> Error {
    let kind = match error.kind() {
        io::ErrorKind::NotFound
        | io::ErrorKind::IsADirectory
        | io::ErrorKind::NotADirectory
        | io::ErrorKind::InvalidInput => ErrorKind::Invalid,
        _ => ErrorKind::Unavailable,
    };
    Error::new(kind, format!("cannot {doing} {name}: {error}"))
}
