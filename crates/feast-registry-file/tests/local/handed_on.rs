//! Contents that are handed on before they are on the disk.

use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use feast_registry_core::store::{Decision, Lock, ReadSet, View, Write};
use feast_registry_core::{Result, StoreExt, wire};
use feast_registry_file::FileStore;
use tokio::task::JoinHandle;

use crate::world::{World, increment, key, put, text, text_of};

/// Keeps everybody from putting contents on the disk, as a writer does whose disk is slow.
fn slow_disk(world: &World) -> File {
    let lock = File::open(world.path(".registry.db.disk")).unwrap();
    lock.lock().unwrap();
    lock
}

/// Puts an entity as another process would, whose store is its own.
fn other_puts(world: &World, name: &'static str, text: &'static str) -> JoinHandle<Result<()>> {
    let store = world.store();
    tokio::spawn(async move { put(&store, name, text).await })
}

/// Waits until a file has another content than this.
async fn changed(path: &Path, from: Option<&[u8]>) -> Vec<u8> {
    loop {
        if let Ok(bytes) = fs::read(path)
            && from.is_none_or(|from| *from != *bytes)
            && feast_registry_core::wire::repeated(&bytes, 1).is_ok()
        {
            return bytes;
        }
        tokio::task::yield_now().await;
    }
}

/// Has two writers hand on their contents, one on top of the other.
async fn two_wait(world: &World) -> [JoinHandle<Result<()>>; 2] {
    let next = world.path(".registry.db.next");
    let one = other_puts(world, "a", "one");
    let first = changed(&next, None).await;
    let two = other_puts(world, "b", "two");
    changed(&next, Some(&first)).await;
    [one, two]
}

async fn texts(store: &FileStore) -> [Option<String>; 3] {
    [
        text(store, "e").await,
        text(store, "a").await,
        text(store, "b").await,
    ]
}

fn some(texts: [&str; 3]) -> [Option<String>; 3] {
    texts.map(|text| Some(text.to_owned()).filter(|text| !text.is_empty()))
}

#[tokio::test(flavor = "multi_thread")]
async fn writers_share_a_sync_and_readers_see_nothing_before_it() {
    let world = World::new();
    let store = world.store();
    put(&store, "e", "before").await.unwrap();
    fs::set_permissions(world.file(), fs::Permissions::from_mode(0o600)).unwrap();
    let disk = slow_disk(&world);
    let before = world.bytes();
    let waiting = two_wait(&world).await;
    assert_eq!(texts(&store).await, some(["before", "", ""]));
    assert_eq!(world.bytes(), before);
    assert!(waiting.iter().all(|one| !one.is_finished()));
    let mode = |name: &str| fs::metadata(world.path(name)).unwrap().permissions().mode();
    assert_eq!(mode(".registry.db.next"), mode("registry.db"));
    drop(disk);
    for one in waiting {
        one.await.unwrap().unwrap();
    }
    assert_eq!(texts(&store).await, some(["before", "one", "two"]));
    assert_eq!(
        world.names(),
        [".registry.db.disk", ".registry.db.lock", "registry.db"]
    );
}

/// Feast writes back what it has read before, perhaps with changes of its own.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_handed_on_is_decided_again_where_another_program_wrote() {
    let world = World::new();
    let store = world.store();
    put(&store, "e", "before").await.unwrap();
    let disk = slow_disk(&world);
    let waiting = two_wait(&world).await;
    let mut theirs = world.bytes();
    wire::put_len(999, b"a newer Feast", &mut theirs);
    fs::write(world.file(), theirs).unwrap();
    drop(disk);
    for one in waiting {
        one.await.unwrap().unwrap();
    }
    assert_eq!(texts(&store).await, some(["before", "one", "two"]));
    let bytes = world.bytes();
    assert_eq!(wire::repeated(&bytes, 999).unwrap().len(), 1);
}

/// What was not on the disk when the machine stopped may not be whole.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_handed_on_before_the_machine_was_started_is_not_used() {
    let world = World::new();
    put(&world.store(), "e", "before").await.unwrap();
    let disk = slow_disk(&world);
    let waiting = two_wait(&world).await;
    let note = world.path(".registry.db.lock");
    let text = String::from_utf8_lossy(&fs::read(&note).unwrap()).into_owned();
    let boot = text.split(' ').next().unwrap().to_owned();
    // In place, since the file is the lock.
    let another = "x".repeat(boot.len());
    std::os::unix::fs::FileExt::write_all_at(
        &File::options().write(true).open(&note).unwrap(),
        another.as_bytes(),
        0,
    )
    .unwrap();
    fs::write(world.path(".registry.db.next"), [0; 100]).unwrap();
    drop(disk);
    for one in waiting {
        one.await.unwrap().unwrap();
    }
    assert_eq!(texts(&world.store()).await, some(["before", "one", "two"]));
}

/// A killed writer leaves the lock, and what it has handed on.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_writer_has_handed_on_is_put_on_the_disk_with_the_next() {
    let world = World::new();
    put(&world.store(), "e", "before").await.unwrap();
    let disk = slow_disk(&world);
    let next = world.path(".registry.db.next");
    let killed = other_puts(&world, "a", "one");
    let handed_on = changed(&next, None).await;
    let record = fs::read(world.path(".registry.db.lock")).unwrap();
    drop(disk);
    killed.await.unwrap().unwrap();
    // The folder as it was before, but for the registry file, which has another identity now.
    fs::write(&next, handed_on).unwrap();
    fs::write(world.path(".registry.db.lock"), record).unwrap();
    put(&world.store(), "b", "two").await.unwrap();
    assert_eq!(texts(&world.store()).await, some(["before", "one", "two"]));
    assert!(!next.exists());
}

/// A decision that writes nothing, but tells what it saw.
async fn look(store: &FileStore) -> Result<Option<String>> {
    let mut reads = ReadSet::new();
    reads.key(key("e"), Lock::Plain);
    let look = |view: &View, _: &_| {
        let found = view.key(&key("e"), Lock::Plain).flatten();
        Ok(Decision::Commit {
            writes: Vec::<Write>::new(),
            answer: found.map(text_of),
        })
    };
    store.transact_typed(reads, look).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_rests_on_what_was_handed_on_waits_for_the_disk() {
    let world = World::new();
    let store = world.store();
    put(&store, "e", "before").await.unwrap();
    for is_overwritten in [false, true] {
        let disk = slow_disk(&world);
        let before = world.bytes();
        let writes = other_puts(&world, "e", "after");
        changed(&world.path(".registry.db.next"), None).await;
        let mut looks = Box::pin(look(&store));
        // On other threads: it can only end when the disk is free.
        for _ in 0..100 {
            assert!(futures::poll!(&mut looks).is_pending());
            tokio::task::yield_now().await;
        }
        if is_overwritten {
            fs::write(world.file(), &before).unwrap();
        }
        drop(disk);
        let seen = looks.await.unwrap();
        writes.await.unwrap().unwrap();
        // Where what it saw came to nothing, it was asked again.
        let possible = [Some("after".to_owned()), Some("before".to_owned())];
        let allowed = match is_overwritten {
            true => &possible[..],
            false => &possible[..1],
        };
        assert!(allowed.contains(&seen), "{seen:?}");
        assert_eq!(text(&store, "e").await.as_deref(), Some("after"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn increments_of_many_processes_are_all_kept() {
    let world = World::new();
    let writers = (0..8).map(|_| {
        let store = world.store();
        tokio::spawn(async move {
            for _ in 0..25 {
                increment(&store, "e").await.unwrap();
            }
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap();
    }
    assert_eq!(text(&world.store(), "e").await.as_deref(), Some("200"));
}
