//! Users without rights. The superuser has them all, so these tests run as nobody where they must.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::sync::Arc;

use feast_registry_core::{ErrorKind, Store};
use feast_registry_file::{FileOptions, FileStore, LocalFile};

use crate::world::{World, put, text};

const VARIABLE: &str = "FEAST_REGISTRY_TEST_UNPRIVILEGED";
const NOBODY: u32 = 65_534;

/// Runs a test of this program again without the superuser's rights; whether this is that run.
fn unprivileged(test: &str) -> bool {
    if std::env::var_os(VARIABLE).is_some() || !rustix::process::geteuid().is_root() {
        return true;
    }
    // Where nobody may read it, whatever the folder of this program allows.
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let program = folder.path().join("test");
    fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    let output = Command::new(&program)
        .args(["--exact", test])
        .env(VARIABLE, "1")
        .current_dir(folder.path())
        .gid(NOBODY)
        .uid(NOBODY)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && said.contains("1 passed"),
        "{said}"
    );
    false
}

fn allow(path: &std::path::Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[tokio::test]
async fn a_file_or_folder_that_may_only_be_read_is_a_registry_that_may_only_be_read() {
    const NAME: &str =
        "rights::a_file_or_folder_that_may_only_be_read_is_a_registry_that_may_only_be_read";
    if !unprivileged(NAME) {
        return;
    }
    let world = World::new();
    put(&world.store(), "e", "x").await.unwrap();
    let folder = world.path("");
    for (path, mode) in [(world.file(), 0o444), (folder.clone(), 0o555)] {
        let before = fs::metadata(&path).unwrap().permissions().mode();
        allow(&path, mode);
        // In a fresh folder without the lock, too.
        let store = world.store();
        assert_eq!(text(&store, "e").await.as_deref(), Some("x"));
        let error = put(&store, "e", "y").await.unwrap_err();
        allow(&path, before);
        assert_eq!(error.kind(), ErrorKind::ReadOnly, "{error:?}");
        assert!(error.hint().unwrap().contains("folder"), "{error:?}");
        assert_eq!(text(&store, "e").await.as_deref(), Some("x"));
    }
}

#[tokio::test]
async fn a_file_that_may_not_be_read_is_not_an_empty_one() {
    const NAME: &str = "rights::a_file_that_may_not_be_read_is_not_an_empty_one";
    if !unprivileged(NAME) {
        return;
    }
    let world = World::new();
    put(&world.store(), "e", "x").await.unwrap();
    allow(&world.file(), 0o200);
    let store = world.store();
    for error in [
        store.health().await.err(),
        put(&store, "e", "y").await.err(),
    ] {
        assert_eq!(error.unwrap().kind(), ErrorKind::Unavailable);
    }
    allow(&world.file(), 0o600);
    assert_eq!(text(&store, "e").await.as_deref(), Some("x"));
}

#[tokio::test]
async fn a_writer_who_may_not_write_the_lock_file_writes_all_the_same() {
    const NAME: &str = "rights::a_writer_who_may_not_write_the_lock_file_writes_all_the_same";
    if !unprivileged(NAME) {
        return;
    }
    let world = World::new();
    put(&world.store(), "e", "x").await.unwrap();
    for lock in [".registry.db.lock", ".registry.db.disk"] {
        allow(&world.path(lock), 0o444);
    }
    put(&world.store(), "e", "y").await.unwrap();
    assert_eq!(text(&world.store(), "e").await.as_deref(), Some("y"));
    allow(&world.path(".registry.db.lock"), 0o644);
    put(&world.store(), "e", "z").await.unwrap();
    assert_eq!(text(&world.store(), "e").await.as_deref(), Some("z"));
}

#[tokio::test]
async fn what_is_beside_the_registry_may_be_read_and_written_by_whom_it_may() {
    for mode in [0o600, 0o660] {
        let world = World::new();
        fs::write(world.file(), "").unwrap();
        allow(&world.file(), mode);
        let options = FileOptions::default().with_backup_versions(1);
        let store = FileStore::new(Arc::new(LocalFile::new(world.file())), options);
        for text in ["x", "y"] {
            put(&store, "e", text).await.unwrap();
        }
        let names = world.names();
        assert_eq!(names.len(), 4, "{names:?}");
        for name in names {
            let found = fs::metadata(world.path(&name)).unwrap().permissions();
            assert_eq!(found.mode() & 0o777, mode, "{name}");
        }
    }
}
