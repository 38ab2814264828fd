//! Programs that write older copies over ours.

use std::fs;

use feast_registry_core::{Store, wire};

use crate::world::{World, put, text};

#[tokio::test]
async fn an_older_copy_over_our_write_is_noticed_once() {
    let world = World::new();
    let (mine, other) = (world.store(), world.store());
    put(&mine, "a", "x").await.unwrap();
    let older = world.bytes();
    put(&mine, "b", "x").await.unwrap();
    assert!(text(&other, "b").await.is_some());
    fs::write(world.file(), older).unwrap();
    for _ in 0..2 {
        assert_eq!(text(&mine, "b").await, None);
        assert_eq!(text(&other, "b").await, None);
        // Whoever wrote nothing has lost nothing.
        assert_eq!((mine.undone_writes(), other.undone_writes()), (1, 0));
    }
    put(&mine, "b", "again").await.unwrap();
    assert_eq!(text(&mine, "b").await.as_deref(), Some("again"));
    assert_eq!(mine.undone_writes(), 1);
}

#[tokio::test]
async fn one_that_others_have_built_on_is_noticed_too() {
    let world = World::new();
    let (mine, other) = (world.store(), world.store());
    put(&mine, "a", "x").await.unwrap();
    let older = world.bytes();
    put(&mine, "b", "x").await.unwrap();
    fs::write(world.file(), older).unwrap();
    // Has as many writes as there were before.
    put(&other, "c", "x").await.unwrap();
    assert_eq!(text(&mine, "b").await, None);
    assert_eq!(mine.undone_writes(), 1);
}

#[tokio::test]
async fn a_change_on_top_of_our_write_is_no_loss() {
    let world = World::new();
    let mine = world.store();
    put(&mine, "a", "x").await.unwrap();
    // Feast knows nothing of what we note, and keeps it.
    let mut bytes = world.bytes();
    wire::put_len(999, b"a newer Feast", &mut bytes);
    fs::write(world.file(), bytes).unwrap();
    assert_eq!(text(&mine, "a").await.as_deref(), Some("x"));
    for round in 0..100 {
        put(&world.store(), "other", &round.to_string())
            .await
            .unwrap();
    }
    assert_eq!(text(&mine, "a").await.as_deref(), Some("x"));
    assert_eq!(mine.undone_writes(), 0);
}

#[tokio::test]
async fn whoever_removes_the_registry_means_to() {
    let world = World::new();
    let mine = world.store();
    put(&mine, "a", "x").await.unwrap();
    fs::remove_file(world.file()).unwrap();
    assert_eq!(text(&mine, "a").await, None);
    put(&world.store(), "b", "x").await.unwrap();
    assert_eq!(text(&mine, "a").await, None);
    assert_eq!(mine.undone_writes(), 0);
}
