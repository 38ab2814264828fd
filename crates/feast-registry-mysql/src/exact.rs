//! Changes of rows by name where the collation of a table takes names for equal that are not.

use std::fmt::Write as _;

use feast_registry_sql::{Dialect, Step, Value};

/// A step that changes only rows whose names are those of its parameters byte by byte.
///
/// Reads need none of this: the store compares what it was given. An UPDATE or DELETE would hit
/// whatever row the collation calls equal, such as the history of a view whose name differs in case.
pub(crate) fn exactly(step: Step, dialect: &dyn Dialect) -> Step {
    match conditions(&step) {
        Some(columns) if dialect.byte_order("name") != "name" => with(step, &columns, dialect),
        _ => step,
    }
}

/// The columns that an UPDATE or DELETE finds its rows by, with their parameters; `None` for
/// anything else.
fn conditions(step: &Step) -> Option<Vec<(String, Value)>> {
    let changes = step.sql.starts_with("DELETE FROM ") || step.sql.starts_with("UPDATE ");
    let (_, conditions) = step.sql.split_once(" WHERE ").filter(|_| changes)?;
    let columns: Option<Vec<&str>> = conditions
        .split(" AND ")
        .map(|condition| condition.strip_suffix(" = ?"))
        .collect();
    let columns = columns?;
    let first = step.parameters.len().checked_sub(columns.len())?;
    let values = step.parameters[first..].iter().cloned();
    let columns = columns.into_iter().map(str::to_owned).zip(values);
    Some(
        columns
            .filter(|(_, value)| matches!(value, Value::Text(_)))
            .collect(),
    )
}

fn with(mut step: Step, columns: &[(String, Value)], dialect: &dyn Dialect) -> Step {
    let mut sql = step.sql.to_string();
    for (column, value) in columns {
        let bytes = dialect.byte_order(column);
        // Writing into a String cannot fail.
        let _ = write!(sql, " AND {bytes} = CAST(? AS BINARY)");
        step.parameters.push(value.clone());
    }
    step.sql = sql.into();
    step
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MariaDbDialect;
    use crate::dialect::inexact;

    fn step(sql: &str) -> Step {
        Step::execute(&sql.into(), vec![7.into(), "p".into(), "it".into()])
    }

    #[test]
    fn names_are_compared_by_their_bytes_too() {
        let sql = "UPDATE `t` SET `b` = ? WHERE `project_id` = ? AND `name` = ?";
        let step = exactly(step(sql), &inexact());
        assert_eq!(
            &*step.sql,
            format!(
                "{sql} AND CAST(CONVERT(`project_id` USING utf8mb4) AS BINARY) = CAST(? AS BINARY) \
                 AND CAST(CONVERT(`name` USING utf8mb4) AS BINARY) = CAST(? AS BINARY)"
            )
        );
        let texts = [Value::from("p"), Value::from("it")];
        assert_eq!(step.parameters[1..3], texts);
        assert_eq!(step.parameters[3..], texts);
    }

    #[test]
    fn numbers_need_no_second_look() {
        let sql = "DELETE FROM `t` WHERE `number` = ? AND `project_id` = ? AND `name` = ?";
        assert_eq!(exactly(step(sql), &inexact()).parameters.len(), 5);
    }

    #[test]
    fn everything_else_stays_as_it_is() {
        for sql in [
            "SELECT `a` FROM `t` WHERE `x` = ? AND `y` = ? AND `z` = ?",
            "DELETE FROM `t`",
            "DELETE FROM `t` WHERE `a` < ? AND `b` = ? AND `c` = ?",
        ] {
            assert_eq!(&*exactly(step(sql), &inexact()).sql, sql);
        }
        let sql = "DELETE FROM `t` WHERE `a` = ? AND `b` = ? AND `c` = ?";
        assert_eq!(&*exactly(step(sql), &MariaDbDialect::default()).sql, sql);
    }
}
