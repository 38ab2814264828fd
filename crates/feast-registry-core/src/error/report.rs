//! How errors are told to the outside: one table for every door.

use super::ErrorKind;
use crate::Kind;

/// How an error kind is told to the outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// The class in Feast's `feast.errors` that a Python client raises; `None` where Python would
    /// raise a built-in exception.
    pub feast_class: Option<&'static str>,
    /// The exit code of the command line program.
    pub exit_code: u8,
    /// The status of a gRPC call.
    pub grpc: Grpc,
    /// Whether the message is meant for whoever asked. If not, it may name hosts, tables or
    /// settings of the operator, and belongs in the log only.
    pub public: bool,
}

/// The statuses of gRPC that errors of a registry have, with their numbers on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
#[non_exhaustive]
pub enum Grpc {
    /// Nobody knows what happened.
    Unknown = 2,
    /// The request can never work.
    InvalidArgument = 3,
    /// It took too long.
    DeadlineExceeded = 4,
    /// There is no such thing.
    NotFound = 5,
    /// The name is taken.
    AlreadyExists = 6,
    /// There is too much of something.
    ResourceExhausted = 8,
    /// The registry must change before the request can work.
    FailedPrecondition = 9,
    /// Others were faster; the request may be tried again.
    Aborted = 10,
    /// There is no such operation.
    Unimplemented = 12,
    /// The server is at fault.
    Internal = 13,
    /// The server cannot work now; the request may be tried again.
    Unavailable = 14,
    /// Stored data is damaged.
    DataLoss = 15,
}

impl ErrorKind {
    /// One kind of every sort, for tests that walk [`ErrorKind::report`].
    pub const ALL: [ErrorKind; 19] = [
        ErrorKind::NotFound(Kind::Entity),
        ErrorKind::Missing,
        ErrorKind::Invalid,
        ErrorKind::RevisionConflict,
        ErrorKind::NameConflict,
        ErrorKind::PinConflict,
        ErrorKind::VersionConflict,
        ErrorKind::Protected,
        ErrorKind::Contention,
        ErrorKind::UnknownOutcome,
        ErrorKind::Deadline,
        ErrorKind::Unsupported,
        ErrorKind::TooLarge,
        ErrorKind::Corrupt,
        ErrorKind::Schema,
        ErrorKind::ReadOnly,
        ErrorKind::Unavailable,
        ErrorKind::Config,
        ErrorKind::Internal,
    ];

    /// How this kind is told to Python clients, to the shell and over gRPC.
    pub fn report(self) -> Report {
        let (feast_class, exit_code, grpc) = match self {
            ErrorKind::NotFound(kind) => (Some(not_found_class(kind)), 3, Grpc::NotFound),
            ErrorKind::Missing => (Some("FeastObjectNotFoundException"), 3, Grpc::NotFound),
            ErrorKind::Invalid => (None, 2, Grpc::InvalidArgument),
            ErrorKind::Config => (Some("FeastError"), 2, Grpc::Internal),
            ErrorKind::NameConflict => {
                (Some("ConflictingFeatureViewNames"), 4, Grpc::AlreadyExists)
            }
            ErrorKind::PinConflict => (Some("FeatureViewPinConflict"), 4, Grpc::FailedPrecondition),
            ErrorKind::VersionConflict => (Some("ConcurrentVersionConflict"), 4, Grpc::Aborted),
            ErrorKind::RevisionConflict | ErrorKind::Protected => {
                (Some("FeastError"), 4, Grpc::FailedPrecondition)
            }
            ErrorKind::ReadOnly => (
                Some("ReadOnlyRegistryException"),
                4,
                Grpc::FailedPrecondition,
            ),
            ErrorKind::Contention => (Some("FeastError"), 5, Grpc::Aborted),
            // Not `Unavailable`: clients try that again on their own.
            ErrorKind::UnknownOutcome => (Some("FeastError"), 5, Grpc::Unknown),
            ErrorKind::Deadline => (Some("FeastError"), 5, Grpc::DeadlineExceeded),
            ErrorKind::Unavailable => (Some("FeastError"), 6, Grpc::Unavailable),
            ErrorKind::Unsupported => (Some("FeastError"), 1, Grpc::Unimplemented),
            ErrorKind::TooLarge => (Some("FeastError"), 1, Grpc::ResourceExhausted),
            ErrorKind::Corrupt => (Some("FeastError"), 1, Grpc::DataLoss),
            ErrorKind::Schema | ErrorKind::Internal => (Some("FeastError"), 1, Grpc::Internal),
        };
        Report {
            feast_class,
            exit_code,
            grpc,
            public: !matches!(grpc, Grpc::Internal | Grpc::Unavailable | Grpc::Unknown),
        }
    }
}

fn not_found_class(kind: Kind) -> &'static str {
    match kind {
        Kind::Project => "ProjectObjectNotFoundException",
        Kind::Entity => "EntityNotFoundException",
        Kind::DataSource => "DataSourceObjectNotFoundException",
        Kind::FeatureView
        | Kind::StreamFeatureView
        | Kind::OnDemandFeatureView
        | Kind::LabelView => "FeatureViewNotFoundException",
        Kind::FeatureService => "FeatureServiceNotFoundException",
        Kind::SavedDataset => "SavedDatasetNotFound",
        Kind::ValidationReference => "ValidationReferenceNotFound",
        Kind::Permission => "PermissionObjectNotFoundException",
        Kind::Version => "FeatureViewVersionNotFound",
        Kind::Infra | Kind::Metadata => "FeastObjectNotFoundException",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_walked() {
        for (position, kind) in ErrorKind::ALL.into_iter().enumerate() {
            // Without `_`: the compiler says which kind is new.
            let expected = match kind {
                ErrorKind::NotFound(_) => 0,
                ErrorKind::Missing => 1,
                ErrorKind::Invalid => 2,
                ErrorKind::RevisionConflict => 3,
                ErrorKind::NameConflict => 4,
                ErrorKind::PinConflict => 5,
                ErrorKind::VersionConflict => 6,
                ErrorKind::Protected => 7,
                ErrorKind::Contention => 8,
                ErrorKind::UnknownOutcome => 9,
                ErrorKind::Deadline => 10,
                ErrorKind::Unsupported => 11,
                ErrorKind::TooLarge => 12,
                ErrorKind::Corrupt => 13,
                ErrorKind::Schema => 14,
                ErrorKind::ReadOnly => 15,
                ErrorKind::Unavailable => 16,
                ErrorKind::Config => 17,
                ErrorKind::Internal => 18,
            };
            assert_eq!(position, expected, "{kind:?}");
        }
    }
}
