//! Earlier versions beside the file.

use std::fs;
use std::sync::Arc;

use feast_registry_core::Store;
use feast_registry_file::{FileOptions, FileStore, LocalFile};

use crate::world::{World, put, text};

fn keeping(world: &World, versions: u32) -> FileStore {
    let options = FileOptions::default().with_backup_versions(versions);
    FileStore::new(Arc::new(LocalFile::new(world.file())), options)
}

async fn names(store: &FileStore) -> Vec<String> {
    let backups = store.backups().unwrap().list().await.unwrap();
    backups.into_iter().map(|backup| backup.name).collect()
}

#[tokio::test]
async fn the_last_versions_are_kept_and_no_more() {
    let world = World::new();
    let store = keeping(&world, 3);
    for round in 0..6 {
        put(&store, "e", &round.to_string()).await.unwrap();
    }
    let names = names(&store).await;
    assert_eq!(names.len(), 3);
    for (age, name) in names.iter().enumerate() {
        let path = world.path(&format!("registry.db.{name}"));
        let backup = crate::world::at(&path);
        let wanted = (4 - age).to_string();
        assert_eq!(text(&backup, "e").await, Some(wanted));
    }
    assert_eq!(world.names().len(), 6, "{:?}", world.names());
}

#[tokio::test]
async fn a_restored_version_is_a_write_like_any_other() {
    let world = World::new();
    let (store, other) = (keeping(&world, 2), world.store());
    for round in ["one", "two"] {
        put(&store, "e", round).await.unwrap();
    }
    put(&other, "f", "x").await.unwrap();
    let newest = names(&store).await.remove(0);
    store.backups().unwrap().restore(&newest).await.unwrap();
    assert_eq!(text(&store, "e").await.as_deref(), Some("one"));
    assert_eq!(text(&other, "f").await, None);
    // Nobody takes it for an accident.
    assert_eq!((store.undone_writes(), other.undone_writes()), (0, 0));
    // What it took the place of is kept.
    let newest = names(&store).await.remove(0);
    store.backups().unwrap().restore(&newest).await.unwrap();
    assert_eq!(text(&store, "f").await.as_deref(), Some("x"));
}

#[tokio::test]
async fn a_damaged_file_can_be_restored() {
    let world = World::new();
    let store = keeping(&world, 2);
    for round in ["one", "two"] {
        put(&store, "e", round).await.unwrap();
    }
    fs::write(world.file(), b"\xff\xff").unwrap();
    assert!(store.health().await.is_err());
    let newest = names(&store).await.remove(0);
    store.backups().unwrap().restore(&newest).await.unwrap();
    assert_eq!(text(&store, "e").await.as_deref(), Some("one"));
    let aside = fs::read(world.path("registry.db.unreadable")).unwrap();
    assert_eq!(aside, b"\xff\xff");
}

#[tokio::test]
async fn nothing_takes_the_place_of_a_version() {
    let world = World::new();
    let store = keeping(&world, 2);
    for round in ["one", "two", "three"] {
        put(&store, "e", round).await.unwrap();
    }
    let kept = names(&store).await;
    // Cut off by whatever was writing it.
    fs::write(world.file(), b"").unwrap();
    store.backups().unwrap().restore(&kept[0]).await.unwrap();
    assert_eq!(text(&store, "e").await.as_deref(), Some("two"));
    assert_eq!(names(&store).await, kept);
}

#[tokio::test]
async fn a_damaged_backup_does_not_hide_the_others() {
    let world = World::new();
    let store = keeping(&world, 2);
    for round in ["one", "two", "three"] {
        put(&store, "e", round).await.unwrap();
    }
    let kept = names(&store).await;
    fs::write(world.path(&format!("registry.db.{}", kept[0])), b"\xff").unwrap();
    assert_eq!(names(&store).await, kept[1..]);
    fs::write(world.path(&format!("registry.db.{}", kept[1])), b"\xff").unwrap();
    assert!(store.backups().unwrap().list().await.is_err());
}

#[tokio::test]
async fn without_the_setting_there_are_none() {
    let world = World::new();
    let store = world.store();
    put(&store, "e", "one").await.unwrap();
    put(&store, "e", "two").await.unwrap();
    assert!(store.backups().is_none());
    assert_eq!(
        world.names(),
        [".registry.db.disk", ".registry.db.lock", "registry.db"]
    );
}
