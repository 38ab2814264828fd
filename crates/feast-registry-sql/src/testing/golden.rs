//! All statements of a dialect as one text, without a server.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;

use feast_registry_core::store::{
    Capabilities, Consistency, Decision, Lock, Range, ReadSet, Scan, Store, StoreExt, Write,
};
use feast_registry_core::{
    Error, ErrorKind, Extra, Key, Kind, Record, Result, Shape, VersionExtra,
};

use crate::{
    Access, Connection, Dialect, Driver, DriverError, SqlStore, Step, StepResult, Value,
    create_statements, log,
};

/// One kind of every shape.
const KINDS: [Kind; 5] = [
    Kind::Project,
    Kind::Entity,
    Kind::FeatureView,
    Kind::Version,
    Kind::Metadata,
];
/// How many rows stand for many: what one statement takes, by default.
const MANY: usize = 500;
/// How often something stands in a row before it is shown once.
const REPEATED: usize = 9;

/// Compares the [statements] of a dialect with those that a file holds. With `UPDATE_GOLDEN` in the
/// environment it writes them anew.
///
/// # Errors
///
/// [`ErrorKind::Internal`] that names the file if they are not the same or it cannot be read.
pub async fn compare_statements(dialect: impl Dialect, file: impl AsRef<Path>) -> Result<()> {
    let file = file.as_ref();
    let wrong =
        |what: String| Error::new(ErrorKind::Internal, format!("{}: {what}", file.display()));
    let now = statements(dialect).await?;
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(file, &now).map_err(|error| wrong(error.to_string()))?;
    }
    let golden = std::fs::read_to_string(file).map_err(|error| wrong(error.to_string()))?;
    if golden == now {
        return Ok(());
    }
    let lines = golden.lines().zip(now.lines());
    let same = lines.take_while(|(old, new)| old == new).count();
    Err(wrong(format!(
        "from line {} on the statements are others; if they should be, set UPDATE_GOLDEN=1",
        same + 1
    )))
}

/// All statements of a dialect: those that make the tables and the log of changes, what it asks its
/// server, and those that read and write rows of every shape, one and many.
///
/// # Errors
///
/// Those of a store, which has no reason for any.
pub async fn statements(dialect: impl Dialect) -> Result<String> {
    let seen = Arc::new(Mutex::new(of_server(&dialect)));
    let takes_arrays = dialect.rows_from_arrays(1, &[]).is_some();
    let driver = Recorder {
        dialect,
        seen: Arc::clone(&seen),
    };
    let store = SqlStore::new(driver, Capabilities::default(), false);
    for kind in KINDS {
        one_row(&store, kind).await?;
        write(&store, ReadSet::new(), inserts(kind)).await?;
    }
    update_many(&store, Kind::Entity).await?;
    // Elsewhere, these are the statements that have been seen.
    if !takes_arrays {
        read_many(&store, Kind::FeatureView).await?;
    }
    store.changes().await?;
    drop(store.snapshot(Consistency::Primary).await?);
    let seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(format!("{};\n", seen.join(";\n")))
}

/// Those that no row is in.
fn of_server(dialect: &dyn Dialect) -> Vec<String> {
    // The next release notes another version, and nothing else.
    let version = concat!("feast-registry ", env!("CARGO_PKG_VERSION"));
    let create = create_statements(dialect).into_iter();
    let mut statements: Vec<String> = create
        .map(|statement| statement.replace(version, "feast-registry […]"))
        .collect();
    statements.push(dialect.list_tables());
    let questions = [dialect.version_query(), dialect.clock_query()];
    statements.extend(questions.into_iter().flatten().map(str::to_owned));
    if let Some(create) = log::create(dialect, 0) {
        statements.extend(create);
        statements.extend(log::drop(dialect));
    }
    statements
}

async fn one_row(store: &impl Store, kind: Kind) -> Result<()> {
    let key = record(kind, "it").key;
    store.get(&key, Consistency::Primary).await?;
    let mut scan = Scan::all(kind);
    scan.limit = 10;
    scan.after = Some(key.clone());
    scan.name_prefix = Some("i".into());
    store.scan(&scan, Consistency::Primary).await?;
    let mut reads = ReadSet::new();
    reads.key(key.clone(), Lock::Update);
    reads.key(record(kind, "other").key, Lock::Share);
    if kind == Kind::Version {
        reads.range(Range::last_version("p", "it"), Lock::Plain);
    }
    let mut writes = vec![Write::Insert(record(kind, "it"))];
    if kind != Kind::Version {
        writes.push(update(key.clone()));
    }
    if kind.spec().shape == Shape::View {
        writes.push(Write::SetUserMetadata {
            key: key.clone(),
            user_metadata: "mine".into(),
            stamp: 2,
        });
    }
    writes.push(Write::Delete(key));
    writes.push(Write::DeleteRange(Range::project(kind, "p")));
    write(store, reads, writes).await
}

fn inserts(kind: Kind) -> Vec<Write> {
    let rows = (0..MANY).map(|n| record(kind, &format!("n{n}")));
    rows.map(Write::Insert).collect()
}

async fn update_many(store: &impl Store, kind: Kind) -> Result<()> {
    let keys: Vec<Key> = (0..MANY)
        .map(|n| record(kind, &format!("n{n:03}")).key)
        .collect();
    let mut reads = ReadSet::new();
    for key in &keys {
        reads.key(key.clone(), Lock::Update);
    }
    write(store, reads, keys.into_iter().map(update).collect()).await
}

async fn read_many(store: &impl Store, kind: Kind) -> Result<()> {
    let mut reads = ReadSet::new();
    for n in 0..MANY {
        reads.key(record(kind, &format!("n{n:03}")).key, Lock::Plain);
    }
    write(store, reads, Vec::new()).await
}

fn record(kind: Kind, name: &str) -> Record {
    let key = match kind {
        Kind::Project => Key::project("p"),
        Kind::Version => Key::version("p", name, 1),
        _ => Key::new(kind, "p", name),
    };
    let mut record = Record::new(key, "bytes", 1);
    if kind == Kind::Version {
        record.extra = Extra::Version(Box::<VersionExtra>::default());
    }
    record
}

fn update(key: Key) -> Write {
    Write::Update {
        key,
        body: "new".into(),
        stamp: 2,
    }
}

async fn write(store: &impl Store, reads: ReadSet, writes: Vec<Write>) -> Result<()> {
    let decide = move |_: &_, _: &_| {
        Ok(Decision::Commit {
            writes: writes.clone(),
            answer: (),
        })
    };
    store.transact_typed(reads, decide).await
}

/// Notes every statement, and finds only rows that are looked up by many names at once.
#[derive(Debug)]
struct Recorder<D> {
    dialect: D,
    seen: Arc<Mutex<Vec<String>>>,
}

#[async_trait]
impl<D: Dialect> Driver for Recorder<D> {
    fn dialect(&self) -> &dyn Dialect {
        &self.dialect
    }

    async fn describe(&self) -> Result<String, DriverError> {
        Ok("recorder".to_owned())
    }

    async fn acquire(&self, _: Access) -> Result<Box<dyn Connection + '_>, DriverError> {
        Ok(Box::new(Recording(&self.seen)))
    }

    async fn close(&self) -> Result<(), DriverError> {
        Ok(())
    }
}

struct Recording<'a>(&'a Mutex<Vec<String>>);

#[async_trait]
impl Connection for Recording<'_> {
    async fn run(&mut self, steps: Vec<Step>) -> Result<Vec<StepResult>, DriverError> {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.extend(steps.iter().map(|step| shortened(&step.sql)));
        Ok(steps.iter().map(result).collect())
    }
}

fn result(step: &Step) -> StepResult {
    let mut result = StepResult {
        changed: step.must_change.unwrap_or_default(),
        ..StepResult::default()
    };
    let split = step.parameters.split_first();
    if let Some((project, names)) = split.filter(|_| step.returns_rows)
        && names.len() > MANY / 2
    {
        let row = |name: &Value| {
            let body = Value::Bytes("bytes".into());
            vec![project.clone(), name.clone(), Value::Integer(1), body]
        };
        result.rows = names.iter().map(row).collect();
    }
    result
}

/// A statement with what stands in it many times, and differs at most in the numbers of its
/// parameters, once and with its number.
fn shortened(sql: &str) -> String {
    let parts: Vec<&str> = sql.split_inclusive(", ").collect();
    let mut out = String::new();
    let mut at = 0;
    while at < parts.len() {
        match run(&parts[at..]) {
            Some((width, count)) => {
                out.push_str(&format!("[{count} x] {}", parts[at..at + width].concat()));
                at += width * count;
            }
            None => {
                out.push_str(parts[at]);
                at += 1;
            }
        }
    }
    out
}

/// How many parts at the beginning repeat themselves, and how often.
fn run(parts: &[&str]) -> Option<(usize, usize)> {
    let form = |part: &str| part.replace(|letter: char| letter.is_ascii_digit(), "");
    (1..=8).find_map(|width| {
        let first: Vec<String> = parts.iter().take(width).map(|part| form(part)).collect();
        let repeated = parts.chunks_exact(width);
        let count = repeated
            .take_while(|chunk| {
                chunk
                    .iter()
                    .map(|part| form(part))
                    .eq(first.iter().cloned())
            })
            .count();
        (count >= REPEATED).then_some((width, count))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_repeated_is_shown_once() {
        let tuples = ["(?, ?)"; 12].join(", ");
        let sql = format!("INSERT VALUES {tuples} RETURNING a, b");
        let short = "INSERT VALUES (?, [11 x] ?), (?, ?) RETURNING a, b";
        assert_eq!(shortened(&sql), short);
        let numbered: Vec<String> = (1..=20).map(|n| format!("${n}")).collect();
        let sql = format!("IN (0, {})", numbered.join(", "));
        assert_eq!(shortened(&sql), "IN (0, [19 x] $1, $20)");
        assert_eq!(shortened("SELECT a, b, c"), "SELECT a, b, c");
    }
}
