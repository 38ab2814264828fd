//! The statements that make the log and its triggers.

use feast_registry_core::Kind;

use super::{COLUMNS, MARKER, TABLE};
use crate::table::{NUMBER, PROJECT};
use crate::{ColumnType, Dialect};

/// One of Feast's tables, for the triggers that log its changes.
#[derive(Debug)]
#[non_exhaustive]
pub struct LoggedTable {
    /// Its name, as statements have it.
    pub table: String,
    /// Its name alone, in small letters, for names of triggers.
    pub name: &'static str,
    /// What begins the statement that logs changes: `INSERT INTO … (…)`.
    pub insert: String,
    /// What identifies a row, in the order of the columns that the insert names: constants as SQL has
    /// them, and the names of columns, quoted.
    key: [Term; 4],
}

#[derive(Debug)]
enum Term {
    Constant(String),
    Column(String),
}

impl LoggedTable {
    fn new(dialect: &dyn Dialect, kind: Kind) -> Self {
        let spec = kind.spec();
        let number = match kind {
            Kind::Version => Term::Column(dialect.quote(NUMBER)),
            _ => Term::Constant("0".to_owned()),
        };
        let columns = COLUMNS[1..].iter().map(|column| dialect.quote(column));
        let columns: Vec<String> = columns.collect();
        LoggedTable {
            table: dialect.table(spec.table),
            name: spec.table,
            insert: format!(
                "INSERT INTO {} ({})",
                dialect.table(TABLE),
                columns.join(", ")
            ),
            key: [
                Term::Constant(format!("'{}'", spec.table)),
                Term::Column(dialect.quote(PROJECT)),
                Term::Column(dialect.quote(spec.name_column)),
                number,
            ],
        }
    }

    /// The key of a row, with `row` before the names of columns: `NEW.`, or nothing.
    pub fn key(&self, row: &str) -> String {
        let terms = self.key.iter().map(|term| match term {
            Term::Constant(text) => text.clone(),
            Term::Column(name) => format!("{row}{name}"),
        });
        terms.collect::<Vec<_>>().join(", ")
    }

    /// A trigger for each row that is inserted, updated or deleted. Keys are never updated. `begin` and
    /// `end` stand around the statement of a trigger, where there must be something.
    pub fn row_triggers(&self, begin: &str, end: &str) -> Vec<String> {
        let trigger = |(event, row): (&'static str, &str)| {
            let (table, insert, key) = (&self.table, &self.insert, self.key(row));
            format!(
                "CREATE TRIGGER {} AFTER {event} ON {table} FOR EACH ROW {begin}{insert} VALUES ({key}){end}",
                self.trigger(event)
            )
        };
        EVENTS.map(trigger).into()
    }

    /// The statements that drop the triggers of [`LoggedTable::row_triggers`].
    pub fn drop_row_triggers(&self) -> Vec<String> {
        let drop = |(event, _)| format!("DROP TRIGGER IF EXISTS {}", self.trigger(event));
        EVENTS.map(drop).into()
    }

    /// The name of a trigger.
    fn trigger(&self, event: &str) -> String {
        format!(
            "feast_registry_{}_{}",
            event.to_ascii_lowercase(),
            self.name
        )
    }
}

const EVENTS: [(&str, &str); 3] = [("INSERT", "NEW."), ("UPDATE", "NEW."), ("DELETE", "OLD.")];

fn tables(dialect: &dyn Dialect) -> impl Iterator<Item = LoggedTable> {
    Kind::ALL
        .into_iter()
        .map(|kind| LoggedTable::new(dialect, kind))
}

/// The statements that make the log, or `None` if the dialect has none. Its numbers begin behind
/// `first`, so that a log that is made anew shares none with one that was there before.
pub(crate) fn create(dialect: &dyn Dialect, first: i64) -> Option<Vec<String>> {
    let numbers = dialect.log_numbers(first + 1)?;
    let types = [
        numbers,
        dialect.column_type(ColumnType::Varchar(50)),
        dialect.column_type(ColumnType::Text),
        dialect.column_type(ColumnType::Text),
        dialect.column_type(ColumnType::Integer),
    ];
    let table = dialect.table(TABLE);
    let [id, ..] = COLUMNS.map(|column| dialect.quote(column));
    let columns = COLUMNS.iter().zip(types);
    let columns: Vec<String> = columns
        .map(|(column, column_type)| format!("  {} {column_type} NOT NULL", dialect.quote(column)))
        .collect();
    let row = |number: i64| {
        let names = COLUMNS.map(|column| dialect.quote(column)).join(", ");
        format!("INSERT INTO {table} ({names}) VALUES ({number}, '', '', '', 0)")
    };
    let create = format!(
        "CREATE TABLE {table} (\n{},\n  PRIMARY KEY ({id})\n)",
        columns.join(",\n")
    );
    let mut statements = vec![create, row(first)];
    statements.extend(tables(dialect).flat_map(|table| dialect.log_triggers(&table)));
    statements.push(row(MARKER));
    Some(statements)
}

/// The statements that remove the log, or what there is of it.
pub(crate) fn drop(dialect: &dyn Dialect) -> Vec<String> {
    let triggers = tables(dialect).flat_map(|table| dialect.drop_log_triggers(&table));
    let table = format!("DROP TABLE IF EXISTS {}", dialect.table(TABLE));
    triggers.chain([table]).collect()
}
