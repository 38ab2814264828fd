//! Tables that Feast has made, whose collation takes names for equal that are not.

use std::sync::Arc;

use feast_registry_core::store::{Consistency, Scan, SchemaMode, Store};
use feast_registry_core::{
    Change, Delete, Effect, ErrorKind, Freshness, Key, Kind, Query, Registry, RegistryOptions,
};
use libtest_mimic::Trial;

use crate::common::Server;
use crate::fixture::{Fixture, entity, view};

const NOT_FOUND: ErrorKind = ErrorKind::NotFound(Kind::Entity);

pub(crate) fn trials(server: &Arc<Server>) -> Vec<Trial> {
    crate::trials!(server, "names":
        in_our_tables_all_are_different,
        one_that_feasts_table_takes_for_another_is_refused,
        one_that_the_servers_own_collation_takes_for_another_is_refused,
        one_that_feasts_table_takes_for_another_is_not_found,
        in_feasts_tables_lists_are_in_the_order_of_bytes,
        tables_of_a_smaller_character_set_hold_what_they_can,
        the_history_of_a_view_is_not_that_of_one_that_looks_alike,
        one_of_hundreds_of_views_that_looks_alike_is_refused,
    )
}

/// A database whose tables are as Feast makes them where the server's default is this.
async fn like_feast(server: &Arc<Server>) -> (Fixture, Registry) {
    made_with(server, "utf8mb4 COLLATE utf8mb4_general_ci").await
}

async fn made_with(server: &Arc<Server>, characters: &str) -> (Fixture, Registry) {
    let fixture = Fixture::new(server).await;
    let store = fixture.store().await;
    store.initialize(SchemaMode::Auto).await.unwrap();
    store.close().await.unwrap();
    for kind in Kind::ALL {
        let table = kind.spec().table;
        fixture
            .sql(&format!(
                "ALTER TABLE {table} CONVERT TO CHARACTER SET {characters}"
            ))
            .await;
    }
    let store = fixture.store().await;
    assert!(!store.capabilities().case_sensitive_names);
    let registry = Registry::open(store, RegistryOptions::default());
    let registry = registry.await.unwrap();
    (fixture, registry)
}

fn key(name: &str) -> Key {
    Key::new(Kind::Entity, "p", name)
}

async fn in_our_tables_all_are_different(server: Arc<Server>) {
    let fixture = Fixture::new(&server).await;
    let registry = fixture.registry().await;
    for name in ["a", "A", "ä", "a ", " a"] {
        let outcome = registry.apply(entity(name, name)).await.unwrap();
        assert_eq!(outcome.effect, Effect::Created, "{name:?}");
    }
    let collations = "SELECT COUNT(DISTINCT COLLATION_NAME) FROM information_schema.COLUMNS \
                      WHERE TABLE_SCHEMA = DATABASE() AND COLLATION_NAME IS NOT NULL";
    assert_eq!(fixture.number(collations).await, 1);
    fixture.end().await;
}

async fn one_that_feasts_table_takes_for_another_is_refused(server: Arc<Server>) {
    refuses_what_looks_alike(like_feast(&server).await, &["Driver", "drivér", "driver "]).await;
}

/// What the server itself takes if nobody says anything: on MySQL, blanks at the end count.
async fn one_that_the_servers_own_collation_takes_for_another_is_refused(server: Arc<Server>) {
    let default = "SELECT COLLATION_NAME FROM information_schema.COLLATIONS \
                   WHERE CHARACTER_SET_NAME = 'utf8mb4' AND IS_DEFAULT = 'Yes'";
    let fixture = Fixture::new(&server).await;
    let collation = fixture.text(default).await;
    fixture.end().await;
    let made = made_with(&server, &format!("utf8mb4 COLLATE {collation}")).await;
    refuses_what_looks_alike(made, &["Driver", "drivér"]).await;
}

async fn refuses_what_looks_alike((fixture, registry): (Fixture, Registry), names: &[&str]) {
    registry.apply(entity("driver", "first")).await.unwrap();
    let stored = registry
        .get(&key("driver"), Freshness::Store)
        .await
        .unwrap();
    for name in names {
        let error = registry.apply(entity(name, "second")).await.unwrap_err();
        assert!(
            error.to_string().contains("in the way"),
            "{name:?}: {error}"
        );
    }
    let now = registry
        .get(&key("driver"), Freshness::Store)
        .await
        .unwrap();
    assert_eq!(now, stored);
    fixture.end().await;
}

async fn one_that_feasts_table_takes_for_another_is_not_found(server: Arc<Server>) {
    let (fixture, registry) = like_feast(&server).await;
    registry.apply(entity("driver", "first")).await.unwrap();
    for name in ["Driver", "drivér", "driver "] {
        let error = registry
            .get(&key(name), Freshness::Store)
            .await
            .unwrap_err();
        assert_eq!(error.kind(), NOT_FOUND, "{name:?}: {error}");
        let error = registry
            .delete(Delete::new(Kind::Entity, "p", name))
            .await
            .unwrap_err();
        assert_eq!(error.kind(), NOT_FOUND, "{name:?}: {error}");
    }
    registry
        .get(&key("driver"), Freshness::Store)
        .await
        .unwrap();
    fixture.end().await;
}

async fn in_feasts_tables_lists_are_in_the_order_of_bytes(server: Arc<Server>) {
    let (fixture, registry) = like_feast(&server).await;
    let names = ["B", "a", "c", "Ö"];
    for name in names {
        registry.apply(entity(name, "")).await.unwrap();
    }
    let query = Query::new(Kind::Entity, "p").freshness(Freshness::Store);
    let listing = registry.list(&query).await.unwrap();
    let listed: Vec<&str> = listing.records.iter().map(|row| &*row.key.name).collect();
    assert_eq!(listed, names);
    // Page by page, too.
    let store = fixture.store().await;
    let mut scan = Scan::all(Kind::Entity);
    scan.limit = 2;
    let mut paged = Vec::new();
    loop {
        let page = store.scan(&scan, Consistency::Primary).await.unwrap();
        scan.after = page.records.last().map(|row| row.key.clone());
        paged.extend(page.records.iter().map(|row| row.key.name.to_string()));
        if !page.more {
            break;
        }
    }
    assert_eq!(paged, names);
    fixture.end().await;
}

async fn the_history_of_a_view_is_not_that_of_one_that_looks_alike(server: Arc<Server>) {
    let (fixture, registry) = like_feast(&server).await;
    registry.apply(view("trips", "")).await.unwrap();
    let history = "SELECT COUNT(*) FROM feature_view_version_history WHERE feature_view_name = BINARY 'trips'";
    let before = fixture.number(history).await;
    assert_eq!(before, 1);
    // The other one is in a table of its own, but their histories share one.
    let mut other = view("Trips", "");
    other.kind = Kind::StreamFeatureView;
    let error = registry.apply(other).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
    assert!(error.to_string().contains("in the way"), "{error}");
    // Feast's own may be there all the same.
    fixture
        .sql(
            "INSERT INTO stream_feature_views SELECT 'Trips', project_id, last_updated_timestamp, \
             feature_view_proto, NULL FROM feature_views WHERE feature_view_name = 'trips'",
        )
        .await;
    let delete = Delete::new(Kind::StreamFeatureView, "p", "Trips");
    registry.delete(delete).await.unwrap();
    assert_eq!(fixture.number(history).await, before);
    fixture.end().await;
}

/// In a large batch, names of other kinds are looked for in another way first.
async fn one_of_hundreds_of_views_that_looks_alike_is_refused(server: Arc<Server>) {
    let (fixture, registry) = like_feast(&server).await;
    registry.apply(view("trips", "")).await.unwrap();
    let names = (0..300).map(|number| format!("view_{number}"));
    let changes = names.chain(["Trips".to_owned()]).map(|name| {
        let mut view = view(&name, "");
        view.kind = Kind::StreamFeatureView;
        Change::Apply(view)
    });
    let error = registry.commit(changes.collect()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
    assert!(error.to_string().contains("in the way"), "{error}");
    fixture.end().await;
}

async fn tables_of_a_smaller_character_set_hold_what_they_can(server: Arc<Server>) {
    let (fixture, registry) = made_with(&server, "latin1").await;
    for description in ["first", "größer"] {
        registry.apply(entity("größe", description)).await.unwrap();
    }
    registry.get(&key("größe"), Freshness::Store).await.unwrap();
    let error = registry
        .get(&key("日本語"), Freshness::Store)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), NOT_FOUND, "{error}");
    let error = registry.apply(entity("日本語", "")).await.unwrap_err();
    assert!(
        error.to_string().contains("CONVERT TO CHARACTER SET"),
        "{error}"
    );
    let query = Query::new(Kind::Entity, "p").freshness(Freshness::Store);
    assert_eq!(registry.list(&query).await.unwrap().records.len(), 1);
    fixture.end().await;
}
