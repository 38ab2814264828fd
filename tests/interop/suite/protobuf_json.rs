//! Our protobuf JSON is that of Python.

use serde_json::json;

use feast_registry::{Kind, Query, Record, json, message};

use crate::compare::{assert_same, remove};
use crate::database::rows;
use crate::engine::Engine;
use crate::every_kind::every_kind;
use crate::reading::raw_row;
use crate::trials::trials;

trials! {
    on_sqlite {
        json_is_the_same_as_that_of_python,
        json_with_the_project_differs_in_the_project_only,
        json_is_turned_back_into_the_same_object,
    }
}

/// The message in a row, by the kind that its bytes are of.
fn message_name(row: &Record) -> &'static str {
    match row.version() {
        Some(extra) => {
            Kind::from_history_type(&extra.view_type)
                .unwrap()
                .spec()
                .message
        }
        None => row.key.kind.spec().message,
    }
}

async fn json_is_the_same_as_that_of_python(engine: Engine) {
    let made = every_kind(engine);
    let database = made.database();
    let registry = database.open().await;
    for row in rows(&registry)
        .await
        .iter()
        .filter(|row| row.key.kind != Kind::Metadata)
    {
        let theirs = &raw_row(&made.raw, &row.key)["message"];
        let ours = json::to_json(message_name(row), &row.body).unwrap();
        assert_same(&row.key.to_string(), &ours, theirs);
    }
}

async fn json_with_the_project_differs_in_the_project_only(engine: Engine) {
    let made = every_kind(engine);
    let database = made.database();
    let registry = database.open().await;
    for kind in Kind::OBJECTS
        .into_iter()
        .filter(|kind| *kind != Kind::Project)
    {
        let path: &[&str] = match kind {
            Kind::DataSource | Kind::ValidationReference => &["project"],
            _ => &["spec", "project"],
        };
        for row in registry
            .list(&Query::everywhere(kind))
            .await
            .unwrap()
            .records
        {
            let body = message::with_project(&row).unwrap();
            let mut ours = json::to_json(kind.spec().message, &body).unwrap();
            assert_eq!(
                ours.pointer(&format!("/{}", path.join("/"))),
                Some(&json!(*row.key.project))
            );
            let mut theirs = raw_row(&made.raw, &row.key)["message"].clone();
            remove(&mut ours, path);
            remove(&mut theirs, path);
            assert_same(&row.key.to_string(), &ours, &theirs);
        }
    }
}

async fn json_is_turned_back_into_the_same_object(engine: Engine) {
    let database = every_kind(engine).database();
    let registry = database.open().await;
    for row in rows(&registry)
        .await
        .iter()
        .filter(|row| row.key.kind != Kind::Metadata)
    {
        let name = message_name(row);
        let value = json::to_json(name, &row.body).unwrap();
        let back = json::from_json(name, value.clone()).unwrap();
        assert_same(
            &row.key.to_string(),
            &json::to_json(name, &back).unwrap(),
            &value,
        );
    }
}
