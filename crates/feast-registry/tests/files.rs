//! Which file a path names, and what is in it.

#![cfg(all(feature = "file", feature = "sqlite"))]
#![allow(clippy::unwrap_used, reason = "what is not as expected fails the test")]

use feast_registry::proto::core::{Entity, EntitySpecV2};
use feast_registry::{Freshness, Registry, open_url};

async fn apply(registry: &Registry, name: &str) {
    let spec = EntitySpecV2 {
        name: name.to_owned(),
        join_key: "id".to_owned(),
        ..Default::default()
    };
    let entity = Entity {
        spec: Some(spec),
        meta: None,
    };
    registry.apply_object("rides", &entity).await.unwrap();
}

async fn has(registry: &Registry, name: &str) -> bool {
    let found: Result<Entity, _> = registry.get_object("rides", name, Freshness::Store).await;
    found.is_ok()
}

#[tokio::test]
async fn a_path_and_a_file_url_are_the_same_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data/registry.db");
    let path = path.to_str().unwrap();
    let registry = open_url(path).await.unwrap();
    apply(&registry, "driver").await;
    for url in [format!("file:{path}"), format!("file://{path}")] {
        let same = open_url(&url).await.unwrap();
        assert!(has(&same, "driver").await, "{url}");
    }
    // It is Feast's message.
    let rows = feast_registry::message::split(&std::fs::read(path).unwrap().into(), None);
    assert!(rows.unwrap().iter().any(|row| &*row.key.name == "driver"));
}

#[tokio::test]
async fn a_database_under_a_path_is_opened_as_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("registry.db");
    let path = path.to_str().unwrap();
    let database = open_url(&format!("sqlite:///{path}")).await.unwrap();
    apply(&database, "driver").await;
    database.close().await.unwrap();
    let registry = open_url(path).await.unwrap();
    assert!(has(&registry, "driver").await);
    assert!(
        registry
            .store()
            .describe()
            .await
            .unwrap()
            .contains("SQLite")
    );
}
