//! Every statement about rows, rendered once per kind.

use std::sync::Arc;

use feast_registry_core::store::{Lock, Range, Scan};
use feast_registry_core::{Key, Kind, Record, Shape};

use crate::dialect::placeholders;
use crate::table::{NUMBER, PROJECT, USER_METADATA, record_columns, stamp_column};
use crate::{Dialect, Step, Value, rows};

/// The statements of every kind, for one dialect.
#[derive(Debug)]
pub(crate) struct Statements {
    pub(crate) begin_write: Arc<str>,
    pub(crate) begin_snapshot: Arc<str>,
    pub(crate) commit: Arc<str>,
    pub(crate) rollback: Arc<str>,
    chunk: usize,
    kinds: Vec<KindStatements>,
}

/// The statements of one kind. Those over several rows exist for one row and for a full chunk;
/// what is left over is done row by row, so that few texts are prepared.
#[derive(Debug)]
struct KindStatements {
    /// Per lock, for one key and for a chunk of names in one project.
    get: [[Arc<str>; 2]; 3],
    /// Per lock: all rows of a project, the versions of a view, its newest version.
    range: [[Arc<str>; 3]; 3],
    range_everywhere: Arc<str>,
    select: String,
    order: String,
    insert: [Arc<str>; 2],
    update: Arc<str>,
    set_user_metadata: Arc<str>,
    delete: Arc<str>,
    delete_range: [Arc<str>; 3],
    probe: Arc<str>,
}

const LOCKS: [Lock; 3] = [Lock::Plain, Lock::Share, Lock::Update];

impl Statements {
    pub(crate) fn new(dialect: &dyn Dialect) -> Self {
        let chunk = dialect.rows_per_statement().max(1);
        Statements {
            begin_write: dialect.begin_write().into(),
            begin_snapshot: dialect.begin_snapshot().into(),
            commit: "COMMIT".into(),
            rollback: "ROLLBACK".into(),
            chunk,
            kinds: Kind::ALL
                .into_iter()
                .map(|kind| KindStatements::new(dialect, kind, chunk))
                .collect(),
        }
    }

    fn of(&self, kind: Kind) -> &KindStatements {
        &self.kinds[kind as usize]
    }

    /// The reads of keys of one kind and project under one lock, in as few statements as allowed.
    pub(crate) fn get(&self, kind: Kind, lock: Lock, keys: &[&Key], steps: &mut Vec<Step>) {
        let [one, many] = &self.of(kind).get[lock as usize];
        let chunked = kind.spec().shape != Shape::Version && self.chunk > 1;
        let mut keys = keys;
        while chunked && keys.len() >= self.chunk {
            let (chunk, rest) = keys.split_at(self.chunk);
            let mut parameters = vec![Value::from(&chunk[0].project)];
            parameters.extend(chunk.iter().map(|key| Value::from(&key.name)));
            steps.push(Step::query(many, parameters));
            keys = rest;
        }
        steps.extend(keys.iter().map(|key| Step::query(one, key_parameters(key))));
    }

    /// The read of a range under a lock.
    pub(crate) fn range(&self, range: &Range, lock: Lock) -> Step {
        let statements = self.of(range.kind);
        match (&range.project, &range.name) {
            (Some(project), Some(name)) => {
                let which = if range.last { 2 } else { 1 };
                Step::query(
                    &statements.range[lock as usize][which],
                    vec![project.into(), name.into()],
                )
            }
            (Some(project), None) => {
                Step::query(&statements.range[lock as usize][0], vec![project.into()])
            }
            (None, _) => Step::query(&statements.range_everywhere, Vec::new()),
        }
    }

    /// The read of one page: up to `limit` rows.
    pub(crate) fn scan(&self, dialect: &dyn Dialect, scan: &Scan, limit: usize) -> Step {
        self.of(scan.kind).scan(dialect, scan, limit)
    }

    /// The inserts of records of one kind.
    pub(crate) fn insert(&self, records: &[Record], steps: &mut Vec<Step>) {
        let Some(first) = records.first() else { return };
        let [one, many] = &self.of(first.key.kind).insert;
        let mut records = records;
        while self.chunk > 1 && records.len() >= self.chunk {
            let (chunk, rest) = records.split_at(self.chunk);
            steps.push(Step::execute(
                many,
                chunk.iter().flat_map(rows::values).collect(),
            ));
            records = rest;
        }
        steps.extend(
            records
                .iter()
                .map(|record| Step::execute(one, rows::values(record))),
        );
    }

    pub(crate) fn update(&self, key: &Key, body: &bytes::Bytes, stamp: i64) -> Step {
        let mut parameters = vec![rows::body_value(key.kind, body), stamp.into()];
        parameters.extend(key_parameters(key));
        Step::execute(&self.of(key.kind).update, parameters).must_change(1)
    }

    pub(crate) fn set_user_metadata(
        &self,
        key: &Key,
        user_metadata: &bytes::Bytes,
        stamp: i64,
    ) -> Step {
        let mut parameters = vec![Value::Bytes(user_metadata.clone()), stamp.into()];
        parameters.extend(key_parameters(key));
        Step::execute(&self.of(key.kind).set_user_metadata, parameters).must_change(1)
    }

    pub(crate) fn delete(&self, key: &Key) -> Step {
        Step::execute(&self.of(key.kind).delete, key_parameters(key))
    }

    pub(crate) fn delete_range(&self, range: &Range) -> Step {
        let [everywhere, project, view] = &self.of(range.kind).delete_range;
        match (&range.project, &range.name) {
            (Some(p), Some(name)) => Step::execute(view, vec![p.into(), name.into()]),
            (Some(p), None) => Step::execute(project, vec![p.into()]),
            (None, _) => Step::execute(everywhere, Vec::new()),
        }
    }

    /// Count, sum and maximum of the stamps of a kind, per project.
    pub(crate) fn probe(&self, kind: Kind) -> Step {
        Step::query(&self.of(kind).probe, Vec::new())
    }
}

fn key_parameters(key: &Key) -> Vec<Value> {
    let mut parameters = vec![Value::from(&key.project), Value::from(&key.name)];
    if key.kind == Kind::Version {
        parameters.push(i64::from(key.number).into());
    }
    parameters
}

impl KindStatements {
    fn new(dialect: &dyn Dialect, kind: Kind, chunk: usize) -> Self {
        let spec = kind.spec();
        let quote = |name: &str| dialect.quote(name);
        let p = |n: usize| dialect.placeholder(n);
        let (table, project, name) = (quote(spec.table), quote(PROJECT), quote(spec.name_column));
        let columns = record_columns(kind)
            .into_iter()
            .map(quote)
            .collect::<Vec<_>>();
        let is_version = spec.shape == Shape::Version;

        let select = format!("SELECT {} FROM {table}", columns.join(", "));
        let order = match is_version {
            true => format!(" ORDER BY {project}, {name}, {}", quote(NUMBER)),
            false => format!(" ORDER BY {project}, {name}"),
        };
        let by_key = |from: usize| {
            let mut text = format!(
                " WHERE {project} = {} AND {name} = {}",
                p(from),
                p(from + 1)
            );
            if is_version {
                text += &format!(" AND {} = {}", quote(NUMBER), p(from + 2));
            }
            text
        };
        let of_project = format!(" WHERE {project} = {}", p(1));
        let of_name = format!("{of_project} AND {name} = {}", p(2));
        let newest = match is_version {
            true => format!(" ORDER BY {} DESC LIMIT 1", quote(NUMBER)),
            false => " LIMIT 1".to_owned(),
        };
        let select_key = match is_version {
            // The number stands fifth in `record_columns`; what is left out reads as empty.
            true => format!(
                "SELECT {project}, {name}, {}, NULL, {} FROM {table}",
                quote(stamp_column(kind)),
                quote(NUMBER)
            ),
            false => select.clone(),
        };
        let names = placeholders(dialect, 2, chunk);
        let set = |column: &str| {
            let stamp = quote(stamp_column(kind));
            format!(
                "UPDATE {table} SET {} = {}, {stamp} = {}{}",
                quote(column),
                p(1),
                p(2),
                by_key(3)
            )
        };
        let width = columns.len();
        let insert = |rows: usize| -> Arc<str> {
            let tuples: Vec<String> = (0..rows)
                .map(|row| format!("({})", placeholders(dialect, 1 + row * width, width)))
                .collect();
            format!(
                "INSERT INTO {table} ({}) VALUES {}",
                columns.join(", "),
                tuples.join(", ")
            )
            .into()
        };
        let stamp = quote(stamp_column(kind));
        KindStatements {
            get: LOCKS.map(|lock| {
                let suffix = dialect.lock_suffix(lock);
                [
                    format!("{select}{}{suffix}", by_key(1)).into(),
                    format!("{select}{of_project} AND {name} IN ({names}){order}{suffix}").into(),
                ]
            }),
            range: LOCKS.map(|lock| {
                let suffix = dialect.lock_suffix(lock);
                [
                    format!("{select}{of_project}{order}{suffix}").into(),
                    format!("{select}{of_name}{order}{suffix}").into(),
                    format!("{select_key}{of_name}{newest}{suffix}").into(),
                ]
            }),
            range_everywhere: format!("{select}{order}").into(),
            insert: [insert(1), insert(chunk)],
            update: set(spec.body_column).into(),
            set_user_metadata: set(USER_METADATA).into(),
            delete: format!("DELETE FROM {table}{}", by_key(1)).into(),
            delete_range: [
                format!("DELETE FROM {table}").into(),
                format!("DELETE FROM {table}{of_project}").into(),
                format!("DELETE FROM {table}{of_name}").into(),
            ],
            probe: format!("SELECT {project}, COUNT(*), SUM({stamp}), MAX({stamp}) FROM {table} GROUP BY {project}").into(),
            select,
            order,
        }
    }

    fn scan(&self, dialect: &dyn Dialect, scan: &Scan, limit: usize) -> Step {
        let spec = scan.kind.spec();
        let (project, name) = (dialect.quote(PROJECT), dialect.quote(spec.name_column));
        let mut conditions = Conditions {
            dialect,
            texts: Vec::new(),
            parameters: Vec::new(),
        };
        if let Some(wanted) = &scan.project {
            conditions.add(|p| format!("{project} = {}", p[0]), [wanted.into()]);
        }
        if let Some(wanted) = &scan.name {
            conditions.add(|p| format!("{name} = {}", p[0]), [wanted.into()]);
        }
        if let Some(prefix) = &scan.name_prefix {
            let length = i64::try_from(prefix.chars().count()).unwrap_or(i64::MAX);
            conditions.add(
                |p| format!("SUBSTR({name}, 1, {}) = {}", p[0], p[1]),
                [length.into(), prefix.into()],
            );
        }
        if let Some(second) = scan.updated_since {
            let stamp = dialect.quote(stamp_column(scan.kind));
            conditions.add(|p| format!("{stamp} >= {}", p[0]), [second.into()]);
        }
        if let Some(after) = &scan.after {
            conditions.after(after, &project, &name);
        }
        let filter = if conditions.texts.is_empty() {
            String::new()
        } else {
            format!(" WHERE {}", conditions.texts.join(" AND "))
        };
        let limit = if limit == usize::MAX {
            String::new()
        } else {
            format!(" LIMIT {limit}")
        };
        Step::query(
            &format!("{}{filter}{}{limit}", self.select, self.order).into(),
            conditions.parameters,
        )
    }
}

struct Conditions<'a> {
    dialect: &'a dyn Dialect,
    texts: Vec<String>,
    parameters: Vec<Value>,
}

impl Conditions<'_> {
    fn add<const N: usize>(&mut self, text: impl Fn(&[String]) -> String, parameters: [Value; N]) {
        let first = self.parameters.len() + 1;
        let places: Vec<String> = (first..first + N)
            .map(|n| self.dialect.placeholder(n))
            .collect();
        self.texts.push(text(&places));
        self.parameters.extend(parameters);
    }

    fn after(&mut self, after: &Key, project: &str, name: &str) {
        let (p, n) = (Value::from(&after.project), Value::from(&after.name));
        if after.kind == Kind::Version {
            let number = self.dialect.quote(NUMBER);
            self.add(
                |at| {
                    format!(
                        "({project} > {} OR ({project} = {} AND ({name} > {} OR ({name} = {} AND {number} > {}))))",
                        at[0], at[1], at[2], at[3], at[4]
                    )
                },
                [p.clone(), p, n.clone(), n, i64::from(after.number).into()],
            );
        } else {
            self.add(
                |at| {
                    format!(
                        "({project} > {} OR ({project} = {} AND {name} > {}))",
                        at[0], at[1], at[2]
                    )
                },
                [p.clone(), p, n],
            );
        }
    }
}
