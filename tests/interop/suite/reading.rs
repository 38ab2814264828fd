//! What Python wrote, we read.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use feast_registry::{Freshness, Key, Kind, Query, json};

use crate::compare::{assert_same, strings};
use crate::database::rows;
use crate::engine::Engine;
use crate::every_kind::{OTHER, PROJECT, bytes, every_kind};
use crate::objects::{intervals, names};
use crate::trials::trials;

trials! {
    everywhere {
        every_row_is_read_as_python_stored_it,
        lists_name_what_python_wrote,
        lists_by_tag_hold_what_has_the_tag,
        versions_metadata_and_intervals_are_those_that_python_wrote,
    }
}

/// The row of Python's dump that holds the same object.
pub(crate) fn raw_row<'a>(tables: &'a Value, key: &Key) -> &'a Value {
    let spec = key.kind.spec();
    let rows = tables[spec.table].as_array().unwrap();
    rows.iter()
        .find(|row| {
            row["project_id"] == *key.project
                && row[spec.name_column] == *key.name
                && row["version_number"].as_i64().unwrap_or(0) == i64::from(key.number)
        })
        .unwrap_or_else(|| panic!("{key} is not in {}", spec.table))
}

async fn every_row_is_read_as_python_stored_it(engine: Engine) {
    let made = every_kind(engine);
    let database = made.database();
    let registry = database.open().await;
    let ours = rows(&registry).await;

    let stored = made
        .raw
        .as_object()
        .unwrap()
        .values()
        .map(|rows| rows.as_array().unwrap().len());
    assert_eq!(ours.len(), stored.sum::<usize>());
    let kinds: BTreeSet<Kind> = ours.iter().map(|row| row.key.kind).collect();
    assert_eq!(
        kinds,
        BTreeSet::from(Kind::ALL),
        "not every kind is in the database"
    );
    for row in &ours {
        let theirs = raw_row(&made.raw, &row.key);
        let stamp = if row.key.kind == Kind::Version {
            "created_timestamp"
        } else {
            "last_updated_timestamp"
        };
        assert_eq!(theirs[stamp], row.stamp, "{}", row.key);
        let body = &theirs[row.key.kind.spec().body_column];
        match row.key.kind {
            Kind::Metadata => {
                assert_eq!(body.as_str().unwrap().as_bytes(), row.body, "{}", row.key)
            }
            _ => assert_eq!(bytes(body).unwrap(), row.body, "{}", row.key),
        }
        let user_metadata = row.user_metadata().map(|bytes| bytes.to_vec());
        assert_eq!(
            bytes(&theirs["user_metadata"]),
            user_metadata,
            "{}",
            row.key
        );
        if let Some(version) = row.version() {
            assert_eq!(
                theirs["feature_view_type"], *version.view_type,
                "{}",
                row.key
            );
            assert_eq!(theirs["version_id"], version.version_id, "{}", row.key);
            assert_eq!(theirs["description"], version.description, "{}", row.key);
        }
    }
}

async fn lists_name_what_python_wrote(engine: Engine) {
    let made = every_kind(engine);
    let database = made.database();
    let registry = database.open().await;
    for kind in Kind::OBJECTS
        .into_iter()
        .filter(|kind| *kind != Kind::Project)
    {
        let mut wanted = strings(&made.written["written"][kind.spec().table]);
        wanted.sort();
        for freshness in [Freshness::Store, Freshness::Cache] {
            let query = Query::new(kind, PROJECT).freshness(freshness);
            assert_eq!(names(&registry, &query).await, wanted, "{kind}");
        }
    }
    let mut projects = names(&registry, &Query::everywhere(Kind::Project)).await;
    projects.sort();
    assert_eq!(projects, [PROJECT, OTHER]);
    assert_eq!(
        names(&registry, &Query::new(Kind::Entity, OTHER)).await,
        ["driver"]
    );
}

async fn lists_by_tag_hold_what_has_the_tag(engine: Engine) {
    let made = every_kind(engine);
    let database = made.database();
    let registry = database.open().await;
    let tags = BTreeMap::from([("team".to_owned(), "größe".to_owned())]);
    for kind in Kind::OBJECTS
        .into_iter()
        .filter(|kind| *kind != Kind::Project)
    {
        let objects = made.dump[kind.spec().table][PROJECT].as_object().unwrap();
        let tagged = |object: &Value| {
            let tags = object.get("tags").unwrap_or(&object["spec"]["tags"]);
            tags["team"] == "größe"
        };
        let wanted: BTreeSet<&String> = objects
            .iter()
            .filter(|(_, object)| tagged(object))
            .map(|(name, _)| name)
            .collect();
        let found = names(&registry, &Query::new(kind, PROJECT).tags(tags.clone())).await;
        assert_eq!(found.iter().collect::<BTreeSet<_>>(), wanted, "{kind}");
        assert!(!wanted.is_empty(), "no {kind} has the tag");
    }
}

async fn versions_metadata_and_intervals_are_those_that_python_wrote(engine: Engine) {
    let made = every_kind(engine);
    let database = made.database();
    let registry = database.open().await;
    let written = &made.written;

    for (view, numbers) in written["versions"].as_object().unwrap() {
        let versions = registry.list_versions(PROJECT, view).await.unwrap();
        let ours: Vec<i32> = versions.iter().map(|row| row.key.number).collect();
        assert_eq!(json!(ours), *numbers, "{view}");
        for number in ours {
            let row = registry.get_version(PROJECT, view, number).await.unwrap();
            let ours = json::to_json(row.key.kind.spec().message, &row.body).unwrap();
            assert_eq!(ours["spec"]["name"], **view);
            // A label view has no place for its number.
            let wanted = if row.key.kind == Kind::LabelView {
                0
            } else {
                number
            };
            assert_eq!(
                ours["meta"]["currentVersionNumber"].as_i64().unwrap_or(0),
                i64::from(wanted)
            );
        }
    }
    for (view, wanted) in written["user_metadata"].as_object().unwrap() {
        let ours = registry.user_metadata(PROJECT, view).await.unwrap();
        assert_eq!(ours.map(|ours| ours.to_vec()), bytes(wanted), "{view}");
    }
    for (key, wanted) in written["project_metadata"].as_object().unwrap() {
        assert_eq!(
            registry
                .project_metadata(PROJECT, key)
                .await
                .unwrap()
                .as_deref(),
            wanted.as_str()
        );
    }
    let stored = registry.list_project_metadata(PROJECT).await.unwrap();
    assert_eq!(
        json!(BTreeMap::from_iter(stored)),
        made.dump["project_metadata"][PROJECT]
    );
    let infra = prost::Message::encode_to_vec(&registry.infra(PROJECT).await.unwrap());
    assert_same(
        "infra",
        &json::to_json("feast.core.Infra", &infra).unwrap(),
        &made.dump["infra"][PROJECT],
    );
    for (view, wanted) in written["intervals"].as_object().unwrap() {
        let row = registry
            .get_any_view(PROJECT, view, Freshness::Store)
            .await
            .unwrap();
        assert_eq!(json!(intervals(&row)), *wanted, "{view}");
    }
}
