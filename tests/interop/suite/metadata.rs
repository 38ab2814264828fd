//! Project rows and the metadata of projects.

use serde_json::{Value, json};

use feast_registry::backend::StoreOptions;
use feast_registry::url::RegistryUrl;
use feast_registry::{Registry, RegistryOptions};

use crate::database::Database;
use crate::engine::Engine;
use crate::objects::entity;
use crate::trials::trials;

trials! {
    everywhere {
        the_identity_of_a_project_that_we_made_is_feasts_too,
        the_identity_of_a_project_that_feast_made_stays,
        with_purge_neither_side_writes_metadata_of_its_own,
    }
}

const PROJECT: &str = "identity";

fn uuid_row(raw: &Value) -> Option<&Value> {
    let rows = raw["feast_metadata"].as_array().unwrap();
    rows.iter()
        .find(|row| row["project_id"] == PROJECT && row["metadata_key"] == "project_uuid")
}

fn feast_applies_an_entity(database: &Database, name: &str) {
    let specification = json!({"entities": [{"name": name}]});
    database.python_applies(PROJECT, &specification).unwrap();
}

async fn the_identity_of_a_project_that_we_made_is_feasts_too(engine: Engine) {
    let database = Database::absent(engine);
    let registry = database.open().await;
    registry
        .apply_object(PROJECT, &entity("ours"))
        .await
        .unwrap();
    let raw = database.raw();
    let uuid = uuid_row(&raw).unwrap();
    assert_eq!(uuid["metadata_value"].as_str().unwrap().len(), 36);

    assert_eq!(
        database.dump()["project_uuids"][PROJECT],
        json!([uuid["metadata_value"]])
    );
    feast_applies_an_entity(&database, "theirs");
    registry
        .apply_object(PROJECT, &entity("ours_again"))
        .await
        .unwrap();
    assert_eq!(
        uuid_row(&database.raw()),
        Some(uuid),
        "the row is never written again"
    );
}

async fn the_identity_of_a_project_that_feast_made_stays(engine: Engine) {
    let database = Database::absent(engine);
    feast_applies_an_entity(&database, "theirs");
    let raw = database.raw();
    let registry = database.open().await;
    registry
        .apply_object(PROJECT, &entity("ours"))
        .await
        .unwrap();
    let after = database.raw();
    assert_eq!(uuid_row(&after), uuid_row(&raw));
    assert_eq!(
        after["projects"], raw["projects"],
        "an object is no change of its project"
    );
    let listed = registry.list_project_metadata(PROJECT).await.unwrap();
    let keys: Vec<&str> = listed.iter().map(|(key, _)| key.as_str()).collect();
    assert_eq!(keys, ["last_updated_timestamp", "project_uuid"]);
}

async fn open_purging(database: &Database) -> Registry {
    let options = StoreOptions::new(RegistryUrl::parse(&database.url()).unwrap());
    let store = feast_registry::backends().open(&options).await.unwrap();
    let mut options = RegistryOptions::default();
    options.settings.purge_feast_metadata = true;
    Registry::open(store, options).await.unwrap()
}

async fn with_purge_neither_side_writes_metadata_of_its_own(engine: Engine) {
    let database = Database::absent(engine);
    let registry = open_purging(&database).await;
    registry
        .apply_object(PROJECT, &entity("ours"))
        .await
        .unwrap();
    let purging = ["--project", PROJECT, "--purge"];
    database.python(
        "apply_objects.py",
        &[&purging[..], &["--views", "1"]].concat(),
    );
    registry
        .apply_object(PROJECT, &entity("ours_again"))
        .await
        .unwrap();
    assert_eq!(database.raw()["feast_metadata"], json!([]));

    registry
        .set_project_metadata(PROJECT, "note", "kept")
        .await
        .unwrap();
    database.python(
        "apply_objects.py",
        &[&purging[..], &["--prefix", "more_"]].concat(),
    );
    let raw = database.raw();
    let rows = raw["feast_metadata"].as_array().unwrap();
    let rows: Vec<_> = rows
        .iter()
        .map(|row| (&row["metadata_key"], &row["metadata_value"]))
        .collect();
    assert_eq!(json!(rows), json!([["note", "kept"]]));

    // Feast without the setting makes an identity, which we leave alone.
    let uuids = database.dump()["project_uuids"][PROJECT].clone();
    registry
        .apply_object(PROJECT, &entity("ours_at_last"))
        .await
        .unwrap();
    let raw = database.raw();
    assert_eq!(json!([uuid_row(&raw).unwrap()["metadata_value"]]), uuids);
    assert_eq!(raw["feast_metadata"].as_array().unwrap().len(), 2);
}
