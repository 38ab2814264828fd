//! Registry files: Feast's own and ours, one after the other.

use std::collections::BTreeMap;

use serde_json::json;

use feast_registry::{Freshness, Kind, Record};

use crate::compare::{assert_differs_only, keys, remove};
use crate::database::{Database, rows};
use crate::engine::Engine;
use crate::every_kind::{OTHER, PROJECT, bytes, every_kind};
use crate::objects::{entity, intervals, view};
use crate::trials::trials;

trials! {
    on_files {
        feast_reads_every_kind_from_our_file_as_from_its_own_tables,
        what_only_we_know_survives_feasts_writes,
        what_feast_wrote_we_read_and_continue,
    }
}

/// What a file of Feast's has no place for, or its SQL registry: user metadata, values about a
/// project (a JSON object in place of the uuid), infrastructure of one project only.
pub(crate) const NOT_IN_BOTH: [&[&str]; 5] = [
    &["functions"],
    &["user_metadata"],
    &["project_metadata"],
    &["project_uuids"],
    &["infra", OTHER],
];

/// Feast's tables leave the project to the column, which shows in objects that it cannot load itself.
pub(crate) const DIFFERENCES: &[&str] = &[
    "/permissions/every_kind_other/permit_all/spec/project: \"every_kind_other\" | null",
    "/validation_references/every_kind/reference_größe/project: \"every_kind\" | null",
];

async fn feast_reads_every_kind_from_our_file_as_from_its_own_tables(engine: Engine) {
    let made = every_kind(Engine::Sqlite);
    let stored = rows(&made.database().open().await).await;
    let database = Database::absent(engine);
    let registry = database.open().await;
    registry.import_rows(stored.clone()).await.unwrap();
    // Also what Feast has no place for comes back, in another process too.
    let again = rows(&database.open().await).await;
    assert_eq!(again, rows(&registry).await);
    assert_eq!(beyond_messages(&again), beyond_messages(&stored));

    let mut ours = database.dump();
    let mut theirs = made.dump.clone();
    for part in NOT_IN_BOTH {
        remove(&mut ours, part);
        remove(&mut theirs, part);
    }
    let what = "what Feast reads: our file, its own tables";
    assert_differs_only(what, &ours, &theirs, DIFFERENCES);
}

/// What rows are beside their messages, whose project a table has in a column.
fn beyond_messages(rows: &[Record]) -> BTreeMap<String, String> {
    let beyond = |row: &Record| {
        let body = match row.key.kind {
            Kind::Metadata | Kind::Infra => row.body.to_vec(),
            _ => Vec::new(),
        };
        (
            format!("{:?}", row.key),
            format!("{} {:?} {body:?}", row.stamp, row.extra),
        )
    };
    rows.iter().map(beyond).collect()
}

async fn what_only_we_know_survives_feasts_writes(engine: Engine) {
    let database = Database::absent(engine);
    let registry = database.open().await;
    for project in [PROJECT, OTHER] {
        let view = view("stats", "entity");
        registry.apply_object(project, &view).await.unwrap();
        let infra = bytes(&every_kind(Engine::Sqlite).written["infra"]).unwrap();
        registry.update_infra(project, infra).await.unwrap();
        registry
            .set_user_metadata(project, "stats", format!("of {project}"))
            .await
            .unwrap();
        registry
            .set_project_metadata(project, "mine", "ja")
            .await
            .unwrap();
    }
    let before = rows(&registry).await;
    let specification = json!({"entities": [{"name": "theirs"}]});
    database.python_applies(PROJECT, &specification).unwrap();

    let after = rows(&registry).await;
    let [before, mut after] = [before, after].map(|rows| beyond_messages(&rows));
    // Only the entity is new; the bytes of messages are Feast's own now, with the same content.
    let new: Vec<String> = after
        .keys()
        .filter(|key| !before.contains_key(*key))
        .cloned()
        .collect();
    assert_eq!(new, ["Entity(every_kind/theirs)"]);
    after.remove(&new[0]);
    assert_eq!(after, before);
    // Feast keeps what tells that it built on our writes.
    assert_eq!(registry.store().undone_writes(), 0);
}

async fn what_feast_wrote_we_read_and_continue(engine: Engine) {
    let database = Database::absent(engine);
    let specification = json!({
        "entities": [{"name": "driver"}],
        "feature_views": [{"name": "stats", "entities": ["driver"]}],
    });
    database.python_applies(PROJECT, &specification).unwrap();
    let arguments = ["--project", PROJECT, "--view", "stats"];
    database.python("materialize.py", &arguments);

    let registry = database.open().await;
    let ours = entity("rider");
    registry.apply_object(PROJECT, &ours).await.unwrap();
    let [start, end] = crate::time::interval(1);
    registry
        .apply_materialization(PROJECT, "stats", start, end)
        .await
        .unwrap();
    let stored = registry.get_any_view(PROJECT, "stats", Freshness::Store);
    assert_eq!(intervals(&stored.await.unwrap()).len(), 2);
    let dump = database.dump();
    let entities = keys(&dump["entities"][PROJECT]);
    assert!(
        entities.contains("driver") && entities.contains("rider"),
        "{entities:?}"
    );
    let view = &dump["feature_views"][PROJECT]["stats"];
    let theirs = view["meta"]["materializationIntervals"].as_array();
    assert_eq!(theirs.map(Vec::len), Some(2));
    assert_eq!(keys(&dump["versions"][PROJECT]).len(), 1);
}
