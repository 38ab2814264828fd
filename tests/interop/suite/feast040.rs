//! A database that Feast 0.40 made, before there were projects and versions.

use std::collections::BTreeSet;

use serde_json::json;

use feast_registry::{Apply, Change, Effect, Freshness, Key, Kind, Query, json};

use crate::compare::{assert_same, keys};
use crate::database::{Database, rows};
use crate::engine::Engine;
use crate::objects::{feature, feature_names, names, stored_view};
use crate::trials::trials;

trials! {
    everywhere {
        an_old_database_is_taken_over,
        objects_of_an_old_database_are_unchanged_when_they_are_applied_again,
        the_first_change_of_an_old_view_keeps_what_was_there_as_v0,
    }
}

pub(crate) const PROJECT: &str = "feast040";

/// A database with the tables and rows of Feast 0.40.
pub(crate) fn database(engine: Engine) -> Database {
    let database = Database::absent(engine);
    database.python("load_feast040.py", &[]);
    database
}

async fn an_old_database_is_taken_over(engine: Engine) {
    let database = database(engine);
    let old = database.raw();
    assert!(
        old.get("projects").is_none(),
        "Feast 0.40 had no table of projects"
    );
    let registry = database.open().await;
    assert_eq!(
        names(&registry, &Query::everywhere(Kind::Project)).await,
        [PROJECT]
    );
    let uuid = registry
        .project_metadata(PROJECT, "project_uuid")
        .await
        .unwrap();
    let uuids = old["feast_metadata"].as_array().unwrap().iter();
    let uuids: Vec<&str> = uuids
        .filter(|row| row["metadata_key"] == "project_uuid")
        .filter_map(|row| row["metadata_value"].as_str())
        .collect();
    assert_eq!(uuids, [uuid.unwrap()]);

    let mut kinds = BTreeSet::new();
    for kind in Kind::OBJECTS {
        let spec = kind.spec();
        for theirs in old[spec.table].as_array().into_iter().flatten() {
            let name = theirs[spec.name_column].as_str().unwrap();
            let key = Key::new(kind, PROJECT, name);
            let ours = registry.get(&key, Freshness::Store).await.unwrap();
            assert_same(
                name,
                &json::to_json(spec.message, &ours.body).unwrap(),
                &theirs["message"],
            );
            assert_eq!(theirs["last_updated_timestamp"], ours.stamp, "{key}");
            kinds.insert(kind);
        }
    }
    assert_eq!(kinds.len(), 8, "{kinds:?}");
}

async fn objects_of_an_old_database_are_unchanged_when_they_are_applied_again(engine: Engine) {
    let database = database(engine);
    let registry = database.open().await;
    let before = rows(&registry).await;
    for row in before
        .iter()
        .filter(|row| Kind::OBJECTS.contains(&row.key.kind))
    {
        let key = row.key.clone();
        let apply = Apply::new(
            key.kind,
            key.project.clone(),
            key.name.clone(),
            row.body.clone(),
        );
        let outcomes = registry.commit(vec![Change::Apply(apply)]).await.unwrap();
        assert_eq!(outcomes[0].effect, Effect::Unchanged, "{key}");
    }
    assert_eq!(rows(&registry).await, before);
}

async fn the_first_change_of_an_old_view_keeps_what_was_there_as_v0(engine: Engine) {
    let database = database(engine);
    let registry = database.open().await;
    let key = Key::new(Kind::FeatureView, PROJECT, "driver_stats");
    let old = registry.get(&key, Freshness::Store).await.unwrap();
    assert!(
        registry
            .list_versions(PROJECT, "driver_stats")
            .await
            .unwrap()
            .is_empty()
    );

    let mut view = stored_view(&registry, PROJECT, "driver_stats").await;
    let features = view.spec.as_ref().unwrap().features.len();
    view.spec.as_mut().unwrap().features.push(feature("added"));
    let outcome = registry.apply_object(PROJECT, &view).await.unwrap();
    assert_eq!(
        (outcome.effect, outcome.version),
        (Effect::Updated, Some(1))
    );
    let versions = registry
        .list_versions(PROJECT, "driver_stats")
        .await
        .unwrap();
    let numbers: Vec<i32> = versions.iter().map(|row| row.key.number).collect();
    assert_eq!(numbers, [0, 1]);
    assert_eq!(versions[0].body, old.body);

    // Feast of today reads what we made of it.
    let dump = database.dump();
    let reference = json!(["validation_references"]);
    let unloaded = dump["from_rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|each| &each["kind"]);
    assert_eq!(json!(unloaded.collect::<Vec<_>>()), reference);
    let versions = dump["versions"][PROJECT]["driver_stats"]
        .as_array()
        .unwrap();
    let lengths = versions
        .iter()
        .map(|each| each["view"]["spec"]["features"].as_array().unwrap().len());
    assert_eq!(lengths.collect::<Vec<_>>(), [features, features + 1]);
    assert_eq!(dump["projects"][0]["spec"]["name"], PROJECT);
    let active = stored_view(&registry, PROJECT, "driver_stats").await;
    assert_eq!(feature_names(&active).last(), Some(&"added"));
    assert_eq!(
        dump["feature_views"][PROJECT]["driver_stats"]["meta"]["currentVersionNumber"],
        1
    );

    let ours = names(&registry, &Query::new(Kind::DataSource, PROJECT)).await;
    assert_eq!(
        keys(&dump["data_sources"][PROJECT]),
        BTreeSet::from_iter(ours)
    );
}
