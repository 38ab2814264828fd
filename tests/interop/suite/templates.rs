//! What `feast init` and `feast apply` make.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::LazyLock;

use bytes::Bytes;
use serde_json::{Value, json};
use tempfile::TempDir;

use feast_registry::{Apply, Change, Effect, Key, Kind, Record, Registry, message};
use feast_registry_core::wire::{self, Patch};

use crate::compare::{assert_same, keys, remove, remove_everywhere};
use crate::database::{Database, rows};
use crate::engine::Engine;
use crate::files::NOT_IN_BOTH;
use crate::python;
use crate::served::Served;
use crate::trials::{Ground, trials};
use crate::writing::leave_out_stamps;

trials! {
    on_sqlite {
        objects_of_a_template_are_read_and_unchanged,
        file_and_database_of_a_template_hold_the_same_objects,
    }
    on_files_too {
        what_a_template_applies_through_the_server_is_what_it_applies_beside_it,
    }
}

/// The templates to test. The others that `feast init` knows need a library or an account that the suite has not.
const TEMPLATES: [&str; 7] = [
    "local",
    "minimal",
    "milvus",
    "pytorch_nlp",
    "cassandra",
    "hazelcast",
    "hbase",
];

/// What a template left.
struct Template {
    project: String,
    /// The database of its SQL registry.
    database: Vec<u8>,
    /// The file of its file registry.
    file: Bytes,
    /// The SQL registry as Feast reads it.
    dump: Value,
    /// What it applied through our servers, as Feast reads it.
    through: BTreeMap<Engine, Value>,
}

/// The templates, made once.
static MADE: LazyLock<Vec<Template>> = LazyLock::new(|| {
    let folder = TempDir::new().unwrap();
    let out = folder.path().display().to_string();
    let wanted = TEMPLATES.join(",");
    let mut arguments = vec!["--out", &out, "--templates", &wanted];
    let through: Vec<Through> = engines().map(Through::start).collect();
    for each in &through {
        arguments.extend(["--remote", &each.remote]);
    }
    let answer = python::run("templates.py", &arguments);
    assert_eq!(answer["failed"], json!([]), "{answer}");
    let through: Vec<_> = through.into_iter().map(Through::stop).collect();
    let made = TEMPLATES
        .iter()
        .map(|name| Template::read(&answer["templates"][name], &through));
    made.collect()
});

/// Those that are there.
fn engines() -> impl Iterator<Item = Engine> {
    let all = Engine::ALL.into_iter().chain([Engine::File]);
    all.filter(|engine| engine.missing().is_none())
}

/// A server that templates are applied through.
struct Through {
    engine: Engine,
    database: Database,
    served: Served,
    /// Its name and address.
    remote: String,
}

impl Through {
    fn start(engine: Engine) -> Self {
        let database = Database::absent(engine);
        let served = Served::start(&database);
        let remote = format!("{}={}", engine.name(), served.address());
        Through {
            engine,
            database,
            served,
            remote,
        }
    }

    /// What is there in the end.
    fn stop(self) -> (Engine, Value) {
        assert!(self.served.stop());
        (self.engine, self.database.dump())
    }
}

/// What a dump says of one project.
fn of_project(dump: &Value, project: &str) -> Value {
    let mut dump = dump.clone();
    for part in dump.as_object_mut().unwrap().values_mut() {
        match part {
            Value::Array(items) => items.retain(|item| {
                [&item["project"], &item["spec"]["name"]].contains(&&json!(project))
            }),
            Value::Object(projects) => projects.retain(|name, _| name == project),
            _ => {}
        }
    }
    dump
}

impl Template {
    fn read(answer: &Value, through: &[(Engine, Value)]) -> Self {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let url = text(&answer["sql"]["path"]);
        let file = Path::new(url.strip_prefix("sqlite:///").unwrap());
        let project = text(&answer["project"]);
        let through = through
            .iter()
            .map(|(engine, dump)| (*engine, of_project(dump, &project)));
        Template {
            through: through.collect(),
            project,
            database: std::fs::read(file).unwrap(),
            file: std::fs::read(text(&answer["file"]["path"])).unwrap().into(),
            dump: python::run(
                "dump.py",
                &["--path", &url, "--project", &text(&answer["project"])],
            ),
        }
    }
}

async fn objects_of_a_template_are_read_and_unchanged(_: Engine) {
    for template in MADE.iter() {
        let database = Database::holding(&template.database);
        let registry = database.open().await;
        let stored = rows(&registry).await;
        for kind in Kind::OBJECTS
            .into_iter()
            .filter(|kind| *kind != Kind::Project)
        {
            let ours = stored.iter().filter(|row| row.key.kind == kind);
            let ours: BTreeSet<String> = ours.map(|row| row.key.name.to_string()).collect();
            let theirs = keys(&template.dump[kind.spec().table][&template.project]);
            assert_eq!(ours, theirs, "{kind} of {}", template.project);
        }
        assert_eq!(
            apply(&registry, &stored).await,
            BTreeMap::new(),
            "{}",
            template.project
        );
        assert_eq!(rows(&registry).await, stored, "{}", template.project);
    }
}

async fn what_a_template_applies_through_the_server_is_what_it_applies_beside_it(engine: Engine) {
    for template in MADE.iter() {
        let (mut through, mut beside) = (template.through[&engine].clone(), template.dump.clone());
        for dump in [&mut through, &mut beside] {
            if engine == Engine::File {
                NOT_IN_BOTH.iter().for_each(|part| remove(dump, part));
                // The infrastructure of all templates is in the one place that Feast has for it.
                remove(dump, &["infra"]);
            }
            leave_out_stamps(dump);
            remove_everywhere(dump, &["createdTimestamp", "lastUpdatedTimestamp"]);
            // Functions are pickled anew by every process, versions have identities.
            remove_everywhere(
                dump,
                &["body", "bodyText", "user_defined_function", "versionId"],
            );
        }
        assert_same(&template.project, &through, &beside);
    }
}

async fn file_and_database_of_a_template_hold_the_same_objects(_: Engine) {
    for template in MADE.iter() {
        let database = Database::holding(&template.database);
        let registry = database.open().await;
        let stored = rows(&registry).await;
        let of_file = message::split(&template.file, Some(&template.project)).unwrap();
        let keys = |rows: &[Record]| {
            // An empty infrastructure says nothing: we leave it out of files.
            let said = |row: &&Record| row.key.kind != Kind::Infra || !row.body.is_empty();
            let rows = rows
                .iter()
                .filter(|row| row.key.kind != Kind::Metadata)
                .filter(said);
            rows.map(|row| row.key.clone()).collect::<BTreeSet<Key>>()
        };
        assert_eq!(keys(&of_file), keys(&stored), "{}", template.project);
        let of_file: Vec<Record> = of_file.into_iter().map(without_class).collect();
        assert_eq!(
            apply(&registry, &of_file).await,
            BTreeMap::new(),
            "{}",
            template.project
        );
    }
}

/// In files, Feast notes the Python class of every source; in databases of a few only.
fn without_class(mut row: Record) -> Record {
    const CLASS: &[u32] = &[17];
    if row.key.kind == Kind::DataSource {
        let class = wire::string(&row.body, CLASS).unwrap().unwrap_or_default();
        assert!(class.starts_with("feast."), "{}: {class}", row.key);
        row.body = Patch::default()
            .clear(CLASS)
            .apply(&row.body)
            .unwrap()
            .into();
    }
    row
}

/// Applies the objects among these rows; what was not unchanged.
async fn apply(registry: &Registry, rows: &[Record]) -> BTreeMap<Key, Effect> {
    let objects = rows
        .iter()
        .filter(|row| Kind::OBJECTS.contains(&row.key.kind));
    let changes = objects.map(|row| {
        let key = &row.key;
        let (project, name) = (key.project.clone(), key.name.clone());
        Change::Apply(Apply::new(key.kind, project, name, row.body.clone()))
    });
    let outcomes = registry.commit(changes.collect()).await.unwrap();
    let changed = outcomes
        .into_iter()
        .filter(|outcome| outcome.effect != Effect::Unchanged);
    changed
        .map(|outcome| (outcome.key, outcome.effect))
        .collect()
}
