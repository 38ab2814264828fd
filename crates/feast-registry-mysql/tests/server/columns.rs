//! Columns of old databases that hold less than they should, and rows that no packet holds.

use std::sync::Arc;

use feast_registry_core::{Change, ErrorKind, Freshness, Key, Kind, Store};
use feast_registry_mysql::narrow_columns;
use libtest_mimic::Trial;

use crate::common::{Server, settings};
use crate::fixture::{Fixture, entity};

pub(crate) fn trials(server: &Arc<Server>) -> Vec<Trial> {
    crate::trials!(server, "columns":
        ours_are_wide,
        a_narrow_one_is_found_refuses_what_it_does_not_hold_and_is_widened,
        a_batch_larger_than_a_packet_is_written_in_parts,
        an_object_larger_than_a_packet_is_refused,
    )
}

async fn ours_are_wide(server: Arc<Server>) {
    let fixture = Fixture::new(&server).await;
    fixture.registry().await;
    let found = narrow_columns(&settings(&fixture.url()).unwrap()).await;
    assert_eq!(found.unwrap(), vec![]);
    fixture.end().await;
}

async fn a_narrow_one_is_found_refuses_what_it_does_not_hold_and_is_widened(server: Arc<Server>) {
    let fixture = Fixture::new(&server).await;
    fixture.registry().await;
    fixture
        .sql("ALTER TABLE entities MODIFY entity_proto BLOB NOT NULL")
        .await;
    fixture
        .sql("ALTER TABLE feature_views MODIFY user_metadata BLOB")
        .await;
    let registry = fixture.registry().await;
    let large = "x".repeat(100_000);
    let error = registry.apply(entity("it", &large)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge);
    let message = error.to_string();
    assert!(message.contains("entity_proto"), "{message}");
    assert!(message.contains("schema upgrade"), "{message}");
    let narrow = narrow_columns(&settings(&fixture.url()).unwrap())
        .await
        .unwrap();
    let found: Vec<_> = narrow
        .iter()
        .map(|one| (one.table.as_str(), one.column.as_str(), one.bytes))
        .collect();
    assert_eq!(
        found,
        [
            ("entities", "entity_proto", 65_535),
            ("feature_views", "user_metadata", 65_535)
        ]
    );
    let store = fixture.store().await;
    let planned = store.upgrade(true).await.unwrap();
    for column in &narrow {
        assert!(planned.contains(&column.widen()), "{planned:?}");
    }
    let shown = narrow_columns(&settings(&fixture.url()).unwrap()).await;
    assert_eq!(shown.unwrap(), narrow, "a dry run changes nothing");
    assert_eq!(store.upgrade(false).await.unwrap(), planned);
    assert_eq!(store.upgrade(true).await.unwrap(), Vec::<String>::new());
    registry.apply(entity("it", &large)).await.unwrap();
    let narrow = narrow_columns(&settings(&fixture.url()).unwrap()).await;
    assert_eq!(narrow.unwrap(), vec![]);
    let required = "SELECT COUNT(*) FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() \
                    AND COLUMN_NAME = 'entity_proto' AND IS_NULLABLE = 'NO'";
    assert_eq!(fixture.number(required).await, 1);
    fixture.end().await;
}

async fn a_batch_larger_than_a_packet_is_written_in_parts(server: Arc<Server>) {
    let fixture = Fixture::new(&server).await;
    let registry = fixture.registry().await;
    let packet = fixture.number("SELECT @@max_allowed_packet").await;
    let rows = 600;
    let text = "x".repeat(usize::try_from(packet).unwrap() / rows * 2);
    for round in ["first", "second"] {
        let changes = (0..rows).map(|n| entity(&format!("e{n:03}"), &format!("{round} {text}")));
        let changes = changes.map(Change::Apply).collect();
        registry.commit(changes).await.unwrap();
    }
    let whole = "SELECT COUNT(*) FROM entities WHERE entity_proto LIKE '%second xxx%'";
    assert_eq!(fixture.number(whole).await, rows as u64);
    fixture.end().await;
}

async fn an_object_larger_than_a_packet_is_refused(server: Arc<Server>) {
    let fixture = Fixture::new(&server).await;
    let registry = fixture.registry().await;
    let packet = fixture.number("SELECT @@max_allowed_packet").await;
    let large = "x".repeat(usize::try_from(packet).unwrap() + 1);
    let error = registry.apply(entity("it", &large)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge, "{error}");
    let fits = "x".repeat(usize::try_from(packet).unwrap() - 32 * 1_024);
    registry.apply(entity("it", &fits)).await.unwrap();
    let key = Key::new(Kind::Entity, "p", "it");
    registry.get(&key, Freshness::Store).await.unwrap();
    fixture.end().await;
}
