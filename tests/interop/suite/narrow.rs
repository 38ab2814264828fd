//! Databases of Feast 0.40 on MariaDB, whose columns for objects end at 64 KiB.

use serde_json::json;

use feast_registry::{ErrorKind, Freshness};
use feast_registry_core::doctor::examine;

use crate::command;
use crate::database::Database;
use crate::engine::Engine;
use crate::feast040::{self, PROJECT};
use crate::objects::{stored_view, view};
use crate::python;
use crate::trials::trials;

trials! {
    on_mariadb {
        narrow_columns_are_reported,
        what_does_not_fit_is_refused_and_leaves_nothing_behind,
        the_doctor_finds_them,
        an_upgrade_widens_them,
    }
}

const VIEW: &str = "large";

/// A view that needs more than 64 KiB.
fn large() -> feast_registry::proto::core::FeatureView {
    let mut large = view(VIEW, "driver");
    let spec = large.spec.get_or_insert_default();
    spec.description = "x".repeat(70_000);
    large
}

/// Our command on a database: its output, then what it says on standard error.
fn run(database: &Database, arguments: &[&str]) -> (String, String) {
    let url = database.url();
    let mut ours = command::new();
    ours.args(["--registry", &url]).args(arguments);
    let output = ours.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let said = text(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {said}");
    (text(&output.stdout), said)
}

/// What is no comment in printed SQL.
fn statements(printed: &str) -> Vec<&str> {
    let lines = printed.lines();
    lines.filter(|line| !line.starts_with("--")).collect()
}

async fn narrow_columns_are_reported(engine: Engine) {
    let database = feast040::database(engine);
    let (_, said) = run(&database, &["projects", "list"]);
    assert!(said.contains("feature_view_proto"), "{said}");
    assert!(said.contains("schema upgrade"), "{said}");
}

async fn what_does_not_fit_is_refused_and_leaves_nothing_behind(engine: Engine) {
    let database = feast040::database(engine);
    let registry = database.open().await;
    let error = registry.apply_object(PROJECT, &large()).await.unwrap_err();
    let said = error.to_string();
    assert!(said.contains("feature_view_proto"), "{said}");
    assert!(said.contains("schema upgrade"), "{said}");
    let absent = registry.get_any_view(PROJECT, VIEW, Freshness::Store).await;
    let kind = absent.unwrap_err().kind();
    assert!(matches!(kind, ErrorKind::NotFound(_)), "{kind:?}");
}

async fn the_doctor_finds_them(engine: Engine) {
    let database = feast040::database(engine);
    let registry = database.open().await;
    let store = &**registry.store();
    let planned = store.upgrade(true).await.unwrap();
    let widening = planned
        .iter()
        .filter(|one| one.contains("LONGBLOB"))
        .count();
    let found = examine(store).await.unwrap();
    let narrow = found
        .iter()
        .filter(|one| one.defect.code == "narrow-column");
    assert_eq!(narrow.count(), widening);
    assert!(widening > 0);
    store.upgrade(false).await.unwrap();
    let found = examine(store).await.unwrap();
    assert!(
        found.iter().all(|one| one.defect.code != "narrow-column"),
        "{found:?}"
    );
}

async fn an_upgrade_widens_them(engine: Engine) {
    let database = feast040::database(engine);
    let before = database.raw();
    let (planned, _) = run(&database, &["schema", "upgrade", "--dry-run"]);
    assert!(planned.contains("LONGBLOB"), "{planned}");
    let (done, _) = run(&database, &["schema", "upgrade"]);
    assert_eq!(statements(&planned), statements(&done));
    let (again, _) = run(&database, &["schema", "upgrade", "--dry-run"]);
    assert!(again.ends_with("are up to date\n"), "{again}");
    let after = database.raw();
    for (table, rows) in before.as_object().unwrap() {
        assert_eq!(rows, &after[table], "{table}");
    }

    let (_, said) = run(&database, &["projects", "list"]);
    assert!(!said.contains("schema upgrade"), "{said}");
    let registry = database.open().await;
    registry.apply_object(PROJECT, &large()).await.unwrap();
    let stored = stored_view(&registry, PROJECT, VIEW).await;
    assert_eq!(stored.spec.unwrap().description.len(), 70_000);
    let url = database.url();
    let dump = python::run("dump.py", &["--path", &url, "--project", PROJECT]);
    assert_eq!(
        dump["feature_views"][PROJECT][VIEW]["spec"]["name"],
        json!(VIEW)
    );
}
