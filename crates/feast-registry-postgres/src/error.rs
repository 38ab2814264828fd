//! What PostgreSQL's errors mean.

use feast_registry_sql::{Dialect, DriverError, FaultClass};
use tokio_postgres::Error;
use tokio_postgres::error::{DbError, Severity};

/// What a failed statement means, where nothing says otherwise: by SQLSTATE, the first prefix that fits.
const CLASSES: [(&str, FaultClass); 28] = [
    ("40001", FaultClass::Conflict),       // serialization_failure
    ("40P01", FaultClass::Conflict),       // deadlock_detected
    ("40002", FaultClass::Duplicate),      // transaction_integrity_constraint_violation
    ("40003", FaultClass::UnknownOutcome), // statement_completion_unknown
    ("55P03", FaultClass::Conflict),       // lock_not_available
    ("23505", FaultClass::Duplicate),      // unique_violation
    ("25006", FaultClass::ReadOnly),       // read_only_sql_transaction
    ("42501", FaultClass::ReadOnly),       // insufficient_privilege
    ("42P01", FaultClass::MissingTable),   // undefined_table
    ("42703", FaultClass::MissingTable),   // undefined_column
    ("3F000", FaultClass::MissingTable),   // invalid_schema_name
    ("22001", FaultClass::TooLarge),       // string_data_right_truncation
    ("22003", FaultClass::TooLarge),       // numeric_value_out_of_range
    ("54", FaultClass::TooLarge),          // program_limit_exceeded
    ("53100", FaultClass::Full),           // disk_full
    ("53", FaultClass::Unavailable),       // out of memory, too many connections
    ("57014", FaultClass::Unavailable),    // query_canceled: a statement timeout
    ("57P", FaultClass::Disconnected),     // the server shuts down, or the session was ended
    ("25P02", FaultClass::Conflict),       // in_failed_sql_transaction, without a cause that we saw
    ("25P03", FaultClass::Disconnected),   // idle_in_transaction_session_timeout
    ("25P04", FaultClass::Disconnected),   // transaction_timeout
    ("08", FaultClass::Disconnected),      // connection exceptions, also those of poolers
    ("28", FaultClass::Unavailable),       // wrong password, no such user
    ("3D000", FaultClass::Unavailable),    // no such database
    ("58", FaultClass::Unavailable),       // input and output errors of the server
    ("XX001", FaultClass::Damaged),        // data_corrupted
    ("XX002", FaultClass::Damaged),        // index_corrupted
    ("F0", FaultClass::Unavailable),       // a lock file of the server
];

/// The text that comes with 0A000 when a table was altered behind a prepared statement.
const STALE_PLAN: &str = "cached plan must not change result type";

/// Whether statements must not be prepared: they are unknown (26000) or known already (42P05),
/// since a pooler gives every transaction another session.
pub(crate) fn is_pooler_mixup(error: &Error) -> bool {
    matches!(code(error), "26000" | "42P05")
}

/// Whether a table was altered behind a prepared statement.
pub(crate) fn is_stale_plan(error: &Error) -> bool {
    let stale = |error: &DbError| error.code().code() == "0A000" && error.message() == STALE_PLAN;
    error.as_db_error().is_some_and(stale)
}

/// Whether the session is over, so that how far the server came is not known.
pub(crate) fn is_broken(error: &Error) -> bool {
    error.as_db_error().is_none_or(|error| {
        let fatal = matches!(
            error.parsed_severity(),
            Some(Severity::Fatal | Severity::Panic)
        );
        // A pooler that loses its server answers for it with a connection exception.
        fatal || error.code().code().starts_with("08")
    })
}

fn code(error: &Error) -> &str {
    error.code().map_or("", |code| code.code())
}

/// The error of a statement, apart from what it means for the transaction.
pub(crate) fn classify(dialect: &dyn Dialect, error: &Error) -> DriverError {
    let Some(error) = error.as_db_error() else {
        return DriverError::new(FaultClass::Disconnected, lost(error));
    };
    let (code, message) = (error.code().code(), error.message());
    let known = || {
        CLASSES
            .iter()
            .find(|(prefix, _)| code.starts_with(prefix))
            .map(|(_, class)| *class)
    };
    let class = dialect
        .classify(code, message)
        .or_else(known)
        .unwrap_or(FaultClass::Other);
    let class = match class {
        FaultClass::Other if message == STALE_PLAN => FaultClass::Conflict,
        class => class,
    };
    DriverError::new(class, sentence(error))
}

/// What the server said, with the key of a duplicate and the SQLSTATE to look up.
fn sentence(error: &DbError) -> String {
    let mut text = error.message().to_owned();
    if let Some(table) = error.table() {
        text += &format!(" (table {table})");
    }
    // The details of other errors may show whole rows.
    if let Some(detail) = error.detail().filter(|_| error.code().code() == "23505") {
        text += &format!(": {detail}");
    }
    format!("{text} [{}]", error.code().code())
}

fn lost(error: &Error) -> String {
    format!("the connection to the server broke: {}", causes(error))
}

/// An error with what is behind it: the outer one alone says little.
pub(crate) fn causes(error: &Error) -> String {
    if let Some(error) = error.as_db_error() {
        return sentence(error);
    }
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = error.source();
    }
    text
}
