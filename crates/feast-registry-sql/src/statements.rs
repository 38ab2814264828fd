//! Every statement about rows, rendered once per kind.

use std::sync::Arc;

use feast_registry_core::store::{Lock, Range, Scan};
use feast_registry_core::{Key, Kind, Record, Shape};

use crate::chunks::Chunks;
use crate::dialect::placeholders;
use crate::table::{NUMBER, PROJECT, USER_METADATA, columns, record_columns, stamp_column};
use crate::{Arrays, ColumnType, Dialect, Step, UpdateRows, Value, rows, scan};

/// The statements of every kind, for one dialect.
#[derive(Debug)]
pub(crate) struct Statements {
    pub(crate) begin_write: Arc<str>,
    pub(crate) begin_snapshot: Arc<str>,
    pub(crate) commit: Arc<str>,
    pub(crate) rollback: Arc<str>,
    pub(crate) guard_by_writing: bool,
    /// Whether statements over several rows take them as arrays.
    arrays: bool,
    /// Whether reads of several names do.
    seeks: bool,
    kinds: Vec<KindStatements>,
}

/// The statements of one kind.
#[derive(Debug)]
struct KindStatements {
    /// Per lock, the rows with some names in one project.
    get: [Chunks; 3],
    /// Per lock: all rows of a project, the versions of a view, its newest version.
    range: [[Arc<str>; 3]; 3],
    range_everywhere: Arc<str>,
    /// The newest versions of some views in one project.
    last: Chunks,
    select: String,
    insert: Chunks,
    update: Chunks,
    set_user_metadata: Arc<str>,
    delete: Arc<str>,
    delete_range: [Arc<str>; 3],
    probe: Arc<str>,
    stamps: Arc<str>,
    some: Arc<str>,
}

/// How many rows of a project [`Statements::some`] finds at most.
pub(crate) const SOME: usize = 64;

const LOCKS: [Lock; 3] = [Lock::Plain, Lock::Share, Lock::Update];

impl Statements {
    pub(crate) fn new(dialect: &dyn Dialect) -> Self {
        let chunk = dialect.rows_per_statement().max(1);
        Statements {
            begin_write: dialect.begin_write().into(),
            begin_snapshot: dialect.begin_snapshot().into(),
            commit: "COMMIT".into(),
            rollback: "ROLLBACK".into(),
            guard_by_writing: dialect.guard_by_writing(),
            arrays: dialect.rows_from_arrays(1, &[]).is_some(),
            seeks: dialect.names_from_array(1).is_some(),
            kinds: Kind::ALL
                .into_iter()
                .map(|kind| KindStatements::new(dialect, kind, chunk))
                .collect(),
        }
    }

    fn of(&self, kind: Kind) -> &KindStatements {
        &self.kinds[kind as usize]
    }

    /// Whether one statement reads any number of names of a project.
    pub(crate) fn read_any_number(&self) -> bool {
        self.seeks
    }

    /// Whether a look at [some](Statements::some) rows costs far less than to look for many names. Not where statements
    /// take arrays: PostgreSQL finds any number of names with one, and CockroachDB, which compares all that a
    /// transaction has read with what others wrote, would have more to compare.
    pub(crate) fn looks_first(&self) -> bool {
        !self.arrays
    }

    /// What is an array in a read of so many rows of a project, found by so many columns.
    fn wanted(&self, rows: usize, columns: usize) -> Option<Arrays> {
        (self.seeks && rows > 1).then_some(Arrays { before: 1, columns })
    }

    /// What of these values are arrays, in a statement over so many rows.
    fn arrays(&self, rows: usize, values: &[Value]) -> Option<Arrays> {
        (self.arrays && rows > 1).then(|| Arrays {
            before: 0,
            columns: values.len() / rows,
        })
    }

    /// The reads of keys of one kind and project under one lock, in as few statements as allowed.
    pub(crate) fn get(&self, kind: Kind, lock: Lock, keys: &[&Key], steps: &mut Vec<Step>) {
        self.of(kind).get[lock as usize].each(keys, |text, chunk| {
            let Some(first) = chunk.first() else { return };
            let mut parameters = vec![Value::from(&first.project)];
            for key in chunk {
                parameters.push((&key.name).into());
                if kind == Kind::Version {
                    parameters.push(i64::from(key.number).into());
                }
            }
            let columns = (parameters.len() - 1) / chunk.len();
            let arrays = self.wanted(chunk.len(), columns);
            steps.push(Step::query(text, parameters).with_arrays(arrays));
        });
    }

    /// The reads of the newest versions of some views in one project, without locks.
    pub(crate) fn last_versions(&self, ranges: &[&Range], steps: &mut Vec<Step>) {
        self.of(Kind::Version).last.each(ranges, |text, chunk| {
            let project = chunk.first().and_then(|range| range.project.as_ref());
            let project = project.map(Value::from);
            let names = chunk.iter().filter_map(|range| range.name.as_ref());
            let parameters: Vec<Value> =
                project.into_iter().chain(names.map(Value::from)).collect();
            steps.push(Step::query(text, parameters).with_arrays(self.wanted(chunk.len(), 1)));
        });
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

    /// The read of all rows of a scan, in no order, or of a page of it, in the order of bytes.
    pub(crate) fn scan(&self, dialect: &dyn Dialect, scan: &Scan) -> Step {
        scan::page(dialect, &self.of(scan.kind).select, scan)
    }

    /// The read of the next rows behind a key, in the order of the primary key.
    pub(crate) fn next_rows(
        &self,
        dialect: &dyn Dialect,
        kind: Kind,
        after: Option<&Key>,
        limit: usize,
    ) -> Step {
        scan::next_rows(dialect, &self.of(kind).select, kind, after, limit)
    }

    /// The inserts of records of one kind.
    pub(crate) fn insert(&self, records: &[Record], steps: &mut Vec<Step>) {
        let Some(first) = records.first() else { return };
        self.of(first.key.kind).insert.each(records, |text, chunk| {
            let parameters = parameters(chunk, rows::put);
            let arrays = self.arrays(chunk.len(), &parameters);
            steps.push(Step::execute(text, parameters).with_arrays(arrays));
        });
    }

    /// The updates of rows of one kind.
    pub(crate) fn update(&self, changes: &[Change], steps: &mut Vec<Step>) {
        let Some(first) = changes.first() else { return };
        self.of(first.key.kind).update.each(changes, |text, chunk| {
            let parameters = parameters(chunk, Change::put);
            let arrays = self.arrays(chunk.len(), &parameters);
            steps.push(Step::execute(text, parameters).with_arrays(arrays));
        });
    }

    pub(crate) fn set_user_metadata(
        &self,
        key: &Key,
        user_metadata: &bytes::Bytes,
        stamp: i64,
    ) -> Step {
        let mut parameters = vec![Value::Bytes(user_metadata.clone()), stamp.into()];
        parameters.extend(key_parameters(key));
        Step::execute(&self.of(key.kind).set_user_metadata, parameters)
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

    /// Some keys of a kind in a project, as rows without anything else: all of them if they are fewer than [`SOME`].
    pub(crate) fn some(&self, kind: Kind, project: &Arc<str>) -> Step {
        Step::query(&self.of(kind).some, vec![project.into()])
    }

    /// The keys and stamps of a kind in a project, as rows without bodies.
    pub(crate) fn stamps(&self, kind: Kind, project: &Arc<str>) -> Step {
        Step::query(&self.of(kind).stamps, vec![project.into()])
    }
}

/// New bytes and stamp for a row.
#[derive(Debug)]
pub(crate) struct Change {
    pub(crate) key: Key,
    pub(crate) body: bytes::Bytes,
    pub(crate) stamp: i64,
}

impl Change {
    fn put(&self, parameters: &mut Vec<Value>) {
        let body = rows::body_value(self.key.kind, &self.body);
        parameters.extend([body, self.stamp.into()]);
        put_key(&self.key, parameters);
    }
}

/// The most columns that a table has.
const WIDTH: usize = 8;

/// The parameters of a statement over several rows.
fn parameters<T>(rows: &[T], put: impl Fn(&T, &mut Vec<Value>)) -> Vec<Value> {
    let mut parameters = Vec::with_capacity(WIDTH * rows.len());
    for row in rows {
        put(row, &mut parameters);
    }
    parameters
}

fn put_key(key: &Key, parameters: &mut Vec<Value>) {
    parameters.extend([Value::from(&key.project), Value::from(&key.name)]);
    if key.kind == Kind::Version {
        parameters.push(i64::from(key.number).into());
    }
}

fn key_parameters(key: &Key) -> Vec<Value> {
    let mut parameters = Vec::with_capacity(3);
    put_key(key, &mut parameters);
    parameters
}

impl KindStatements {
    fn new(dialect: &dyn Dialect, kind: Kind, chunk: usize) -> Self {
        let spec = kind.spec();
        let quote = |name: &str| dialect.quote(name);
        let p = |n: usize| dialect.placeholder(n);
        let (table, project, name) = (
            dialect.table(spec.table),
            quote(PROJECT),
            quote(spec.name_column),
        );
        let selected = record_columns(kind)
            .into_iter()
            .map(quote)
            .collect::<Vec<_>>();
        let is_version = spec.shape == Shape::Version;

        let stamp = quote(stamp_column(kind));
        let select = format!("SELECT {} FROM {table}", selected.join(", "));
        let order = format!(" ORDER BY {}", scan::native_order(dialect, kind).join(", "));
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
        let select_keys = |stamp: &str| match is_version {
            // The number stands fifth in `record_columns`; what is left out reads as empty.
            true => format!(
                "SELECT {project}, {name}, {stamp}, NULL, {} FROM {table}",
                quote(NUMBER)
            ),
            false => format!("SELECT {project}, {name}, {stamp}, NULL FROM {table}"),
        };
        let select_key = select_keys(&stamp);
        let select_last = if is_version { &select_key } else { &select };
        let type_of = |name: &str| {
            let mut columns = columns(kind).into_iter();
            let column = columns.find(|column| column.name == name);
            column.map_or(ColumnType::Text, |column| column.column_type)
        };
        let wanted = |rows: String, columns: &[&str]| {
            let columns: Vec<String> = columns.iter().copied().map(quote).collect();
            let equal: Vec<String> = columns
                .iter()
                .map(|column| format!("{table}.{column} = wanted.{column}"))
                .collect();
            Wanted {
                rows: format!("{rows} AS wanted ({})", columns.join(", ")),
                found: format!("{of_project} AND {}", equal.join(" AND ")),
            }
        };
        let names = dialect.names_from_array(2);
        let names = names.map(|rows| wanted(rows, &[spec.name_column]));
        let versions = dialect
            .rows_from_arrays(2, &[type_of(spec.name_column), type_of(NUMBER)])
            .filter(|_| names.is_some())
            .map(|rows| wanted(rows, &[spec.name_column, NUMBER]));
        let keys = if is_version { &versions } else { &names };
        let seek = dialect.seek_hint();
        let some_names = |rows: usize| {
            format!(
                "{seek}{of_project} AND {name} IN ({})",
                placeholders(dialect, 2, rows)
            )
        };
        // One by one where a statement is no round trip: looking into a list costs more than it saves.
        // So are keys of the history, which have a number, where they are not found by arrays.
        let reads = if dialect.one_writer() { 1 } else { chunk };
        let by_list = is_version && keys.is_none();
        let keys_at_once = if by_list { 1 } else { reads };
        let set = |column: &str| {
            format!(
                "UPDATE {table} SET {} = {}, {stamp} = {}{}",
                quote(column),
                p(1),
                p(2),
                by_key(3)
            )
        };
        let width = selected.len();
        let types: Vec<ColumnType> = record_columns(kind).into_iter().map(type_of).collect();
        let arrays = dialect.rows_from_arrays(1, &types);
        let insert = |rows: usize| -> String {
            if let Some(arrays) = arrays.as_ref().filter(|_| rows > 1) {
                let columns = selected.join(", ");
                return format!("INSERT INTO {table} ({columns}) SELECT * FROM {arrays} AS new");
            }
            let tuples: Vec<String> = (0..rows)
                .map(|row| format!("({})", placeholders(dialect, 1 + row * width, width)))
                .collect();
            format!(
                "INSERT INTO {table} ({}) VALUES {}",
                selected.join(", "),
                tuples.join(", ")
            )
        };
        KindStatements {
            get: LOCKS.map(|lock| {
                let suffix = dialect.lock_suffix(lock);
                let one = format!("{select}{}{suffix}", by_key(1));
                Chunks::new(keys_at_once, one, |rows| {
                    Some(match keys {
                        Some(wanted) => wanted.each(&select, &format!(" LIMIT 1{suffix}")),
                        None => format!("{select}{}{order}{suffix}", some_names(rows)),
                    })
                })
            }),
            range: LOCKS.map(|lock| {
                let suffix = dialect.lock_suffix(lock);
                [
                    format!("{select}{of_project}{order}{suffix}").into(),
                    format!("{select}{of_name}{order}{suffix}").into(),
                    format!("{select_last}{of_name}{newest}{suffix}").into(),
                ]
            }),
            range_everywhere: format!("{select}{order}").into(),
            last: Chunks::new(reads, format!("{select_last}{of_name}{newest}"), |rows| {
                is_version.then(|| match &names {
                    Some(wanted) => wanted.each(select_last, &newest),
                    None => format!(
                        "SELECT {project}, {name}, MAX({stamp}), NULL, MAX({}) FROM {table}{} GROUP BY {project}, {name}",
                        quote(NUMBER),
                        some_names(rows)
                    ),
                })
            }),
            insert: Chunks::new(chunk, insert(1), |rows| Some(insert(rows))),
            update: Chunks::new(chunk, set(spec.body_column), |rows| {
                update_rows(dialect, kind, rows)
            }),
            set_user_metadata: set(USER_METADATA).into(),
            delete: format!("DELETE FROM {table}{}", by_key(1)).into(),
            delete_range: [
                format!("DELETE FROM {table}").into(),
                format!("DELETE FROM {table}{of_project}").into(),
                format!("DELETE FROM {table}{of_name}").into(),
            ],
            probe: format!("SELECT {project}, COUNT(*), SUM({stamp}), MAX({stamp}) FROM {table}{} GROUP BY {project}", not_guard(dialect, kind)).into(),
            stamps: format!("{select_key}{of_project}").into(),
            // Nothing that is not in an index on the project.
            some: format!("{}{of_project} LIMIT {SOME}", select_keys("0")).into(),
            select,
        }
    }
}

/// Rows that are looked for by the columns of arrays.
struct Wanted {
    rows: String,
    /// The condition that finds one of them.
    found: String,
}

impl Wanted {
    /// Looks for each by itself: LIMIT keeps the planner from joining in another way, and rows are
    /// locked in the order in which they are asked for.
    fn each(&self, select: &str, end: &str) -> String {
        let Wanted { rows, found } = self;
        format!("SELECT found.* FROM {rows}, LATERAL ({select}{found}{end}) AS found")
    }
}

/// Leaves out the rows that are nobody's data, where there are any.
fn not_guard(dialect: &dyn Dialect, kind: Kind) -> String {
    match kind == Kind::Metadata && dialect.guard_by_writing() {
        true => {
            let name = dialect.quote(kind.spec().name_column);
            format!(" WHERE {name} <> '{}'", rows::GUARD)
        }
        false => String::new(),
    }
}

/// The statement that updates a chunk of rows of one kind, where the dialect has one.
fn update_rows(dialect: &dyn Dialect, kind: Kind, rows: usize) -> Option<String> {
    let spec = kind.spec();
    if spec.shape == Shape::Version {
        return None;
    }
    let types = columns(kind);
    let type_of = |name: &str| {
        let column = types.iter().find(|column| column.name == name);
        column.map_or(ColumnType::Text, |column| column.column_type)
    };
    let names = [
        spec.body_column,
        stamp_column(kind),
        PROJECT,
        spec.name_column,
    ];
    let quoted = names.map(|name| dialect.quote(name));
    let [body, stamp, project, name] =
        std::array::from_fn(|column| (quoted[column].as_str(), type_of(names[column])));
    let update = UpdateRows {
        table: &dialect.table(spec.table),
        set: [body, stamp],
        key: [project, name],
    };
    dialect.update_rows(&update, rows)
}
