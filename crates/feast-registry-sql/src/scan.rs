//! The statements of scans: which rows, from where, how many.

use feast_registry_core::store::Scan;
use feast_registry_core::{Key, Kind, Shape};

use crate::table::{NUMBER, PROJECT, primary_key, stamp_column};
use crate::{Dialect, Step, Value};

/// The columns of the primary key, quoted: the order in which the database has the rows.
pub(crate) fn native_order(dialect: &dyn Dialect, kind: Kind) -> Vec<String> {
    let key = primary_key(kind).into_iter();
    key.map(|column| dialect.quote(column)).collect()
}

/// The rows of a scan. All of them come in no order; a page comes in the order of bytes, with one
/// row more than its limit, to see whether there are more.
pub(crate) fn page(dialect: &dyn Dialect, select: &str, scan: &Scan) -> Step {
    let (project, name) = (
        dialect.quote(PROJECT),
        dialect.quote(scan.kind.spec().name_column),
    );
    let mut conditions = Conditions::new(dialect);
    if let Some(wanted) = &scan.project {
        conditions.add(&format!("{project} ="), wanted.into());
    }
    if let Some(wanted) = &scan.name {
        conditions.add(&format!("{name} ="), wanted.into());
    }
    if let Some(prefix) = &scan.name_prefix {
        // Not LIKE: there is no character in it to escape.
        let length = prefix.chars().count();
        conditions.add(&format!("SUBSTR({name}, 1, {length}) ="), prefix.into());
    }
    if let Some(second) = scan.updated_since {
        let stamp = dialect.quote(stamp_column(scan.kind));
        conditions.add(&format!("{stamp} >="), second.into());
    }
    if scan.limit == usize::MAX && scan.after.is_none() {
        return conditions.select(select, "");
    }
    let mut order = vec![dialect.byte_order(&project), dialect.byte_order(&name)];
    if scan.kind.spec().shape == Shape::Version {
        order.push(dialect.quote(NUMBER));
    }
    if let Some(after) = &scan.after {
        let position = [(&after.project).into(), (&after.name).into(), number(after)];
        conditions.behind(&order, &position);
    }
    let end = match scan.limit.checked_add(1) {
        Some(rows) => format!(" ORDER BY {} LIMIT {rows}", order.join(", ")),
        None => format!(" ORDER BY {}", order.join(", ")),
    };
    conditions.select(select, &end)
}

/// The next rows of a kind, in the order of the primary key.
pub(crate) fn next_rows(
    dialect: &dyn Dialect,
    select: &str,
    kind: Kind,
    after: Option<&Key>,
    limit: usize,
) -> Step {
    let order = native_order(dialect, kind);
    let mut conditions = Conditions::new(dialect);
    if let Some(after) = after {
        let position: Vec<Value> = primary_key(kind)
            .into_iter()
            .map(|column| match column {
                PROJECT => (&after.project).into(),
                NUMBER => number(after),
                _ => (&after.name).into(),
            })
            .collect();
        conditions.behind(&order, &position);
    }
    conditions.select(
        select,
        &format!(" ORDER BY {} LIMIT {limit}", order.join(", ")),
    )
}

fn number(key: &Key) -> Value {
    i64::from(key.number).into()
}

/// The conditions of a SELECT, with their parameters in order.
struct Conditions<'a> {
    dialect: &'a dyn Dialect,
    texts: Vec<String>,
    parameters: Vec<Value>,
}

impl<'a> Conditions<'a> {
    fn new(dialect: &'a dyn Dialect) -> Self {
        Conditions {
            dialect,
            texts: Vec::new(),
            parameters: Vec::new(),
        }
    }

    /// `compared` names a column and an operator; what it is compared with follows.
    fn add(&mut self, compared: &str, value: Value) {
        let text = self.compare(compared, value);
        self.texts.push(text);
    }

    fn compare(&mut self, compared: &str, value: Value) -> String {
        self.parameters.push(value);
        let place = self.dialect.placeholder(self.parameters.len());
        format!("{compared} {place}")
    }

    /// Only rows behind a position.
    fn behind(&mut self, columns: &[String], position: &[Value]) {
        let text = self.behind_text(columns, position);
        self.texts.push(text);
    }

    /// `a >= ? AND (a > ? OR …)`: in this form every database finds the place in its index.
    fn behind_text(&mut self, columns: &[String], position: &[Value]) -> String {
        let ([column, columns @ ..], [value, position @ ..]) = (columns, position) else {
            return "1 = 0".to_owned();
        };
        if columns.is_empty() {
            return self.compare(&format!("{column} >"), value.clone());
        }
        let from = self.compare(&format!("{column} >="), value.clone());
        let behind = self.compare(&format!("{column} >"), value.clone());
        let rest = self.behind_text(columns, position);
        format!("{from} AND ({behind} OR {rest})")
    }

    fn select(self, select: &str, end: &str) -> Step {
        let filter = match self.texts.is_empty() {
            true => String::new(),
            false => format!(" WHERE {}", self.texts.join(" AND ")),
        };
        Step::query(&format!("{select}{filter}{end}").into(), self.parameters)
    }
}
