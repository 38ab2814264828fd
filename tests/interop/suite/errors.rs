//! The exceptions that Feast's client makes of our errors.

use serde_json::{Value, json};

use feast_registry::{ErrorKind, Kind};

use crate::database::Database;
use crate::engine::Engine;
use crate::objects::{entity, view};
use crate::python;
use crate::served::Served;
use crate::trials::trials;

trials! {
    on_files_too {
        the_client_raises_what_feast_raises,
    }
    on_postgres {
        a_store_that_may_only_be_read_is_told_as_such,
    }
    alone {
        feast_knows_every_class_of_ours,
    }
}

/// The class of what is not there, by which clients catch it.
const NOT_FOUND: &str = "FeastObjectNotFoundException";

/// Where the class is another one, on purpose: as ours it can be caught like that of every other
/// kind, Feast's own command line does so. And what is protected is protected from everybody.
const OTHER_CLASSES: [&str; 3] = [
    "delete_permission: \"PermissionObjectNotFoundException\" | \"PermissionNotFoundException\"",
    "deleting a project that is protected: \"FeastError\" | null",
    "get_permission: \"PermissionObjectNotFoundException\" | \"PermissionNotFoundException\"",
];

async fn the_client_raises_what_feast_raises(engine: Engine) {
    let script = |database: &Database, remote: bool| {
        let arguments = ["--project", "errors"];
        if remote {
            Served::start(database).python("remote_errors.py", &arguments)
        } else {
            database.python("remote_errors.py", &arguments)
        }
    };
    let ours = script(&Database::absent(engine), true);
    let theirs = script(&Database::absent(engine.tables()), false);
    let mut found = Vec::new();
    for (call, theirs) in theirs.as_object().unwrap() {
        let ours = &ours[call];
        let may_be_caught = ours["caught_as"]
            .as_array()
            .unwrap()
            .contains(&theirs["class"]);
        if ours["class"] != theirs["class"] && !may_be_caught {
            found.push(format!("{call}: {} | {}", ours["class"], theirs["class"]));
        }
    }
    assert_eq!(found, OTHER_CLASSES);
}

async fn a_store_that_may_only_be_read_is_told_as_such(engine: Engine) {
    const PROJECT: &str = "read_only";
    let database = Database::absent(engine);
    let registry = database.open().await;
    let driver = entity("driver");
    registry.apply_object(PROJECT, &driver).await.unwrap();
    let stats = view("stats", "driver");
    registry.apply_object(PROJECT, &stats).await.unwrap();

    let option = "options=-c%20default_transaction_read_only%3Don";
    let served = Served::at(&format!("{}?{option}", database.url()));
    let raised = served.python("remote_errors.py", &["--project", PROJECT, "--read-only"]);
    let raised = raised.as_object().unwrap();
    assert_eq!(raised.len(), 8);
    for (call, raised) in raised {
        assert_eq!(
            raised["class"], "ReadOnlyRegistryException",
            "{call}: {raised}"
        );
    }
}

fn feast_knows_every_class_of_ours() {
    let missing = Kind::ALL.into_iter().map(ErrorKind::NotFound);
    let kinds: Vec<ErrorKind> = ErrorKind::ALL.into_iter().chain(missing).collect();
    let class = |kind: &ErrorKind| kind.report().feast_class.unwrap_or("FeastError");
    let message = |kind: &ErrorKind| format!("{kind:?}");
    let details =
        |kind| json!({"module": "feast.errors", "class": class(kind), "message": message(kind)});
    let details: Vec<Value> = kinds.iter().map(details).collect();
    let made = python::run(
        "error_classes.py",
        &["--details", &json!(details).to_string()],
    );
    for (kind, made) in kinds.iter().zip(made.as_array().unwrap()) {
        assert_eq!(made["class"], class(kind), "{kind:?}");
        assert_eq!(made["message"], message(kind), "{kind:?}");
        let may_be = |class: &str| {
            made["class"] == class
                || made["caught_as"]
                    .as_array()
                    .unwrap()
                    .contains(&json!(class))
        };
        assert!(may_be("FeastError"), "{made}");
        let is_missing = matches!(kind, ErrorKind::NotFound(_) | ErrorKind::Missing);
        assert_eq!(may_be(NOT_FOUND), is_missing, "{made}");
    }
}
