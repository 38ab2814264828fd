//! How SQLite wants its statements.

use feast_registry_core::store::{Limits, Lock};
use feast_registry_sql::{Dialect, LoggedTable};

/// SQLite's default limit on one value is a thousand million bytes; the parameter and row
/// overhead of a statement must fit as well.
const OBJECT_BYTES: usize = 999_000_000;

/// SQLite.
#[derive(Clone, Copy, Debug, Default)]
pub struct SqliteDialect;

impl Dialect for SqliteDialect {
    fn name(&self) -> &'static str {
        "sqlite"
    }

    fn list_tables(&self) -> String {
        "SELECT name FROM sqlite_master WHERE type = 'table'".to_owned()
    }

    /// Plain, as Feast has it: a name that needs no quotes is kept without them in the schema.
    fn quote(&self, identifier: &str) -> String {
        identifier.to_owned()
    }

    /// Takes the write lock at once: a transaction that first reads and then writes would
    /// otherwise fail if another one wrote in between.
    fn begin_write(&self) -> &'static str {
        "BEGIN IMMEDIATE"
    }

    /// The transaction holds the whole database.
    fn lock_suffix(&self, _lock: Lock) -> &'static str {
        ""
    }

    fn one_writer(&self) -> bool {
        true
    }

    /// A prepared statement in a loop is as fast as one over many rows: there is no round trip.
    fn rows_per_statement(&self) -> usize {
        8
    }

    /// The row that is numbered by itself; one writer at a time, so numbers have no gaps.
    fn log_numbers(&self, _first: i64) -> Option<String> {
        Some("INTEGER".to_owned())
    }

    fn log_triggers(&self, table: &LoggedTable) -> Vec<String> {
        table.row_triggers("BEGIN ", "; END")
    }

    fn limits(&self) -> Limits {
        Limits::default().with_object_bytes(OBJECT_BYTES)
    }
}
