//! How a trial says that a store is wrong.

use std::fmt::{Debug, Display};
use std::panic::Location;

use feast_registry_core::{Error, ErrorKind};

/// What a trial answers.
pub(crate) type Checked<T = ()> = Result<T, Failure>;

/// More of a message would hide it.
const LONGEST: usize = 4_000;

/// Why a trial failed, and where.
///
/// Not an error itself, so that every error turns into one with `?`.
#[derive(Debug)]
pub(crate) struct Failure(String);

impl Failure {
    #[track_caller]
    pub(crate) fn new(message: impl Display) -> Self {
        let mut message = message.to_string();
        if let Some((end, _)) = message.char_indices().nth(LONGEST) {
            message.truncate(end);
            message.push('…');
        }
        Failure(format!("{message}\n  at {}", Location::caller()))
    }

    pub(crate) fn context(self, doing: impl Display) -> Self {
        Failure(format!("{doing}: {}", self.0))
    }

    pub(crate) fn into_message(self) -> String {
        self.0
    }
}

impl<E: std::error::Error> From<E> for Failure {
    #[track_caller]
    fn from(error: E) -> Self {
        Failure::new(format_args!("{error:?}"))
    }
}

/// Fails the trial unless a condition holds.
macro_rules! ensure {
    ($condition:expr, $($message:tt)+) => {
        if !$condition {
            return Err($crate::check::Failure::new(format_args!($($message)+)));
        }
    };
}

/// Fails the trial unless what was found is what was wanted.
macro_rules! ensure_eq {
    ($found:expr, $wanted:expr, $($message:tt)+) => {
        match (&$found, &$wanted) {
            (found, wanted) => {
                if *found != *wanted {
                    return Err($crate::check::Failure::new(format_args!(
                        "{}\n  found:  {found:?}\n  wanted: {wanted:?}",
                        format_args!($($message)+),
                    )));
                }
            }
        }
    };
}

/// The error of something that must fail in a certain way.
#[track_caller]
pub(crate) fn refused<T: Debug>(result: Result<T, Error>, kind: ErrorKind) -> Checked<Error> {
    let error = failed(result)?;
    if error.kind() == kind {
        Ok(error)
    } else {
        Err(Failure::new(format_args!(
            "refused in another way than as {kind:?}: {error:?}"
        )))
    }
}

/// The error of something that must fail, in whatever way.
#[track_caller]
pub(crate) fn failed<T: Debug>(result: Result<T, Error>) -> Checked<Error> {
    match result {
        Ok(answer) => Err(Failure::new(format_args!(
            "must be refused, but was answered: {answer:?}"
        ))),
        Err(error) => Ok(error),
    }
}

/// What is there, or a failure that says what is not.
#[track_caller]
pub(crate) fn present<T>(found: Option<T>, what: impl Display) -> Checked<T> {
    match found {
        Some(found) => Ok(found),
        None => Err(Failure::new(format_args!("{what} is not there"))),
    }
}
