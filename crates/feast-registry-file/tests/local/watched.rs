//! Readers beside writers.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use feast_registry_core::message;
use feast_registry_file::{Blob, Loaded, LocalFile, Replaced};

use crate::world::{World, put, text, text_of};

/// Reads the file itself, as anybody would.
#[tokio::test(flavor = "multi_thread")]
async fn a_reader_never_sees_anything_but_a_whole_registry() {
    let world = World::new();
    put(&world.store(), "e", "0").await.unwrap();
    let (file, done) = (world.file(), Arc::new(AtomicBool::new(false)));
    let reader = tokio::task::spawn_blocking({
        let done = Arc::clone(&done);
        move || {
            let mut looks = 0;
            let mut last = 0;
            while !done.load(Ordering::Relaxed) || looks == 0 {
                let bytes = Bytes::from(fs::read(&file).unwrap());
                let rows = message::split(&bytes, None).unwrap();
                let number: usize = text_of(&rows[0]).trim().parse().unwrap();
                assert!(number >= last, "back from {last} to {number}");
                (looks, last) = (looks + 1, number);
            }
            last
        }
    });
    for round in 1..=200_usize {
        // Of another length every time.
        let number = format!("{round}{}", " ".repeat(round * 100));
        put(&world.store(), "e", &number).await.unwrap();
    }
    done.store(true, Ordering::Relaxed);
    assert!(reader.await.unwrap() <= 200);
}

/// A clock of files does not tell a change from the one just before.
#[tokio::test]
async fn a_change_in_place_within_one_tick_of_the_clock_is_seen() {
    let world = World::new();
    let other = World::new();
    put(&world.store(), "e", "one").await.unwrap();
    put(&other.store(), "e", "two").await.unwrap();
    // The times in them may be of different lengths.
    while other.bytes().len() != world.bytes().len() {
        put(&other.store(), "e", "two").await.unwrap();
    }
    let contents = [("one", world.bytes()), ("two", other.bytes())];
    let store = world.store();
    for round in 0..200 {
        let (wanted, bytes) = &contents[round % 2];
        fs::write(world.file(), bytes).unwrap();
        assert_eq!(text(&store, "e").await.as_deref(), Some(*wanted), "{round}");
    }
}

#[tokio::test]
async fn our_own_write_is_not_read_again() {
    let world = World::new();
    put(&world.store(), "e", "one").await.unwrap();
    let (blob, bytes) = (LocalFile::new(world.file()), Bytes::from(world.bytes()));
    let Loaded::Content { mut version, .. } = blob.load(None).await.unwrap() else {
        panic!("there is no file");
    };
    for round in 0..20 {
        let replaced = blob.replace(Some(&version), bytes.clone()).await.unwrap();
        let Replaced::Done(next) = replaced else {
            panic!("somebody was faster");
        };
        let loaded = blob.load(Some(&next)).await.unwrap();
        assert!(matches!(loaded, Loaded::Unchanged), "{round}");
        version = next;
    }
}

/// With as many bytes, and before the clock of files ticks.
#[tokio::test]
async fn what_is_written_over_our_own_write_at_once_is_seen() {
    let world = World::new();
    let store = world.store();
    for round in 0..200 {
        put(&store, "e", "ours").await.unwrap();
        let mut theirs = world.bytes();
        let at = theirs.windows(4).position(|text| text == b"ours").unwrap();
        theirs[at..at + 4].copy_from_slice(b"them");
        fs::write(world.file(), theirs).unwrap();
        assert_eq!(text(&store, "e").await.as_deref(), Some("them"), "{round}");
    }
}

/// Feast empties the file before it writes it.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_being_written_in_place_is_read_when_it_is_whole() {
    let world = World::new();
    put(&world.store(), "e", "x").await.unwrap();
    let whole = world.bytes();
    let (file, done) = (world.file(), Arc::new(AtomicBool::new(false)));
    let writer = tokio::task::spawn_blocking({
        let done = Arc::clone(&done);
        move || {
            while !done.load(Ordering::Relaxed) {
                fs::write(&file, &whole).unwrap();
            }
        }
    });
    for _ in 0..30 {
        let found = text(&world.store(), "e").await;
        assert_eq!(found.as_deref(), Some("x"));
    }
    done.store(true, Ordering::Relaxed);
    writer.await.unwrap();
}
