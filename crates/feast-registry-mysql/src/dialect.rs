//! How MySQL and MariaDB want their statements.

use std::time::Duration;

use feast_registry_core::store::{Limits, Lock};
use feast_registry_sql::{ColumnType, Dialect, UpdateRows};

use crate::facts::{Cap, Facts};

/// What a statement holds besides the bytes of an object: its text, names and stamps.
const OVERHEAD: usize = 16 * 1_024;
/// The packet of a server that was not asked: the smallest default of those that are in use.
const PACKET: usize = 16 << 20;

/// Far longer than a commit takes from the log of the server to its readers.
const SETTLES: Duration = Duration::from_secs(1);

/// What both servers have in common.
#[derive(Clone, Copy, Debug)]
struct Common {
    packet: usize,
    cap: Cap,
    cluster: bool,
    exact_names: bool,
    version_query: Option<&'static str>,
}

impl Default for Common {
    fn default() -> Self {
        Common {
            packet: PACKET,
            cap: Cap::NONE,
            cluster: false,
            exact_names: true,
            version_query: None,
        }
    }
}

impl Common {
    fn of(facts: &Facts, creates: bool) -> Self {
        Common {
            packet: facts.packet,
            cap: facts.cap,
            cluster: facts.cluster,
            exact_names: facts.exact_names(creates),
            version_query: facts.position,
        }
    }

    fn byte_order(self, column: &str) -> String {
        match self.exact_names {
            true => column.to_owned(),
            // The column may have any character set.
            false => format!("CAST(CONVERT({column} USING utf8mb4) AS BINARY)"),
        }
    }

    fn limits(self) -> Limits {
        Limits::default()
            .with_object_bytes(self.packet.saturating_sub(OVERHEAD))
            .with_transaction(self.cap.rows, self.cap.bytes)
    }
}

const LIST_TABLES: &str =
    "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE()";
const BEGIN_SNAPSHOT: &str = "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY";

/// MySQL, from 8.0.17.
#[derive(Clone, Copy, Debug, Default)]
pub struct MySqlDialect(Common);

/// MariaDB, from 10.3.
#[derive(Clone, Copy, Debug, Default)]
pub struct MariaDbDialect(Common);

impl MySqlDialect {
    pub(crate) fn of(facts: &Facts, creates: bool) -> Self {
        MySqlDialect(Common::of(facts, creates))
    }
}

impl MariaDbDialect {
    pub(crate) fn of(facts: &Facts, creates: bool) -> Self {
        MariaDbDialect(Common::of(facts, creates))
    }
}

/// The methods in which the two are the same.
macro_rules! family {
    () => {
        fn list_tables(&self) -> String {
            LIST_TABLES.to_owned()
        }

        fn quote(&self, identifier: &str) -> String {
            quote(identifier)
        }

        fn byte_order(&self, column: &str) -> String {
            self.0.byte_order(column)
        }

        fn version_query(&self) -> Option<&'static str> {
            self.0.version_query
        }

        /// A commit is in the log some microseconds before it can be seen.
        fn version_settles(&self) -> Duration {
            SETTLES
        }

        fn clock_query(&self) -> Option<&'static str> {
            Some("SELECT UNIX_TIMESTAMP()")
        }

        fn begin_snapshot(&self) -> &'static str {
            BEGIN_SNAPSHOT
        }

        fn lock_suffix(&self, lock: Lock) -> &'static str {
            lock_suffix(lock)
        }

        /// From a few hundred names on, both guess that the index on the project is the shorter way.
        fn seek_hint(&self) -> &'static str {
            " FORCE INDEX (PRIMARY)"
        }

        /// A CREATE commits at once.
        fn index_in_table(&self) -> bool {
            true
        }

        /// On a cluster the locks of rows are those of one node.
        fn guard_by_writing(&self) -> bool {
            self.0.cluster
        }

        /// On a cluster each node counts for itself.
        fn log_numbers(&self, _first: i64) -> Option<String> {
            (!self.0.cluster).then(|| "BIGINT AUTO_INCREMENT".to_owned())
        }

        fn limits(&self) -> Limits {
            self.0.limits()
        }
    };
}

impl Dialect for MySqlDialect {
    fn name(&self) -> &'static str {
        "mysql"
    }

    fn column_type(&self, column: ColumnType) -> String {
        column_type(column, " COLLATE utf8mb4_0900_bin")
    }

    fn update_rows(&self, update: &UpdateRows<'_>, rows: usize) -> Option<String> {
        let set = update
            .set
            .map(|(column, _)| format!("{column} = new.{column}"));
        Some(upsert(update, rows, " AS new", &set))
    }

    family!();
}

impl Dialect for MariaDbDialect {
    fn name(&self) -> &'static str {
        "mariadb"
    }

    fn column_type(&self, column: ColumnType) -> String {
        column_type(column, " COLLATE utf8mb4_nopad_bin")
    }

    fn update_rows(&self, update: &UpdateRows<'_>, rows: usize) -> Option<String> {
        let set = update
            .set
            .map(|(column, _)| format!("{column} = VALUES({column})"));
        Some(upsert(update, rows, "", &set))
    }

    family!();
}

/// For statements that are printed before anybody has asked a server what it is: each of the two
/// reads its own comments.
#[derive(Debug)]
pub(crate) struct EitherDialect;

impl Dialect for EitherDialect {
    fn name(&self) -> &'static str {
        "mysql"
    }

    fn list_tables(&self) -> String {
        LIST_TABLES.to_owned()
    }

    fn quote(&self, identifier: &str) -> String {
        quote(identifier)
    }

    fn index_in_table(&self) -> bool {
        true
    }

    fn column_type(&self, column: ColumnType) -> String {
        let either = " /*!80017 COLLATE utf8mb4_0900_bin */ /*M! COLLATE utf8mb4_nopad_bin */";
        column_type(column, either)
    }
}

pub(crate) fn quote(identifier: &str) -> String {
    format!("`{}`", identifier.replace('`', "``"))
}

/// MariaDB does not know `FOR SHARE`; both know the older words.
fn lock_suffix(lock: Lock) -> &'static str {
    match lock {
        Lock::Plain => "",
        Lock::Share => " LOCK IN SHARE MODE",
        Lock::Update => " FOR UPDATE",
    }
}

/// Names are compared byte by byte, and no column holds less than Feast's.
fn column_type(column: ColumnType, collate: &str) -> String {
    match column {
        ColumnType::Varchar(length) => {
            format!("VARCHAR({length}) CHARACTER SET utf8mb4{collate}")
        }
        // `TEXT` ends at 64 KiB.
        ColumnType::Text => format!("LONGTEXT CHARACTER SET utf8mb4{collate}"),
        ColumnType::BigInt => "BIGINT".to_owned(),
        ColumnType::Integer => "INTEGER".to_owned(),
        ColumnType::Bytes => "LONGBLOB".to_owned(),
    }
}

/// An INSERT that meets the rows that are there. They are: whoever sends it holds their locks, and
/// the four columns are all that a table with them demands.
fn upsert(update: &UpdateRows<'_>, rows: usize, alias: &str, set: &[String]) -> String {
    let columns: Vec<&str> = update.columns().map(|(column, _)| column).collect();
    let tuple = format!("({})", vec!["?"; columns.len()].join(", "));
    format!(
        "INSERT INTO {} ({}) VALUES {}{alias} ON DUPLICATE KEY UPDATE {}",
        update.table,
        columns.join(", "),
        vec![tuple.as_str(); rows].join(", "),
        set.join(", ")
    )
}

/// A dialect for tables whose names are not compared byte by byte.
#[cfg(test)]
pub(crate) fn inexact() -> MariaDbDialect {
    MariaDbDialect(Common {
        exact_names: false,
        ..Common::default()
    })
}
