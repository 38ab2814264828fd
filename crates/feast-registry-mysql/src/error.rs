//! What the errors of a server, and of the way to it, mean.

use mysql_async::{DriverError as ProtocolError, Error};

use feast_registry_sql::{Dialect, DriverError, FaultClass};

/// Where in a transaction an error came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Before COMMIT was sent.
    Statement,
    /// As the answer to COMMIT, or instead of one.
    Commit,
}

/// The error of a statement.
pub(crate) fn classify(error: Error, phase: Phase, dialect: &dyn Dialect) -> DriverError {
    match error {
        Error::Server(server) => {
            let message = format!("{} ({})", server.message, server.code);
            let class = dialect
                .classify(&server.code.to_string(), &server.message)
                .or_else(|| class_of(server.code, phase))
                .unwrap_or(FaultClass::Other);
            DriverError::new(class, with_cure(message, server.code))
        }
        Error::Driver(ProtocolError::StmtParamsMismatch { .. })
        | Error::Driver(ProtocolError::StmtParamsNumberExceedsLimit { .. }) => {
            DriverError::new(FaultClass::Other, error.to_string())
        }
        broken => {
            let message = format!("the connection to the server broke: {broken}");
            DriverError::new(broken_class(phase), message)
        }
    }
}

/// Whether a read failed because its table's character set has no such text as was looked for: then
/// there is no such row.
pub(crate) fn cannot_be_there(error: &Error) -> bool {
    matches!(error, Error::Server(server) if UNKNOWN_CHARACTERS.contains(&server.code))
}

/// A text with characters that a column's set lacks, compared (MariaDB, MySQL) and written.
const UNKNOWN_CHARACTERS: [u16; 3] = [1267, 3988, 1366];

/// What a broken connection means for the transaction on it.
pub(crate) fn broken_class(phase: Phase) -> FaultClass {
    match phase {
        Phase::Statement => FaultClass::Disconnected,
        Phase::Commit => FaultClass::UnknownOutcome,
    }
}

/// Numbers are those of both servers, unless said otherwise.
fn class_of(code: u16, phase: Phase) -> Option<FaultClass> {
    Some(match code {
        // Deadlock (on Galera also a conflict between nodes, at COMMIT), lock wait timeout, changed since
        // the snapshot (MariaDB), no wait, rolled back by certification (MySQL), table changed.
        1062 => FaultClass::Duplicate,
        1213 | 1205 | 1020 | 3572 | 3101 | 1412 | 1615 => FaultClass::Conflict,
        // Killed or shutting down; on Galera the node has lost the others.
        1053 | 1317 | 1927 | 1047 | 1243 | 3169 | 4031 => broken_class(phase),
        1153 | 1406 | 1118 | 1301 | 3056 => FaultClass::TooLarge,
        1046 | 1049 | 1146 | 1054 => FaultClass::MissingTable,
        // Read-only server, transaction or database; no right to write.
        1290 | 1792 | 1836 | 3100 | 1142 | 1143 | 1044 | 1370 => FaultClass::ReadOnly,
        1114 | 1021 | 1041 | 1037 | 1038 => FaultClass::Full,
        // Too many connections, of the server or of the user; no such user.
        1040 | 1203 | 1226 | 1045 | 1130 | 1461 | 3159 => FaultClass::Unavailable,
        1034 | 1035 | 1194 | 1195 | 1712 => FaultClass::Damaged,
        _ => return None,
    })
}

fn with_cure(message: String, code: u16) -> String {
    match code {
        1406 => format!(
            "{message}; if the column is one of 64 KiB from an old version of Feast, \
             `feast-registry schema upgrade` widens it"
        ),
        code if UNKNOWN_CHARACTERS.contains(&code) => format!(
            "{message}; the table was made for a smaller set of characters, which \
             `ALTER TABLE … CONVERT TO CHARACTER SET utf8mb4` changes"
        ),
        3159 => format!("{message}; add ssl_mode=REQUIRED to the URL"),
        1461 => format!("{message}; raise max_prepared_stmt_count of the server"),
        _ => message,
    }
}

#[cfg(test)]
mod tests {
    use mysql_async::ServerError;

    use super::*;
    use crate::MySqlDialect;

    fn class(code: u16, phase: Phase, dialect: &dyn Dialect) -> FaultClass {
        let error = ServerError {
            code,
            message: "no".to_owned(),
            state: "HY000".to_owned(),
        };
        classify(Error::Server(error), phase, dialect).class
    }

    #[test]
    fn conflicts_are_conflicts_at_commit_too() {
        for code in [1213, 1205, 1020] {
            for phase in [Phase::Statement, Phase::Commit] {
                assert_eq!(
                    class(code, phase, &MySqlDialect::default()),
                    FaultClass::Conflict
                );
            }
        }
    }

    #[test]
    fn a_session_that_ends_at_commit_leaves_the_outcome_open() {
        let dialect = MySqlDialect::default();
        for code in [1053, 1927] {
            let ended = class(code, Phase::Statement, &dialect);
            assert_eq!(ended, FaultClass::Disconnected);
            let ended = class(code, Phase::Commit, &dialect);
            assert_eq!(ended, FaultClass::UnknownOutcome);
        }
        let broken = || Error::Driver(ProtocolError::ConnectionClosed);
        let ended = classify(broken(), Phase::Commit, &dialect).class;
        assert_eq!(ended, FaultClass::UnknownOutcome);
        let ended = classify(broken(), Phase::Statement, &dialect).class;
        assert_eq!(ended, FaultClass::Disconnected);
    }

    #[test]
    fn a_row_that_is_there_already_is_a_duplicate() {
        let class = class(1062, Phase::Statement, &MySqlDialect::default());
        assert_eq!(class, FaultClass::Duplicate);
    }
}
