//! The log of changes: a table that triggers fill, whoever writes.
//!
//! Feast's Python registry knows of no log, and every statement of ours more would be a round trip
//! more. A trigger sees all writers and costs none.

mod store;
mod tables;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use feast_registry_core::store::Position;
use feast_registry_core::{Key, Kind};

pub use self::tables::LoggedTable;
pub(crate) use self::tables::{create, drop};
use crate::{Dialect, Step, StepResult, Value};

pub(crate) const TABLE: &str = "feast_registry_changes";
/// The first row, which is inserted last: with it the log is complete, and every writer's.
const MARKER: i64 = 1;
/// How many of the newest changes are kept.
const KEPT: i64 = 100_000;
/// One in so many transactions trims the log, and who reads so many changes.
const TRIM_EVERY: u16 = 1_000;
/// The columns of a change: its number, and the key of the row that was changed.
const COLUMNS: [&str; 5] = ["id", "table_name", "project_id", "name", "number"];

/// The log of a database, for those who read it.
#[derive(Debug)]
pub(crate) struct ChangeLog {
    /// Whether it was there when somebody looked.
    kept: AtomicBool,
    marker: Arc<str>,
    newest: Arc<str>,
    missing: Arc<str>,
    read: Arc<str>,
    trim: String,
}

impl ChangeLog {
    pub(crate) fn new(dialect: &dyn Dialect) -> Self {
        let table = dialect.table(TABLE);
        let columns = COLUMNS.map(|column| dialect.quote(column));
        let id = &columns[0];
        let newest = format!("SELECT MAX({id}) FROM {table}");
        ChangeLog {
            kept: AtomicBool::new(false),
            marker: format!("SELECT {id} FROM {table} WHERE {id} = {MARKER}").into(),
            missing: format!(
                "SELECT low, high FROM (SELECT {id} + 1 AS low, LEAD({id}) OVER (ORDER BY {id}) - 1 AS high FROM {table} WHERE {id} > {MARKER}) AS missing WHERE high >= low"
            )
            .into(),
            read: format!(
                "SELECT {} FROM {table} WHERE {id} BETWEEN {} AND {}",
                columns.join(", "),
                dialect.placeholder(1),
                dialect.placeholder(2)
            )
            .into(),
            // MySQL reads no table that it deletes from, unless it has read it before.
            trim: format!(
                "DELETE FROM {table} WHERE {id} > {MARKER} AND {id} <= (SELECT * FROM ({newest}) AS newest) - {KEPT}"
            ),
            newest: newest.into(),
        }
    }

    pub(crate) fn is_kept(&self) -> bool {
        self.kept.load(Ordering::Relaxed)
    }

    pub(crate) fn set_kept(&self, kept: bool) {
        self.kept.store(kept, Ordering::Relaxed);
    }

    /// Whether this transaction, by its random number, is one of those that trim the log.
    pub(crate) fn is_due(&self, operation: u128) -> bool {
        self.is_kept() && operation.is_multiple_of(u128::from(TRIM_EVERY))
    }

    /// Whether who has read so far has come by a number at which the log is trimmed: those who write may
    /// all be other programs.
    pub(crate) fn is_long(&self, before: &Position, after: &Position) -> bool {
        let times = |position: &Position| position.newest() / i64::from(TRIM_EVERY);
        times(before) != times(after)
    }

    /// Removes what is too old. It is in no transaction with anything else, so nobody waits for long.
    pub(crate) fn trim(&self) -> String {
        self.trim.clone()
    }

    /// What to ask to find a position to begin with. The newest number is asked for before those that
    /// are missing: what is committed in between is behind the position, or counted as there.
    pub(crate) fn begin(&self) -> Vec<Step> {
        let texts = [&self.marker, &self.newest, &self.missing];
        texts.map(|text| Step::query(text, Vec::new())).into()
    }

    /// The position that these answers mean; `None` if the log is not complete.
    pub(crate) fn begun(&self, results: Vec<StepResult>) -> Option<Position> {
        let [marker, newest, missing] = <[StepResult; 3]>::try_from(results).ok()?;
        marker.rows.first()?;
        let newest = numbers(newest).next()?.0;
        Some(Position::new(newest, numbers(missing), Instant::now()))
    }

    /// What to ask for the changes since a position.
    pub(crate) fn read(&self, since: &Position) -> Vec<Step> {
        let ranges = since.ranges().into_iter();
        let steps = ranges.map(|range| {
            let (low, high) = range.into_inner();
            Step::query(&self.read, vec![low.into(), high.into()])
        });
        steps.collect()
    }

    /// The position after these answers, and the keys of what was changed if they are all; `None` if
    /// the position says nothing of this log.
    pub(crate) fn after(
        &self,
        since: &Position,
        results: Vec<StepResult>,
    ) -> Option<(Position, Option<Vec<Key>>)> {
        let rows = results.into_iter().flat_map(|result| result.rows);
        let changes: Vec<(i64, Option<Key>)> = rows.filter_map(change).collect();
        let found = changes.iter().map(|(number, _)| *number).collect();
        let (position, complete) = since.after(found, KEPT, Instant::now())?;
        // The newest was seen before; it is there to tell that nothing was trimmed behind it.
        let changes = changes
            .into_iter()
            .filter(|(number, _)| *number != since.newest());
        let mut keys: Vec<Key> = changes.filter_map(|(_, key)| key).collect();
        keys.sort_unstable();
        keys.dedup();
        Some((position, complete.then_some(keys)))
    }
}

/// The numbers in the first two columns; the second is 0 if there is none.
fn numbers(result: StepResult) -> impl Iterator<Item = (i64, i64)> {
    result.rows.into_iter().filter_map(|row| match row[..] {
        [Value::Integer(only)] => Some((only, 0)),
        [Value::Integer(low), Value::Integer(high)] => Some((low, high)),
        _ => None,
    })
}

/// A row of the log: its number, and the key that it names, if it names one.
fn change(row: Vec<Value>) -> Option<(i64, Option<Key>)> {
    let [
        Value::Integer(id),
        Value::Text(table),
        Value::Text(project),
        Value::Text(name),
        Value::Integer(number),
    ] = <[Value; 5]>::try_from(row).ok()?
    else {
        return None;
    };
    let kind = Kind::ALL
        .into_iter()
        .find(|kind| *table == *kind.spec().table);
    let key = kind.map(|kind| Key {
        kind,
        project,
        name,
        number: i32::try_from(number).unwrap_or_default(),
    });
    Some((id, key))
}
