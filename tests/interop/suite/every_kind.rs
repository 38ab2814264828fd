//! The database that Python fills with objects of every kind, made once and copied for each test.

use std::sync::{LazyLock, OnceLock};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use feast_registry::{Apply, Kind};

use crate::database::{Database, rows};
use crate::engine::Engine;
use crate::python;

pub(crate) const PROJECT: &str = "every_kind";
/// The second project, with objects under names that the first one has too.
pub(crate) const OTHER: &str = "every_kind_other";

/// What Python wrote.
pub(crate) struct EveryKind {
    database: Database,
    /// What `write_every_kind.py` says that it wrote.
    pub(crate) written: Value,
    /// The tables as they are stored.
    pub(crate) raw: Value,
    /// The objects as Feast reads them.
    pub(crate) dump: Value,
}

/// The database with what Python says of it. The first caller waits for Python.
pub(crate) fn every_kind(engine: Engine) -> &'static EveryKind {
    static MADE: [OnceLock<EveryKind>; 3] = [const { OnceLock::new() }; 3];
    MADE[engine as usize].get_or_init(|| EveryKind::make(engine))
}

/// What another process of Python wrote, from the same definitions, elsewhere.
pub(crate) fn again() -> &'static Value {
    static AGAIN: LazyLock<Value> = LazyLock::new(|| {
        let database = Database::absent(Engine::Sqlite);
        let arguments = ["--path", &*database.url(), "--project", PROJECT];
        python::run_in_another_process("write_every_kind.py", &arguments)
    });
    &AGAIN
}

/// The same objects, in a registry file too.
pub(crate) async fn filled(engine: Engine) -> Database {
    let tables = every_kind(engine.tables()).database();
    if engine == engine.tables() {
        return tables;
    }
    let database = Database::absent(engine);
    let stored = rows(&tables.open().await).await;
    database.open().await.import_rows(stored).await.unwrap();
    database
}

impl EveryKind {
    fn make(engine: Engine) -> Self {
        let database = Database::absent(engine);
        let written = write(&database);
        let raw = database.raw();
        let dump = database.dump_with_functions();
        EveryKind {
            database,
            written,
            raw,
            dump,
        }
    }

    /// A copy of the database for one test.
    pub(crate) fn database(&self) -> Database {
        self.database.copy()
    }
}

fn write(database: &Database) -> Value {
    let written = database.python("write_every_kind.py", &["--project", PROJECT]);
    assert_eq!(
        written["skipped"],
        json!({}),
        "classes that were not imported"
    );
    written
}

/// One message that Feast's client would send to a registry server.
pub(crate) struct Sent {
    pub(crate) kind: Kind,
    pub(crate) project: String,
    pub(crate) name: String,
    message: Vec<u8>,
}

impl Sent {
    pub(crate) fn apply(&self) -> Apply {
        Apply::new(self.kind, &*self.project, &*self.name, self.message.clone())
    }
}

/// The messages that Feast's client would send to a registry server, in order.
pub(crate) fn sent(written: &Value) -> Vec<Sent> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let applied = written["applied"].as_array().unwrap();
    let sent = applied.iter().map(|each| Sent {
        kind: of_table(&text(&each["table"])),
        project: text(&each["project"]),
        name: text(&each["name"]),
        message: bytes(&each["message"]).unwrap(),
    });
    sent.collect()
}

fn of_table(table: &str) -> Kind {
    Kind::ALL
        .into_iter()
        .find(|kind| kind.spec().table == table)
        .unwrap()
}

/// The bytes in a value of base64 text.
pub(crate) fn bytes(value: &Value) -> Option<Vec<u8>> {
    value
        .as_str()
        .map(|text| BASE64_STANDARD.decode(text).unwrap())
}
