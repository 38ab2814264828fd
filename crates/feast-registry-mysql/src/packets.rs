//! Keeps statements below the size that the server takes in one packet.

use std::sync::Arc;

use feast_registry_sql::{DriverError, FaultClass, Step, Value};

use crate::value::size;

/// Statements of many rows are kept below this, whatever the server takes: larger ones would be sent
/// value by value.
const COMFORTABLE: usize = 8 << 20;
/// The header of a packet, and what else is not a value.
const HEADER: usize = 1_024;

/// A statement with its values.
type Part = (Arc<str>, Vec<Value>);

/// A statement as one or several that fit, in order.
///
/// # Errors
///
/// [`FaultClass::TooLarge`] if one row alone does not fit.
pub(crate) fn fitting(step: Step, packet: usize) -> Result<Vec<Part>, DriverError> {
    let limit = packet.saturating_sub(HEADER);
    if total(&step.parameters) <= limit.min(COMFORTABLE) {
        return Ok(vec![(step.sql, step.parameters)]);
    }
    let parts = match Rows::of(&step.sql, step.parameters.len()) {
        Some(rows) => rows.split(step.parameters, limit.min(COMFORTABLE)),
        None => vec![(Arc::clone(&step.sql), step.parameters)],
    };
    match parts.iter().map(|(_, row)| total(row)).max() {
        Some(largest) if largest > limit => Err(DriverError::new(
            FaultClass::TooLarge,
            format!(
                "a row of {largest} bytes does not fit in the server's packets of {packet} bytes; raise its max_allowed_packet"
            ),
        )),
        _ => Ok(parts),
    }
}

fn total(parameters: &[Value]) -> usize {
    parameters.iter().map(size).sum()
}

/// An INSERT of several rows, taken apart.
#[derive(Debug, PartialEq, Eq)]
struct Rows<'a> {
    before: &'a str,
    tuple: &'a str,
    after: &'a str,
    width: usize,
}

impl<'a> Rows<'a> {
    /// Takes apart what the store or a dialect has put together; `None` for any other statement.
    fn of(sql: &'a str, parameters: usize) -> Option<Self> {
        const VALUES: &str = " VALUES ";
        let (before, rest) = sql.split_at(sql.find(VALUES)? + VALUES.len());
        let tuple = &rest[..=rest.find(')')?];
        let width = tuple.matches('?').count();
        if width == 0 || !before.starts_with("INSERT INTO ") {
            return None;
        }
        let rows = parameters / width;
        let after = rest.get(rows * tuple.len() + rows.saturating_sub(1) * 2..)?;
        let parts = Rows {
            before,
            tuple,
            after,
            width,
        };
        (rows * width == parameters && parts.sql(rows) == sql).then_some(parts)
    }

    fn sql(&self, rows: usize) -> String {
        let tuples = vec![self.tuple; rows].join(", ");
        format!("{}{tuples}{}", self.before, self.after)
    }

    /// As many rows at a time as fit, in powers of two, so that few texts are prepared.
    fn split(&self, parameters: Vec<Value>, limit: usize) -> Vec<Part> {
        let mut parts = Vec::new();
        let mut rest = parameters;
        while !rest.is_empty() {
            let mut bytes = 0;
            let fit = rest
                .chunks(self.width)
                .take_while(|row| {
                    bytes += total(row);
                    bytes <= limit
                })
                .count();
            let rows = 1 << fit.max(1).ilog2();
            let left = rest.split_off(rows * self.width);
            parts.push((self.sql(rows).into(), rest));
            rest = left;
        }
        parts
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn insert(rows: usize, bytes: usize, after: &str) -> Step {
        let sql = format!(
            "INSERT INTO `t` (`a`, `b`) VALUES {}{after}",
            vec!["(?, ?)"; rows].join(", ")
        );
        let row = [Value::Integer(1), Value::Bytes(Bytes::from(vec![0; bytes]))];
        Step::execute(&sql.into(), vec![row; rows].concat())
    }

    #[test]
    fn a_small_statement_stays_as_it_is() {
        let step = insert(3, 10, "");
        let parts = fitting(step.clone(), 1 << 20).unwrap();
        assert_eq!(parts, vec![(step.sql, step.parameters)]);
    }

    #[test]
    fn a_large_insert_is_split_by_bytes_and_keeps_every_row() {
        let parts = fitting(
            insert(5, 40_000, " AS new ON DUPLICATE KEY UPDATE `a` = new.`a`"),
            100_000,
        );
        let parts = parts.unwrap();
        let rows: Vec<usize> = parts.iter().map(|(_, row)| row.len() / 2).collect();
        assert_eq!(rows, vec![2, 2, 1]);
        assert_eq!(
            &*parts[2].0,
            "INSERT INTO `t` (`a`, `b`) VALUES (?, ?) AS new ON DUPLICATE KEY UPDATE `a` = new.`a`"
        );
    }

    #[test]
    fn a_row_that_does_not_fit_is_refused() {
        let error = fitting(insert(2, 200_000, ""), 100_000).unwrap_err();
        assert_eq!(error.class, FaultClass::TooLarge);
        let update = Step::execute(
            &"UPDATE t SET a = ?".into(),
            vec![Value::Bytes(Bytes::from(vec![0; 200_000]))],
        );
        assert_eq!(
            fitting(update, 100_000).unwrap_err().class,
            FaultClass::TooLarge
        );
    }
}
