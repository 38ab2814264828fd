//! What is no database, may not be written, is in use or has no room: each says so, loses nothing.

#![allow(clippy::unwrap_used, reason = "a test fails by panic")]

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use feast_registry_core::{
    Apply, Error, ErrorKind, Freshness, Key, Kind, Query, Registry, RegistryOptions,
};
use feast_registry_proto::core::{Entity, EntitySpecV2};
use feast_registry_proto::prost::Message;
use feast_registry_sqlite::{JournalMode, SqliteSettings, open};

async fn registry(settings: &SqliteSettings) -> Result<Registry, Error> {
    Registry::open(Arc::new(open(settings)?), RegistryOptions::default()).await
}

fn entity(name: &str, description: &str) -> Apply {
    let spec = EntitySpecV2 {
        name: name.into(),
        description: description.into(),
        ..Default::default()
    };
    Apply::new(
        Kind::Entity,
        "p",
        name,
        Entity {
            spec: Some(spec),
            meta: None,
        }
        .encode_to_vec(),
    )
}

async fn names(registry: &Registry) -> Vec<String> {
    let listing = registry.list(&Query::new(Kind::Entity, "p")).await.unwrap();
    listing
        .records
        .iter()
        .map(|row| row.key.name.to_string())
        .collect()
}

fn refused(path: &Path) -> Error {
    open(&SqliteSettings::file(path)).map(drop).unwrap_err()
}

#[test]
fn a_protobuf_file_is_recognised_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("registry.db");
    let content = [0x1a, 1, b'1', 0x22, 2, b'i', b'd'];
    fs::write(&file, content).unwrap();
    let error = refused(&file);
    assert_eq!(error.kind(), ErrorKind::Corrupt);
    assert!(
        error
            .message()
            .contains(&format!("file:{}", file.display())),
        "{error}"
    );
    assert_eq!(fs::read(&file).unwrap(), content);
}

/// To close a file ends all locks that the process has on it, whoever took them. A process that finds no locks believes
/// itself alone and removes the write-ahead log, with which those who have the file open would go on: what they write
/// then is lost.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn opening_a_file_again_keeps_the_locks_of_who_has_it_open() {
    use std::os::unix::fs::MetadataExt as _;

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("registry.db");
    let settings = SqliteSettings::file(&file);
    let first = registry(&settings).await.unwrap();
    first.apply(entity("it", "")).await.unwrap();
    let ours = format!(":{} ", fs::metadata(&file).unwrap().ino());
    let locks = || {
        let all = fs::read_to_string("/proc/locks").unwrap();
        all.lines().filter(|lock| lock.contains(&ours)).count()
    };
    assert_eq!(locks(), 1);
    registry(&settings).await.unwrap().close().await.unwrap();
    assert_eq!(locks(), 1);
}

#[test]
fn a_folder_is_not_a_database() {
    let folder = tempfile::tempdir().unwrap();
    let error = refused(folder.path());
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.message().contains("is a folder"), "{error}");
}

#[test]
fn a_missing_folder_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let error = refused(&folder.path().join("no/such/registry.db"));
    assert!(error.message().contains("does not exist"), "{error}");
}

#[tokio::test]
async fn a_damaged_database_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("registry.db");
    let registry = registry(&SqliteSettings::file(&file)).await.unwrap();
    registry.apply(entity("driver", "")).await.unwrap();
    registry.close().await.unwrap();
    let mut bytes = fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes.truncate(middle);
    bytes[100..middle.min(4096)].fill(0xff);
    fs::write(&file, bytes).unwrap();

    let error = self::registry(&SqliteSettings::file(&file))
        .await
        .map(drop)
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt, "{error:?}");
}

#[tokio::test]
async fn one_undecodable_row_is_reported_and_the_others_are_listed() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("registry.db");
    let registry = registry(&SqliteSettings::file(&file)).await.unwrap();
    for name in ["a", "b", "c"] {
        registry.apply(entity(name, "")).await.unwrap();
    }
    let raw = rusqlite::Connection::open(&file).unwrap();
    raw.execute(
        "UPDATE entities SET entity_proto = x'0affffffff' WHERE entity_name = 'b'",
        [],
    )
    .unwrap();
    raw.execute(
        "UPDATE entities SET last_updated_timestamp = 'soon' WHERE entity_name = 'c'",
        [],
    )
    .unwrap();

    let listing = registry.list(&Query::new(Kind::Entity, "p")).await.unwrap();
    assert_eq!(names(&registry).await, ["a", "c"]);
    assert_eq!(listing.skipped.len(), 1);
    assert_eq!(&*listing.skipped[0].key.name, "b");
    let error = registry
        .get_object::<Entity>("p", "b", Freshness::Store)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt);
    assert!(error.message().contains("entity `b`"), "{error}");
    let error = registry.apply(entity("b", "mended")).await.unwrap_err();
    assert_eq!(
        error.kind(),
        ErrorKind::Corrupt,
        "an apply must not overwrite what it cannot read"
    );
}

#[tokio::test]
async fn a_database_that_another_process_holds_gives_a_clear_error_and_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("registry.db");
    let mut settings = SqliteSettings::file(&file);
    settings.busy_timeout = Duration::from_millis(1);
    let registry = registry(&settings).await.unwrap();
    registry.apply(entity("before", "")).await.unwrap();

    let other = rusqlite::Connection::open(&file).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let error = registry.apply(entity("during", "")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Contention);
    assert_eq!(
        names(&registry).await,
        ["before"],
        "readers do not wait for a writer"
    );

    other.execute_batch("COMMIT").unwrap();
    registry.apply(entity("during", "")).await.unwrap();
    assert_eq!(names(&registry).await, ["before", "during"]);
}

#[tokio::test]
async fn a_database_opened_for_reading_only_refuses_writes() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("registry.db");
    let mut settings = SqliteSettings::file(&file);
    settings.journal_mode = JournalMode::Delete;
    let writable = registry(&settings).await.unwrap();
    writable.apply(entity("driver", "")).await.unwrap();
    writable.close().await.unwrap();
    // An administrator may write any file, so a trigger stands in for missing permissions.
    let raw = rusqlite::Connection::open(&file).unwrap();
    raw.execute_batch(
        "CREATE TRIGGER refuse BEFORE INSERT ON entities BEGIN SELECT RAISE(ABORT, 'not allowed'); END",
    )
    .unwrap();

    let registry = registry(&settings).await.unwrap();
    registry.apply(entity("customer", "")).await.unwrap_err();
    assert_eq!(names(&registry).await, ["driver"]);
    let metadata = registry
        .store()
        .get(&Key::new(Kind::Entity, "p", "customer"), Default::default())
        .await
        .unwrap();
    assert!(metadata.is_none(), "a failed write leaves nothing behind");
}

#[tokio::test]
async fn the_journal_mode_of_the_file_is_what_was_asked_for() {
    for (mode, name) in [(JournalMode::Wal, "wal"), (JournalMode::Delete, "delete")] {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("registry.db");
        let mut settings = SqliteSettings::file(&file);
        settings.journal_mode = mode;
        let registry = registry(&settings).await.unwrap();
        registry.apply(entity("driver", "")).await.unwrap();
        let raw = rusqlite::Connection::open(&file).unwrap();
        let found: String = raw
            .pragma_query_value(None, "journal_mode", |row| row.get(0))
            .unwrap();
        assert_eq!(found, name);
    }
}

/// Names the folder of 1 MiB in which this test runs itself again.
const FULL_DISK: &str = "FEAST_REGISTRY_TEST_FULL_DISK";

/// A full disk needs a file system of its own, and that a name space of its own.
#[tokio::test]
async fn a_full_disk_gives_a_clear_error_and_loses_nothing() {
    if let Some(folder) = std::env::var_os(FULL_DISK) {
        return fill(Path::new(&folder)).await;
    }
    let folder = tempfile::tempdir().unwrap();
    let script = "mount -t tmpfs -o size=1m tmpfs \"$1\" && exec \"$2\" --exact \
                  a_full_disk_gives_a_clear_error_and_loses_nothing --nocapture";
    let output = std::process::Command::new("unshare")
        .args(["--map-root-user", "--mount", "sh", "-c", script, "sh"])
        .args([folder.path(), &std::env::current_exe().unwrap()])
        .env(FULL_DISK, folder.path())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

async fn fill(folder: &Path) {
    let settings = SqliteSettings::file(folder.join("registry.db"));
    let full = registry(&settings).await.unwrap();
    let mut acknowledged = Vec::new();
    let error = loop {
        let name = format!("e{:03}", acknowledged.len());
        match full.apply(entity(&name, &"x".repeat(20_000))).await {
            Ok(_) => acknowledged.push(name),
            Err(error) => break error,
        }
        assert!(acknowledged.len() < 100, "the disk is never full");
    };
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error:?}");
    assert!(
        error.hint().is_some_and(|hint| hint.contains("room")),
        "{error:?}"
    );
    assert_eq!(names(&full).await, acknowledged);
    full.close().await.unwrap();
    assert_eq!(
        names(&registry(&settings).await.unwrap()).await,
        acknowledged
    );
}
