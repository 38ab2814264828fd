//! Several reads as one statement: each statement is a round trip.
//!
//! Only reads without locks are put together. What is read after a lock was taken must be read by a
//! statement of its own, since a statement sees what was committed when it began.

use std::sync::Arc;

use feast_registry_sql::{Dialect, Row, Step, StepResult, Value};

/// The project, the name, the stamp and the body come first in every table, and have the same types.
const COMMON: usize = 4;
/// Reads in one statement.
const MOST: usize = 32;
/// Parameters of a read that may be one of several: what is put together goes through a temporary table,
/// which for the rows of many names takes longer than a round trip.
const PARAMETERS: usize = 16;

/// What is sent as one statement.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) step: Step,
    /// The number of columns of each read; empty for a step as it was.
    widths: Vec<usize>,
}

/// Puts neighbouring reads together.
///
/// Columns with different collations cannot be in one result, so nothing is done where the dialect
/// does not vouch for those of names.
pub(crate) fn fold(steps: Vec<Step>, dialect: &dyn Dialect) -> Vec<Group> {
    if steps.len() < 2 || dialect.byte_order("name") != "name" {
        return steps.into_iter().map(Group::alone).collect();
    }
    let mut groups = Vec::with_capacity(steps.len());
    let mut reads: Vec<(Step, usize)> = Vec::new();
    for step in steps {
        let width = plain_width(&step);
        if width.is_none_or(|width| !fits(&reads, &step, width)) {
            groups.extend(Group::of(std::mem::take(&mut reads)));
        }
        match width {
            Some(width) => reads.push((step, width)),
            None => groups.push(Group::alone(step)),
        }
    }
    groups.extend(Group::of(reads));
    groups
}

/// Whether the columns behind the common ones are those of one table.
fn fits(reads: &[(Step, usize)], step: &Step, width: usize) -> bool {
    let mut wide = reads.iter().filter(|(_, width)| *width > COMMON);
    reads.len() < MOST && (width <= COMMON || wide.all(|(other, _)| other.sql == step.sql))
}

/// How many columns a read without a lock has, if its rows need no order.
fn plain_width(step: &Step) -> Option<usize> {
    let columns = step.sql.strip_prefix("SELECT `")?;
    let (columns, rest) = columns.split_once(" FROM ")?;
    let locks = rest.ends_with(" FOR UPDATE") || rest.ends_with(" LOCK IN SHARE MODE");
    let ordered = rest.contains(" ORDER BY ") && !rest.ends_with(" LIMIT 1");
    let small = step.parameters.len() <= PARAMETERS;
    (step.returns_rows && small && !locks && !ordered).then(|| columns.split(", ").count())
}

impl Group {
    fn alone(step: Step) -> Self {
        Group {
            step,
            widths: Vec::new(),
        }
    }

    fn of(mut reads: Vec<(Step, usize)>) -> Option<Self> {
        if reads.len() < 2 {
            return reads.pop().map(|(step, _)| Group::alone(step));
        }
        let widths: Vec<usize> = reads.iter().map(|(_, width)| *width).collect();
        let widest = widths.iter().copied().max().unwrap_or(COMMON);
        let selects = reads.iter().enumerate().map(|(number, (step, width))| {
            let padding = ", NULL".repeat(widest - width);
            format!("SELECT {number}, q.*{padding} FROM ({}) q", step.sql)
        });
        let sql: Arc<str> = selects.collect::<Vec<_>>().join(" UNION ALL ").into();
        let parameters = reads.into_iter().flat_map(|(step, _)| step.parameters);
        Some(Group {
            step: Step::query(&sql, parameters.collect()),
            widths,
        })
    }

    /// The result of each step that the statement stands for.
    pub(crate) fn unfold(widths: Vec<usize>, result: StepResult) -> Vec<StepResult> {
        if widths.is_empty() {
            return vec![result];
        }
        let mut results = vec![StepResult::default(); widths.len()];
        for mut row in result.rows {
            let Some(number) = number(&row) else { continue };
            if let (Some(result), Some(width)) = (results.get_mut(number), widths.get(number)) {
                row.truncate(width + 1);
                row.remove(0);
                result.rows.push(row);
            }
        }
        results
    }

    /// The statement, and what [`Group::unfold`] needs to take its result apart.
    pub(crate) fn into_parts(self) -> (Step, Vec<usize>) {
        (self.step, self.widths)
    }
}

fn number(row: &Row) -> Option<usize> {
    match row.first() {
        Some(Value::Integer(number)) => usize::try_from(*number).ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MariaDbDialect;

    const NARROW: &str = "SELECT `a`, `b`, `c`, `d` FROM `t` WHERE `a` = ?";
    const WIDE: &str = "SELECT `a`, `b`, `c`, `d`, `e` FROM `u` WHERE `a` = ?";

    fn query(sql: &str, parameter: i64) -> Step {
        Step::query(&sql.into(), vec![Value::Integer(parameter)])
    }

    fn folded(steps: Vec<Step>) -> Vec<(Step, Vec<usize>)> {
        let groups = fold(steps, &MariaDbDialect::default());
        groups.into_iter().map(Group::into_parts).collect()
    }

    #[test]
    fn plain_reads_become_one_statement() {
        let groups = folded(vec![query(NARROW, 1), query(WIDE, 2)]);
        let [(step, widths)] = &groups[..] else {
            panic!("{groups:?}")
        };
        assert_eq!(widths, &[4, 5]);
        assert_eq!(step.parameters, [Value::Integer(1), Value::Integer(2)]);
        assert_eq!(
            &*step.sql,
            format!(
                "SELECT 0, q.*, NULL FROM ({NARROW}) q UNION ALL SELECT 1, q.* FROM ({WIDE}) q"
            )
        );
    }

    #[test]
    fn locks_writes_and_ordered_reads_stay_alone() {
        let steps = vec![
            query(NARROW, 1),
            query(&format!("{NARROW} FOR UPDATE"), 2),
            query(NARROW, 3),
            query(&format!("{NARROW} ORDER BY `a`"), 4),
            Step::execute(&"DELETE FROM `t`".into(), vec![]),
        ];
        let groups = folded(steps);
        assert_eq!(groups.len(), 5);
        assert!(groups.iter().all(|(_, widths)| widths.is_empty()));
    }

    #[test]
    fn a_read_of_many_names_stays_alone() {
        let names = vec![Value::Integer(1); 17];
        let many = Step::query(&NARROW.into(), names);
        assert_eq!(folded(vec![query(NARROW, 1), many]).len(), 2);
    }

    #[test]
    fn columns_of_two_tables_behind_the_common_ones_are_not_mixed() {
        let other = WIDE.replace("`u`", "`v`");
        let groups = folded(vec![query(WIDE, 1), query(WIDE, 2), query(&other, 3)]);
        assert_eq!(groups.len(), 2);
    }

    #[test]
    fn every_row_goes_to_its_read() {
        let row = |number: i64| vec![Value::Integer(number), Value::Integer(number), Value::Null];
        let result = StepResult {
            rows: vec![row(1), row(0), row(1)],
            changed: 0,
        };
        let results = Group::unfold(vec![1, 2, 2], result);
        assert_eq!(results[0].rows, [[Value::Integer(0)]]);
        assert_eq!(results[1].rows.len(), 2);
        assert_eq!(results[2].rows, Vec::<Row>::new());
    }
}
