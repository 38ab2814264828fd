//! Locks that others hold.

use std::fs::File;
use std::time::Duration;

use feast_registry_core::Store;
use feast_registry_core::store::Teardown;

use crate::world::{World, put, text};

#[tokio::test]
async fn a_writer_waits_for_the_lock_of_another_process() {
    let world = World::new();
    let store = world.store();
    put(&store, "e", "before").await.unwrap();
    let lock = File::open(world.path(".registry.db.lock")).unwrap();
    lock.lock().unwrap();
    let mut write = Box::pin(put(&store, "e", "after"));
    let waits = tokio::time::timeout(Duration::from_millis(50), &mut write).await;
    assert!(waits.is_err());
    // Readers do not.
    assert_eq!(text(&store, "e").await.as_deref(), Some("before"));
    drop(lock);
    write.await.unwrap();
    assert_eq!(text(&store, "e").await.as_deref(), Some("after"));
}

#[tokio::test]
async fn a_teardown_takes_the_lock_with_it_and_harms_nobody_who_waits_for_it() {
    let world = World::new();
    let (store, other) = (world.store(), world.store());
    for round in 0..20 {
        let round = round.to_string();
        put(&store, "e", &round).await.unwrap();
        let (removed, written) =
            tokio::join!(store.teardown(Teardown::Tables), put(&other, "f", &round));
        removed.unwrap();
        written.unwrap();
        // Whichever came last.
        let found = text(&other, "f").await;
        assert!(found.is_none_or(|found| found == round));
    }
    store.teardown(Teardown::Tables).await.unwrap();
    assert_eq!(world.names(), Vec::<String>::new());
}
