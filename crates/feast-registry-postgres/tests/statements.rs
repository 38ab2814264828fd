//! The statements of the dialect, compared with `tests/golden`. `UPDATE_GOLDEN=1` writes them anew.

#![allow(clippy::unwrap_used, reason = "a test fails by panic")]

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use feast_registry_core::store::{
    Capabilities, Consistency, Decision, Lock, Range, ReadSet, Scan, Store, StoreExt, Write,
};
use feast_registry_core::{Key, Kind, Record};
use feast_registry_postgres::PostgresDialect;
use feast_registry_sql::{
    Access, Connection, Dialect, Driver, DriverError, SqlStore, Step, StepResult, Value,
    create_statements,
};

type Seen = Arc<Mutex<Vec<String>>>;

/// Notes every statement. Every row that is asked for by its key is there.
#[derive(Debug)]
struct Recorder {
    dialect: PostgresDialect,
    seen: Seen,
}

#[async_trait]
impl Driver for Recorder {
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
        Ok(steps.iter().map(result).collect())
    }
}

fn result(step: &Step) -> StepResult {
    let mut result = StepResult {
        changed: step.must_change.unwrap_or_default(),
        ..StepResult::default()
    };
    if let (true, Some((project, names))) = (step.returns_rows, step.parameters.split_first()) {
        let row = |name: &Value| {
            let body = Value::Bytes("bytes".into());
            vec![project.clone(), name.clone(), 1.into(), body]
        };
        result.rows = names.iter().map(row).collect();
    }
    result
}

/// What is repeated for many rows, once: the rest differs in the numbers of its parameters only.
fn shortened(sql: &str) -> String {
    const KEPT: usize = 600;
    match sql.char_indices().nth(2 * KEPT) {
        None => sql.to_owned(),
        Some(_) => {
            let first: String = sql.chars().take(KEPT).collect();
            let last: Vec<char> = sql.chars().rev().take(KEPT / 2).collect();
            let last: String = last.into_iter().rev().collect();
            format!("{first} […] {last}")
        }
    }
}

fn row(kind: Kind, name: &str) -> Record {
    Record::new(Key::new(kind, "p", name), "bytes", 1)
}

fn update(key: Key) -> Write {
    Write::Update {
        key,
        body: "new".into(),
        stamp: 2,
    }
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

async fn statements(dialect: PostgresDialect) -> String {
    let seen = Seen::new(Mutex::new(create_statements(&dialect)));
    seen.lock().unwrap().push(dialect.list_tables());
    let driver = Recorder {
        dialect,
        seen: Arc::clone(&seen),
    };
    let store = SqlStore::new(driver, Capabilities::default(), false);
    for kind in [Kind::FeatureView, Kind::Entity] {
        one_row(&store, kind).await;
    }
    many_rows(&store).await;
    drop(store.snapshot(Consistency::Primary).await.unwrap());
    let lines = seen.lock().unwrap().join(";\n");
    format!("{lines};\n")
}

async fn one_row(store: &impl Store, kind: Kind) {
    let key = Key::new(kind, "p", "it");
    store.get(&key, Consistency::Primary).await.unwrap();
    let mut scan = Scan::all(kind);
    scan.limit = 10;
    scan.after = Some(key.clone());
    scan.name_prefix = Some("i".into());
    store.scan(&scan, Consistency::Primary).await.unwrap();
    let mut reads = ReadSet::new();
    reads.key(key.clone(), Lock::Update);
    reads.key(Key::project("p"), Lock::Share);
    reads.range(Range::last_version("p", "it"), Lock::Plain);
    let writes = vec![
        Write::Insert(row(kind, "new")),
        update(key.clone()),
        Write::Delete(key),
        Write::DeleteRange(Range::project(kind, "p")),
    ];
    write(store, reads, writes).await;
}

async fn many_rows(store: &impl Store) {
    let names: Vec<String> = (0..500).map(|n| format!("n{n:03}")).collect();
    let mut reads = ReadSet::new();
    for name in &names {
        reads.key(Key::new(Kind::Entity, "p", &**name), Lock::Update);
    }
    let updates = names
        .iter()
        .map(|name| update(Key::new(Kind::Entity, "p", &**name)));
    write(store, reads, updates.collect()).await;
    let inserts = names
        .iter()
        .map(|name| Write::Insert(row(Kind::Entity, name)));
    write(store, ReadSet::new(), inserts.collect()).await;
}

async fn compare(name: &str, dialect: PostgresDialect) {
    let file = format!("{}/tests/golden/{name}.sql", env!("CARGO_MANIFEST_DIR"));
    let now = statements(dialect).await;
    if std::env::var("UPDATE_GOLDEN").is_ok() {
        std::fs::write(&file, &now).unwrap();
    }
    let golden = std::fs::read_to_string(&file).unwrap();
    assert!(
        golden == now,
        "the statements are not those of {file}; if they should not be, set UPDATE_GOLDEN=1"
    );
}

#[tokio::test]
async fn those_in_the_current_schema_are_as_written() {
    compare("postgres", PostgresDialect::new()).await;
}

#[tokio::test]
async fn those_in_a_named_schema_are_as_written() {
    let dialect = PostgresDialect::in_schema(Some("it's \"mine\"".to_owned()));
    compare("schema", dialect).await;
}
