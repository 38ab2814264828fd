//! How a database wants its statements.

use std::fmt::{Debug, Write as _};
use std::time::Duration;

use feast_registry_core::store::{Limits, Lock};

use crate::{FaultClass, LoggedTable};

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

    /// A table of the registry as statements name it, with its schema where there is one.
    fn table(&self, name: &str) -> String {
        self.quote(name)
    }

    /// A column of text so that it is ordered and compared byte by byte, whatever its collation.
    ///
    /// If it is wrong, pages of lists skip or repeat rows.
    fn byte_order(&self, column: &str) -> String {
        column.to_owned()
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

    /// Whether CREATE TABLE names its indexes too, where the two cannot be one transaction.
    fn index_in_table(&self) -> bool {
        false
    }

    /// What begins a transaction that writes.
    fn begin_write(&self) -> &'static str {
        "BEGIN"
    }

    /// What begins a transaction that reads one moment of all tables.
    fn begin_snapshot(&self) -> &'static str {
        "BEGIN"
    }

    /// A statement whose one value is another one after every commit, whoever makes it, and that looks
    /// at no table.
    ///
    /// If it repeats itself, cached reads miss what others wrote until the cache is read anew.
    fn version_query(&self) -> Option<&'static str> {
        None
    }

    /// How long that value must have stood still before it says anything, where it changes a moment
    /// before a commit can be seen: who reads in that moment has the new value, and old rows.
    fn version_settles(&self) -> Duration {
        Duration::ZERO
    }

    /// A statement whose one value is the second (Unix, UTC) that the clock of the server shows. None
    /// for databases that live in this process.
    ///
    /// If it is wrong, `doctor` tells of clocks that disagree.
    fn clock_query(&self) -> Option<&'static str> {
        None
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

    /// What stands behind FROM for rows that come as arrays, a parameter for each of these columns from
    /// the `first` on, if the database has such a thing: then one statement serves any number of rows,
    /// and is parsed and planned fast. The driver must fill arrays from [`Step::arrays`](crate::Step).
    ///
    /// A column of texts or numbers in which all rows have one value may come as an array of that one.
    fn rows_from_arrays(&self, _first: usize, _columns: &[ColumnType]) -> Option<String> {
        None
    }

    /// Names that come as one array, behind FROM, as a table of one column; `parameter` is the number of
    /// theirs. With it, the rows of any number of names are found by one statement, which looks into the
    /// primary key for each name, by LATERAL; and gets that come at the same time become one read. For
    /// planners that without statistics take a project for small, and go through all of it.
    fn names_from_array(&self, _parameter: usize) -> Option<String> {
        None
    }

    /// What stands behind the table where the rows of many names in one project are read, if the database
    /// would else rather go through the project by its index.
    ///
    /// If it is missing, batches take longer the more there is in a project.
    fn seek_hint(&self) -> &'static str {
        ""
    }

    /// The statement that updates this many rows by their keys, if there is one that is faster than
    /// one statement for each row. With [`rows_from_arrays`](Dialect::rows_from_arrays), its
    /// parameters are one array for each column.
    ///
    /// It must change exactly the rows that are given, and no others.
    fn update_rows(&self, _update: &UpdateRows<'_>, _rows: usize) -> Option<String> {
        None
    }

    /// Whether locks of rows are not seen by all writers of the database, as on a cluster that
    /// compares what was written when it commits. What a transaction relies on is then written too.
    ///
    /// If it is wrong, two views with one name may be created, or an object in a deleted project.
    fn guard_by_writing(&self) -> bool {
        false
    }

    /// The type of a column of numbers that the database gives out itself in ascending order, from
    /// `first` on if none are there, for the log of changes; `None` if there is no such log.
    ///
    /// A log is right only where a row that is missing between two others becomes visible later or
    /// never, and where every writer's rows are numbered by one counter.
    fn log_numbers(&self, _first: i64) -> Option<String> {
        None
    }

    /// The triggers that log every row of a table that anybody inserts, updates or deletes.
    ///
    /// If they miss any, cached reads miss changes until everything is read again.
    fn log_triggers(&self, table: &LoggedTable) -> Vec<String> {
        table.row_triggers("", "")
    }

    /// The statements that drop them, whether they are there or not.
    fn drop_log_triggers(&self, table: &LoggedTable) -> Vec<String> {
        table.drop_row_triggers()
    }

    /// What an error of the server means, where it differs from what the driver knows of the
    /// family: by its code (a SQLSTATE, or the number of MySQL) and text.
    ///
    /// If a conflict is not recognised, writers fail that could have tried again; if something
    /// else is taken for one, a write may happen twice.
    fn classify(&self, _code: &str, _message: &str) -> Option<FaultClass> {
        None
    }

    /// The largest things that the database takes.
    fn limits(&self) -> Limits {
        Limits::default()
    }
}

/// An UPDATE of several rows of one table, each with its own values.
///
/// The parameters of every row come in the order of [`UpdateRows::columns`].
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct UpdateRows<'a> {
    /// The table, as statements name it.
    pub table: &'a str,
    /// The columns that get new values, quoted, with their types.
    pub set: [(&'a str, ColumnType); 2],
    /// The columns that find the row, quoted, with their types.
    pub key: [(&'a str, ColumnType); 2],
}

impl UpdateRows<'_> {
    /// The columns of one row of parameters: those that are set, then the key.
    pub fn columns(&self) -> impl Iterator<Item = (&str, ColumnType)> {
        self.set.iter().chain(&self.key).copied()
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
