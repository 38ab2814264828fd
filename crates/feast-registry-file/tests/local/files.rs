//! Where the file is, whose it is, and what is no registry.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

use feast_registry_core::store::SchemaMode;
use feast_registry_core::{ErrorKind, Registry, RegistryOptions, Store};

use crate::world::{World, at, put, text};

#[tokio::test]
async fn opening_and_reading_write_nothing() {
    let world = World::new();
    let store = world.store();
    store.initialize(SchemaMode::Auto).await.unwrap();
    let registry = Registry::open(std::sync::Arc::new(store), RegistryOptions::default());
    registry.await.unwrap().refresh().await.unwrap();
    assert_eq!(text(&at(&world.path("a/b/registry.db")), "e").await, None);
    assert_eq!(world.names(), Vec::<String>::new());
}

#[tokio::test]
async fn missing_folders_come_with_the_first_write() {
    let world = World::new();
    let store = at(&world.path("a/b/c/registry.db"));
    put(&store, "e", "x").await.unwrap();
    assert!(world.path("a/b/c/registry.db").is_file());
}

#[tokio::test]
async fn a_link_stays_and_what_it_leads_to_is_replaced() {
    let world = World::new();
    fs::create_dir(world.path("real")).unwrap();
    // The first write follows a link that leads nowhere yet.
    symlink("real/registry.db", world.path("middle")).unwrap();
    symlink("middle", world.file()).unwrap();
    for round in ["one", "two"] {
        put(&world.store(), "e", round).await.unwrap();
        assert!(fs::symlink_metadata(world.file()).unwrap().is_symlink());
        let real = at(&world.path("real/registry.db"));
        assert_eq!(text(&real, "e").await.as_deref(), Some(round));
    }
    assert_eq!(world.names(), ["middle", "real", "registry.db"]);
}

#[tokio::test]
async fn permissions_and_owner_stay() {
    let world = World::new();
    put(&world.store(), "e", "one").await.unwrap();
    for mode in [0o640, 0o666, 0o600] {
        fs::set_permissions(world.file(), fs::Permissions::from_mode(mode)).unwrap();
        let before = fs::metadata(world.file()).unwrap();
        put(&world.store(), "e", &mode.to_string()).await.unwrap();
        let after = fs::metadata(world.file()).unwrap();
        assert_eq!(after.mode() & 0o7777, mode);
        assert_eq!((after.uid(), after.gid()), (before.uid(), before.gid()));
        assert_ne!(after.ino(), before.ino());
    }
}

#[tokio::test]
async fn what_a_killed_writer_left_is_not_written_through() {
    let world = World::new();
    fs::write(world.path("precious"), "precious").unwrap();
    symlink("precious", world.path(".registry.db.tmp")).unwrap();
    put(&world.store(), "e", "x").await.unwrap();
    assert_eq!(fs::read(world.path("precious")).unwrap(), b"precious");
    assert_eq!(
        world.names(),
        [
            ".registry.db.disk",
            ".registry.db.lock",
            "precious",
            "registry.db"
        ]
    );
}

#[tokio::test]
async fn a_folder_in_its_place_is_named() {
    let world = World::new();
    fs::create_dir(world.file()).unwrap();
    let error = world.store().health().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.message().contains("registry.db"), "{error:?}");
    let error = put(&world.store(), "e", "x").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
}

#[tokio::test]
async fn a_file_among_its_folders_is_named() {
    let world = World::new();
    fs::write(world.path("file"), "").unwrap();
    let store = at(&world.path("file/registry.db"));
    for error in [
        store.health().await.err(),
        put(&store, "e", "x").await.err(),
    ] {
        assert_eq!(error.unwrap().kind(), ErrorKind::Unavailable);
    }
}

#[tokio::test]
async fn what_is_no_registry_is_refused_and_stays() {
    let world = World::new();
    put(&world.store(), "e", &"x".repeat(1_000)).await.unwrap();
    let whole = world.bytes();
    let damaged: [&[u8]; 5] = [
        b"project: rides\nregistry: data/registry.db\n",
        b"{\"entities\": []}",
        b"\xff\xff\xff\xff",
        &whole[..whole.len() / 2],
        &whole[..whole.len() - 1],
    ];
    for bytes in damaged {
        fs::write(world.file(), bytes).unwrap();
        let store = world.store();
        for error in [
            store.health().await.err(),
            put(&store, "e", "x").await.err(),
        ] {
            let error = error.unwrap();
            assert_eq!(error.kind(), ErrorKind::Corrupt);
            assert!(error.message().contains("registry.db"), "{error:?}");
            assert!(error.hint().is_some());
        }
        assert_eq!(world.bytes(), bytes);
    }
}

/// As Feast has it.
#[tokio::test]
async fn an_empty_file_is_an_empty_registry_unless_it_was_none() {
    let world = World::new();
    fs::write(world.file(), "").unwrap();
    let store = world.store();
    assert_eq!(text(&store, "e").await, None);
    put(&store, "e", "x").await.unwrap();
    fs::write(world.file(), "").unwrap();
    // Whoever comes later has not seen what was there.
    for store in [store, world.store(), world.store()] {
        for error in [
            store.health().await.err(),
            put(&store, "e", "y").await.err(),
        ] {
            assert_eq!(error.unwrap().kind(), ErrorKind::Corrupt);
        }
    }
    assert_eq!(world.bytes(), b"");
    fs::remove_file(world.file()).unwrap();
    put(&world.store(), "e", "z").await.unwrap();
    assert_eq!(text(&world.store(), "e").await.as_deref(), Some("z"));
}
