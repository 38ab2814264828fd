//! How a database wants its statements.

use std::fmt::{Debug, Write as _};

use feast_registry_core::store::{Limits, Lock};

/// The types of columns that Feast's tables have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnType {
    /// Text of at most this many characters.
    Varchar(u16),
    /// Text of any length.
    Text,
    /// A signed number of 64 bits.
    BigInt,
    /// A signed number of 32 bits.
    Integer,
    /// Bytes of any length.
    Bytes,
}

/// How one database differs from the others. Pure: no method does I/O.
///
/// The provided methods give the answer of the SQL standard; a dialect overrides what differs.
pub trait Dialect: Debug + Send + Sync + 'static {
    /// The name, as in its URL scheme.
    fn name(&self) -> &'static str;

    /// The statement that lists the names of the tables in reach, one text column.
    ///
    /// If it is wrong, `schema_mode: verify` reports tables that exist as missing, or none.
    fn list_tables(&self) -> String;

    /// The place of the `n`th parameter, counted from 1.
    fn placeholder(&self, _n: usize) -> String {
        "?".to_owned()
    }

    /// An identifier, quoted.
    fn quote(&self, identifier: &str) -> String {
        format!("\"{}\"", identifier.replace('"', "\"\""))
    }

    /// The type of a column.
    fn column_type(&self, column: ColumnType) -> String {
        match column {
            ColumnType::Varchar(length) => format!("VARCHAR({length})"),
            ColumnType::Text => "TEXT".to_owned(),
            ColumnType::BigInt => "BIGINT".to_owned(),
            ColumnType::Integer => "INTEGER".to_owned(),
            ColumnType::Bytes => "BLOB".to_owned(),
        }
    }

    /// What begins a transaction that writes.
    fn begin_write(&self) -> &'static str {
        "BEGIN"
    }

    /// What begins a transaction that reads one moment of all tables.
    fn begin_snapshot(&self) -> &'static str {
        "BEGIN"
    }

    /// What a SELECT ends with to hold its rows.
    ///
    /// If it is too weak, concurrent writers lose updates.
    fn lock_suffix(&self, lock: Lock) -> &'static str {
        match lock {
            Lock::Plain => "",
            Lock::Share => " FOR SHARE",
            Lock::Update => " FOR UPDATE",
        }
    }

    /// Whether a writing transaction keeps all other writers out. Then locks need no order, and
    /// further reads need no restart.
    fn one_writer(&self) -> bool {
        false
    }

    /// How many rows to read or write with one statement.
    fn rows_per_statement(&self) -> usize {
        500
    }

    /// The largest things that the database takes.
    fn limits(&self) -> Limits {
        Limits::default()
    }
}

/// Placeholders `from..from + count`, separated by commas.
pub(crate) fn placeholders(dialect: &dyn Dialect, from: usize, count: usize) -> String {
    let mut text = String::with_capacity(4 * count);
    for n in from..from + count {
        let separator = if n == from { "" } else { ", " };
        // Writing into a String cannot fail.
        let _ = write!(text, "{separator}{}", dialect.placeholder(n));
    }
    text
}
