//! A registry file of realistic size, put into a database.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use bytes::Bytes;
use serde_json::{Value, json};
use tempfile::TempDir;

use feast_registry::{Apply, Change, Effect, Kind, Outcome, Query, Record, Registry, message};

use crate::command;
use crate::compare::keys;
use crate::database::{Database, rows};
use crate::engine::Engine;
use crate::objects::names;
use crate::python;
use crate::trials::trials;

trials! {
    everywhere {
        a_registry_file_is_created_once_and_then_unchanged,
        our_command_lists_feature_views_like_that_of_feast,
    }
    on_postgres {
        the_configuration_of_the_tutorial_works_for_both,
    }
}

const PROJECT: &str = "shop";
const OBJECTS: usize = 190;

/// The rows of the file, which Feast's own file registry wrote.
static ROWS: LazyLock<Vec<Record>> = LazyLock::new(|| {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("registry.pb");
    let arguments = ["--file", &*file.to_string_lossy(), "--project", PROJECT];
    let written = python::run("make_registry.py", &arguments);
    assert_eq!(written["all"], OBJECTS);
    let content: Bytes = std::fs::read(&file).unwrap().into();
    message::split(&content, None).unwrap()
});

/// What Feast's own file registry wrote.
pub(crate) fn rows_of_feast() -> Vec<Record> {
    ROWS.clone()
}

/// Applies the objects of the file in one transaction.
async fn apply(registry: &Registry) -> Vec<Outcome> {
    let objects = ROWS
        .iter()
        .filter(|row| Kind::OBJECTS.contains(&row.key.kind));
    let mut objects: Vec<&Record> = objects.collect();
    // What others refer to comes first.
    objects.sort_by_key(|row| row.key.kind);
    let changes = objects.into_iter().map(|row| {
        let (project, name) = (row.key.project.clone(), row.key.name.clone());
        Change::Apply(Apply::new(row.key.kind, project, name, row.body.clone()))
    });
    registry.commit(changes.collect()).await.unwrap()
}

fn count(outcomes: &[Outcome], effect: Effect) -> usize {
    outcomes
        .iter()
        .filter(|outcome| outcome.effect == effect)
        .count()
}

async fn a_registry_file_is_created_once_and_then_unchanged(engine: Engine) {
    let database = Database::absent(engine);
    let registry = database.open().await;
    assert_eq!(count(&apply(&registry).await, Effect::Created), OBJECTS);
    let before = rows(&registry).await;
    assert_eq!(count(&apply(&registry).await, Effect::Unchanged), OBJECTS);
    assert_eq!(rows(&registry).await, before);

    let dump = database.dump_with_functions();
    assert_eq!(dump["from_rows"], json!([]), "what Feast could not load");
    assert_eq!(dump["functions"], json!({"loaded": 10, "failed": {}}));
    for kind in Kind::OBJECTS
        .into_iter()
        .filter(|kind| *kind != Kind::Project)
    {
        let ours = names(&registry, &Query::new(kind, PROJECT)).await;
        assert_eq!(
            keys(&dump[kind.spec().table][PROJECT]),
            BTreeSet::from_iter(ours),
            "{kind}"
        );
    }
    let views = dump["feature_views"][PROJECT].as_object().unwrap();
    for (name, view) in views {
        let intervals = view["meta"]["materializationIntervals"].as_array().unwrap();
        assert_eq!(intervals.len(), 3, "{name}");
    }
}

async fn our_command_lists_feature_views_like_that_of_feast(engine: Engine) {
    let database = Database::absent(engine);
    let registry = database.open().await;
    apply(&registry).await;
    registry.close().await.unwrap();
    std::fs::write(
        database.folder().join("feature_store.yaml"),
        configuration(&database),
    )
    .unwrap();

    let list = ["feature-views", "list"];
    let ours = table(&command::run_in(database.folder(), &list));
    let theirs = table(&python::feast(database.folder(), &list));
    assert_eq!(theirs.len(), 110, "100 feature views and 10 on demand");
    assert_eq!(ours, theirs);
}

const PAGE: &str = include_str!("../../../docs/configuration.md");

/// The first one of the page, which is that of Feast's own documentation, on this server.
async fn the_configuration_of_the_tutorial_works_for_both(engine: Engine) {
    let database = Database::absent(engine);
    let (_, yaml) = PAGE.split_once("```yaml\n").unwrap();
    let (yaml, _) = yaml.split_once("```").unwrap();
    let (_, url) = yaml.split_once("path: ").unwrap();
    let (url, _) = url.split_once('\n').unwrap();
    assert!(url.starts_with("postgresql://"), "{url}");
    let configure = |yaml: &str, here: &str| {
        let file = database.folder().join("feature_store.yaml");
        std::fs::write(file, yaml.replace(url, here)).unwrap();
    };

    configure(yaml, &database.url().replace("+psycopg", ""));
    let file = database.folder().join("driver.yaml");
    std::fs::write(&file, "kind: Entity\nspec: {name: driver, joinKey: id}\n").unwrap();
    let ours = |arguments: &[&str]| command::run_in(database.folder(), arguments);
    let applied = ours(&["apply", &file.to_string_lossy()]);
    assert!(applied.starts_with("created 1"), "{applied}");
    let list = ["entities", "list"];
    assert!(ours(&list).contains("driver"));
    let config = ours(&["config"]);
    for key in ["cache_ttl_seconds", "pool_pre_ping"] {
        assert!(config.contains(key), "{config}");
    }

    // Its extras are psycopg 3, which SQLAlchemy wants named, and not Redis.
    let stores = "online_store: redis\noffline_store: file\n";
    assert!(yaml.contains(stores), "{yaml}");
    configure(&yaml.replace(stores, ""), &database.url());
    let theirs = python::feast(database.folder(), &list);
    assert!(theirs.contains("driver"), "{theirs}");
}

/// A configuration for both. JSON is YAML.
fn configuration(database: &Database) -> String {
    let value: Value = json!({
        "project": PROJECT,
        "provider": "local",
        "registry": {"registry_type": "sql", "path": database.url()},
        "online_store": {"type": "sqlite", "path": "online_store.db"},
        "offline_store": {"type": "dask"},
        "entity_key_serialization_version": 3,
    });
    value.to_string()
}

/// The rows of a printed table, by name, as its other columns.
fn table(printed: &str) -> BTreeMap<String, Vec<String>> {
    let mut lines = printed.lines().skip_while(|line| !line.starts_with("NAME"));
    let header: Vec<&str> = lines
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .collect();
    assert_eq!(
        header,
        ["NAME", "ENTITIES", "TYPE", "ENABLED", "STATE"],
        "{printed}"
    );
    let rows = lines.filter(|line| !line.trim().is_empty()).map(|line| {
        let mut cells = line.split_whitespace().map(str::to_owned);
        (cells.next().unwrap(), cells.collect())
    });
    rows.collect()
}
