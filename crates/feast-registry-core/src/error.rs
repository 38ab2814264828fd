//! The one error type of the registry.

mod report;

use std::error::Error as StdError;
use std::fmt;

pub use self::report::{Grpc, Report};
use crate::{Kind, Revision};

/// A result whose error is [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong, for code. People read the message, operators the hint and the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// No object of this kind and name.
    NotFound(Kind),
    /// No such thing that is not an object of its own, such as a feature.
    Missing,
    /// The caller's input breaks a rule; Feast raises `ValueError`.
    Invalid,
    /// The object changed since the revision that the caller expected.
    RevisionConflict,
    /// The name of the view is taken by a view of another kind.
    NameConflict,
    /// A version was pinned together with a changed definition.
    PinConflict,
    /// Two applies created the same version number.
    VersionConflict,
    /// The project is protected against deletion.
    Protected,
    /// Other writers won every attempt; the write did not happen and may be tried again.
    Contention,
    /// The connection broke while a write was committed: it may or may not have happened.
    UnknownOutcome,
    /// It took longer than it may; a write may or may not have happened.
    Deadline,
    /// The backend cannot do this.
    Unsupported,
    /// The object is larger than the backend takes.
    TooLarge,
    /// Stored bytes cannot be read.
    Corrupt,
    /// The tables are not those that the registry needs.
    Schema,
    /// The store may only be read.
    ReadOnly,
    /// The store could not be reached or refused to work.
    Unavailable,
    /// The configuration does not make sense.
    Config,
    /// A fault of the registry itself.
    Internal,
}

/// What was tried, on what, why it failed and what would work. Never holds a secret.
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    message: String,
    hint: Option<String>,
    current: Option<Revision>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Error {
    /// An error of a kind, with a message for people.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Error(Box::new(Inner {
            kind,
            message: message.into(),
            hint: None,
            current: None,
            source: None,
        }))
    }

    /// The same error for another one who waited for the same thing; without its source.
    #[must_use]
    pub fn again(&self) -> Self {
        Error(Box::new(Inner {
            kind: self.0.kind,
            message: self.0.message.clone(),
            hint: self.0.hint.clone(),
            current: self.0.current,
            source: None,
        }))
    }

    /// Input that breaks a rule.
    pub fn invalid(message: impl Into<String>) -> Self {
        Error::new(ErrorKind::Invalid, message)
    }

    /// No such object. The wording is Feast's, since its users grep for it.
    pub fn not_found(kind: Kind, project: &str, name: &str) -> Self {
        let message = match kind {
            Kind::Project => format!("Project {name} does not exist"),
            // Feast names views of every kind alike.
            kind if kind.is_view() => {
                format!("Feature view {name} does not exist in project {project}")
            }
            kind => format!(
                "{} {name} does not exist in project {project}",
                kind.spec().title
            ),
        };
        Error::new(ErrorKind::NotFound(kind), message)
    }

    /// Stored bytes that cannot be read.
    pub fn corrupt(what: impl fmt::Display, why: impl fmt::Display) -> Self {
        let message = format!("the stored bytes of {what} cannot be read: {why}");
        Error::new(ErrorKind::Corrupt, message)
            .with_hint("delete it and apply it again, or bring it back from a backup")
    }

    /// Adds what the reader can do about it.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    /// Adds the revision that is stored now.
    #[must_use]
    pub fn with_current(mut self, current: Option<Revision>) -> Self {
        self.0.current = current;
        self
    }

    /// Adds the error that caused this one.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// Puts what was being done in front of the message.
    #[must_use]
    pub fn context(mut self, doing: impl fmt::Display) -> Self {
        self.0.message = format!("{doing}: {}", self.0.message);
        self
    }

    /// What went wrong, for code.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// What went wrong, for people.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// What the reader can do about it.
    pub fn hint(&self) -> Option<&str> {
        self.0.hint.as_deref()
    }

    /// After a [`ErrorKind::RevisionConflict`]: what is stored now; `None` if nothing is.
    pub fn current_revision(&self) -> Option<Revision> {
        self.0.current
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.0.kind, self.0.message)?;
        if let Some(hint) = &self.0.hint {
            write!(f, "\nhint: {hint}")?;
        }
        let mut source = self.source();
        while let Some(cause) = source {
            write!(f, "\ncaused by: {cause}")?;
            source = cause.source();
        }
        Ok(())
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0
            .source
            .as_deref()
            .map(|source| source as &(dyn StdError + 'static))
    }
}
