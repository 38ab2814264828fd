//! What SQLite's errors mean.

use feast_registry_sql::{DriverError, FaultClass};
use rusqlite::ffi::ErrorCode;

/// The error of a statement.
pub(crate) fn classify(error: rusqlite::Error) -> DriverError {
    let class = match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => FaultClass::Conflict,
        Some(ErrorCode::ConstraintViolation) if is_duplicate(&error) => FaultClass::Duplicate,
        Some(
            ErrorCode::ReadOnly
            | ErrorCode::PermissionDenied
            | ErrorCode::AuthorizationForStatementDenied,
        ) => FaultClass::ReadOnly,
        Some(ErrorCode::DiskFull) => FaultClass::Full,
        Some(ErrorCode::TooBig) => FaultClass::TooLarge,
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => FaultClass::Damaged,
        Some(
            ErrorCode::CannotOpen
            | ErrorCode::SystemIoFailure
            | ErrorCode::FileLockingProtocolFailed,
        ) => FaultClass::Unavailable,
        _ if error.to_string().contains("no such table") => FaultClass::MissingTable,
        _ if error.to_string().contains("no such column") => FaultClass::MissingTable,
        _ => FaultClass::Other,
    };
    DriverError::new(class, error.to_string())
}

fn is_duplicate(error: &rusqlite::Error) -> bool {
    use rusqlite::ffi;
    error.sqlite_error().is_some_and(|error| {
        matches!(
            error.extended_code,
            ffi::SQLITE_CONSTRAINT_PRIMARYKEY | ffi::SQLITE_CONSTRAINT_UNIQUE
        )
    })
}
