//! How YugabyteDB wants its statements: as PostgreSQL does, except for what follows.

use feast_registry_core::store::Limits;
use feast_registry_postgres::PostgresDialect;
use feast_registry_sql::{ColumnType, Dialect, FaultClass, UpdateRows};

/// A row travels between nodes, and to the replicas, in one message. Clusters can be told to take
/// larger ones; what they all take is the safe answer.
const OBJECT_BYTES: usize = 32 << 20;

/// YugabyteDB, by its API for SQL.
#[derive(Clone, Debug, Default)]
pub struct YugabyteDialect {
    /// Answers whatever is the same in the whole family.
    postgres: PostgresDialect,
}

impl YugabyteDialect {
    /// Tables in a named schema, or in the session's current one.
    pub fn in_schema(schema: Option<String>) -> Self {
        YugabyteDialect {
            postgres: PostgresDialect::in_schema(schema),
        }
    }
}

impl Dialect for YugabyteDialect {
    fn name(&self) -> &'static str {
        "yugabytedb"
    }

    /// READ COMMITTED means one of two things, by a flag of the cluster: itself or, where the flag is
    /// off, the snapshot of the first statement. Writers that wait for a lock would then read what was
    /// there before they waited, and two of them could create one name. Serializable is the same
    /// everywhere. What it costs, attempts that end with 40001, the store repeats.
    fn begin_write(&self) -> &'static str {
        "BEGIN ISOLATION LEVEL SERIALIZABLE"
    }

    /// The clocks of nodes differ. A long read meets rows of which nobody can say whether they are
    /// older than itself, and is told to start again, which a stream of rows cannot. A deferrable one
    /// waits until all clocks have passed its moment, half a second by default, and is never told so.
    fn begin_snapshot(&self) -> &'static str {
        "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY DEFERRABLE"
    }

    /// Beside the codes of the family there are errors that only their text tells apart.
    fn classify(&self, code: &str, message: &str) -> Option<FaultClass> {
        let says = |text: &str| message.to_ascii_lowercase().contains(text);
        match code {
            // Somebody has changed a table meanwhile. 40001 since 2025, an internal error before.
            "XX000" if says("version mismatch") => Some(FaultClass::Conflict),
            // A node did not answer another in time. If that was the COMMIT, it may have happened.
            "XX000" if says("timed out") => Some(FaultClass::UnknownOutcome),
            _ => None,
        }
    }

    fn limits(&self) -> Limits {
        Limits::default().with_object_bytes(OBJECT_BYTES)
    }

    // What follows is PostgreSQL's, passed on: where PostgreSQL differs from what the trait provides.

    fn list_tables(&self) -> String {
        self.postgres.list_tables()
    }

    fn placeholder(&self, n: usize) -> String {
        self.postgres.placeholder(n)
    }

    fn table(&self, name: &str) -> String {
        self.postgres.table(name)
    }

    fn byte_order(&self, column: &str) -> String {
        self.postgres.byte_order(column)
    }

    fn column_type(&self, column: ColumnType) -> String {
        self.postgres.column_type(column)
    }

    fn clock_query(&self) -> Option<&'static str> {
        self.postgres.clock_query()
    }

    fn rows_from_arrays(&self, first: usize, columns: &[ColumnType]) -> Option<String> {
        self.postgres.rows_from_arrays(first, columns)
    }

    fn update_rows(&self, update: &UpdateRows<'_>, rows: usize) -> Option<String> {
        self.postgres.update_rows(update, rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn internal_errors_are_told_apart_by_their_text() {
        let class = |code, message| YugabyteDialect::default().classify(code, message);
        assert_eq!(
            class(
                "XX000",
                "schema version mismatch for table 4003: expected 2, got 1"
            ),
            Some(FaultClass::Conflict)
        );
        assert_eq!(
            class("XX000", "Timed out: Perform RPC timed out"),
            Some(FaultClass::UnknownOutcome)
        );
        // The driver knows it.
        assert_eq!(class("40001", "could not serialize access"), None);
    }
}
