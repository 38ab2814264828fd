//! One connection: statements in, rows out, all on the calling thread.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Statement, ToSql};

use feast_registry_sql::{Connection, DriverError, FaultClass, Row, Step, StepResult, Value};

use crate::error::classify;

/// A connection that answers at once: its futures are never pending.
#[derive(Debug)]
pub(crate) struct Inline<C: AsConnection>(C);

impl<C: AsConnection> Inline<C> {
    pub(crate) fn new(connection: C) -> Self {
        Inline(connection)
    }

    #[cfg(test)]
    pub(crate) fn connection(&self) -> &rusqlite::Connection {
        self.0.connection()
    }

    /// Ends the transaction that a failed run has left open, if any.
    pub(crate) fn roll_back(&self) {
        let connection = self.0.connection();
        if !connection.is_autocommit()
            && let Err(error) = connection.execute_batch("ROLLBACK")
        {
            tracing::warn!(%error, "a transaction could not be rolled back");
        }
    }
}

#[async_trait]
impl<C: AsConnection> Connection for Inline<C> {
    async fn run(&mut self, steps: Vec<Step>) -> Result<Vec<StepResult>, DriverError> {
        steps
            .iter()
            .map(|step| run(self.0.connection(), step))
            .collect()
    }
}

/// Whoever drops a connection in the middle of a transaction ends the transaction.
impl<C: AsConnection> Drop for Inline<C> {
    fn drop(&mut self) {
        self.roll_back();
    }
}

/// What holds a connection.
pub(crate) trait AsConnection: Send {
    fn connection(&self) -> &rusqlite::Connection;
}

fn run(connection: &rusqlite::Connection, step: &Step) -> Result<StepResult, DriverError> {
    let mut statement = connection.prepare_cached(&step.sql).map_err(classify)?;
    bind(&mut statement, &step.parameters)?;
    if step.returns_rows {
        return Ok(StepResult {
            rows: rows(&mut statement)?,
            changed: 0,
        });
    }
    let changed = statement.raw_execute().map_err(classify)?;
    let changed = u64::try_from(changed).unwrap_or(u64::MAX);
    if step.must_change.is_some_and(|rows| rows != changed) {
        let message = "a row that was read is gone";
        return Err(DriverError::new(FaultClass::RowGone, message));
    }
    Ok(StepResult {
        rows: Vec::new(),
        changed,
    })
}

fn bind(statement: &mut Statement<'_>, parameters: &[Value]) -> Result<(), DriverError> {
    for (index, value) in parameters.iter().enumerate() {
        statement
            .raw_bind_parameter(index + 1, Parameter(value))
            .map_err(classify)?;
    }
    Ok(())
}

fn rows(statement: &mut Statement<'_>) -> Result<Vec<Row>, DriverError> {
    let width = statement.column_count();
    let mut found = Vec::new();
    let mut rows = statement.raw_query();
    while let Some(row) = rows.next().map_err(classify)? {
        let mut values = Vec::with_capacity(width);
        for column in 0..width {
            values.push(value(row.get_ref(column).map_err(classify)?));
        }
        found.push(values);
    }
    Ok(found)
}

/// Any column may hold any type, whatever the schema says.
fn value(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::Integer(number),
        // Nothing of Feast's is a fraction; whole seconds are what a stamp would be.
        #[allow(clippy::cast_possible_truncation)]
        ValueRef::Real(number) => Value::Integer(number as i64),
        ValueRef::Text(text) => match std::str::from_utf8(text) {
            Ok(text) => Value::Text(Arc::from(text)),
            Err(_) => Value::Bytes(Bytes::copy_from_slice(text)),
        },
        ValueRef::Blob(bytes) => Value::Bytes(Bytes::copy_from_slice(bytes)),
    }
}

struct Parameter<'a>(&'a Value);

impl ToSql for Parameter<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self.0 {
            Value::Null => ValueRef::Null,
            Value::Integer(number) => ValueRef::Integer(*number),
            Value::Text(text) => ValueRef::Text(text.as_bytes()),
            Value::Bytes(bytes) => ValueRef::Blob(bytes),
        }))
    }
}
