//! The statements of both dialects, compared with `tests/golden`. `UPDATE_GOLDEN=1` writes them anew.
#![allow(clippy::unwrap_used, reason = "a test fails by panic")]

use std::path::Path;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use feast_registry_core::store::{
    Capabilities, Consistency, Decision, Lock, Range, ReadSet, Scan, Store, StoreExt, Write,
};
use feast_registry_core::{Extra, Key, Kind, Record, Shape, VersionExtra};
use feast_registry_mysql::{MariaDbDialect, MySqlDialect};
use feast_registry_sql::{
    Access, Connection, Dialect, Driver, DriverError, SqlStore, Step, StepResult, Value,
    create_statements,
};

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
        let mut seen = self.0.lock().unwrap();
        seen.extend(steps.iter().map(|step| shortened(&step.sql)));
        Ok(steps.iter().map(found).collect())
    }
}

fn found(step: &Step) -> StepResult {
    let Some((project, names)) = step.parameters.split_first() else {
        return StepResult::default();
    };
    let row = |name: &Value| {
        let body = Value::Bytes("bytes".into());
        vec![project.clone(), name.clone(), Value::Integer(1), body]
    };
    let many = step.returns_rows && names.len() > 100;
    StepResult {
        rows: names.iter().filter(|_| many).map(row).collect(),
        changed: 0,
    }
}

/// Long runs of one tuple, or of one placeholder, as one of them and their number.
fn shortened(sql: &str) -> String {
    let mut sql = sql.to_owned();
    for width in (1..=8).rev() {
        let tuple = match width {
            1 => "?, ".to_owned(),
            _ => format!("({}), ", vec!["?"; width].join(", ")),
        };
        let run = tuple.repeat(9);
        while let Some(start) = sql.find(&run) {
            let count = sql.as_bytes()[start..]
                .chunks(tuple.len())
                .take_while(|part| *part == tuple.as_bytes())
                .count();
            let end = start + count * tuple.len();
            sql.replace_range(start..end, &format!("[{count} x] {}", tuple.trim_end()));
        }
    }
    sql
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

async fn write(store: &impl Store, reads: ReadSet, writes: Vec<Write>) {
    let decide = move |_: &_, _: &_| {
        Ok(Decision::Commit {
            writes: writes.clone(),
            answer: (),
        })
    };
    store.transact_typed(reads, decide).await.unwrap();
}

/// One kind of every shape.
const KINDS: [Kind; 5] = [
    Kind::Project,
    Kind::Entity,
    Kind::FeatureView,
    Kind::Version,
    Kind::Metadata,
];

async fn statements<D: Dialect + Clone>(dialect: D) -> String {
    let seen = Arc::new(Mutex::new(create_statements(&dialect)));
    let driver = Recorder {
        dialect,
        seen: Arc::clone(&seen),
    };
    let store = SqlStore::new(driver, Capabilities::default(), false);
    for kind in KINDS {
        of_kind(&store, kind).await;
    }
    store.changes().await.unwrap();
    drop(store.snapshot(Consistency::Primary).await.unwrap());
    let lines = seen.lock().unwrap().join(";\n");
    format!("{lines};\n")
}

async fn of_kind(store: &impl Store, kind: Kind) {
    let key = record(kind, "it").key;
    store.get(&key, Consistency::Primary).await.unwrap();
    let mut scan = Scan::all(kind);
    scan.limit = 10;
    scan.after = Some(key.clone());
    store.scan(&scan, Consistency::Primary).await.unwrap();
    let mut reads = ReadSet::new();
    reads.key(key.clone(), Lock::Update);
    reads.key(record(kind, "other").key, Lock::Share);
    if kind == Kind::Version {
        reads.range(Range::last_version("p", "it"), Lock::Plain);
    }
    let mut writes = vec![Write::Insert(record(kind, "it"))];
    if kind != Kind::Version {
        writes.push(Write::Update {
            key: key.clone(),
            body: "bytes".into(),
            stamp: 2,
        });
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
    write(store, reads, writes).await;
    let many = (0..500).map(|n| Write::Insert(record(kind, &format!("n{n}"))));
    write(store, ReadSet::new(), many.collect()).await;
    if kind == Kind::Entity {
        update_many(store, kind).await;
    }
}

async fn update_many(store: &impl Store, kind: Kind) {
    let keys: Vec<Key> = (0..500)
        .map(|n| record(kind, &format!("n{n:03}")).key)
        .collect();
    let mut reads = ReadSet::new();
    for key in &keys {
        reads.key(key.clone(), Lock::Update);
    }
    let update = |key| Write::Update {
        key,
        body: "new".into(),
        stamp: 2,
    };
    write(store, reads, keys.into_iter().map(update).collect()).await;
}

async fn compare<D: Dialect + Clone>(dialect: D) {
    let name = dialect.name();
    let file = format!("{}/tests/golden/{name}.sql", env!("CARGO_MANIFEST_DIR"));
    let now = statements(dialect).await;
    if std::env::var("UPDATE_GOLDEN").is_ok() {
        std::fs::write(&file, &now).unwrap();
    }
    let golden = std::fs::read_to_string(Path::new(&file)).unwrap();
    assert!(
        golden == now,
        "the statements of {name} are not those of {file}; if they should not be, set UPDATE_GOLDEN=1"
    );
}

#[tokio::test]
async fn those_of_mysql_are_as_written() {
    compare(MySqlDialect::default()).await;
}

#[tokio::test]
async fn those_of_mariadb_are_as_written() {
    compare(MariaDbDialect::default()).await;
}
