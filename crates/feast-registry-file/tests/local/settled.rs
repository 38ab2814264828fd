//! Answers that rest on what another writer has put there, which may not be on the disk yet.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use feast_registry_core::store::{Decision, ReadSet};
use feast_registry_core::{Error, ErrorKind, Result, StoreExt};
use feast_registry_file::{Blob, Loaded, LocalFile, Replaced, Version};

use crate::world::{World, on, put};

/// A file whose first put comes to nothing.
#[derive(Debug)]
struct Stubborn {
    file: LocalFile,
    first_put: fn() -> Result<Replaced>,
    puts: AtomicU32,
    settle: fn() -> Result<bool>,
    settled: AtomicU32,
}

#[async_trait]
impl Blob for Stubborn {
    fn describe(&self) -> String {
        self.file.describe()
    }

    async fn load(&self, known: Option<&Version>) -> Result<Loaded> {
        self.file.load(known).await
    }

    async fn replace(&self, expected: Option<&Version>, bytes: Bytes) -> Result<Replaced> {
        match self.puts.fetch_add(1, Ordering::SeqCst) {
            0 => (self.first_put)(),
            _ => self.file.replace(expected, bytes).await,
        }
    }

    async fn settle(&self, _: &Version) -> Result<bool> {
        self.settled.fetch_add(1, Ordering::SeqCst);
        (self.settle)()
    }

    async fn delete(&self) -> Result<()> {
        self.file.delete().await
    }

    fn beside(&self, suffix: &str) -> Arc<dyn Blob> {
        self.file.beside(suffix)
    }
}

fn broken() -> Error {
    Error::new(ErrorKind::Unavailable, "the disk is broken")
}

/// What becomes of a decision that writes nothing, and stands before one whose put comes to nothing;
/// and how often what it rests on was settled.
async fn writes_nothing(
    first_put: fn() -> Result<Replaced>,
    settle: fn() -> Result<bool>,
) -> (Result<()>, u32) {
    let world = World::new();
    put(&world.store(), "other", "of another writer")
        .await
        .unwrap();
    let stubborn = Arc::new(Stubborn {
        file: LocalFile::new(world.file()),
        first_put,
        puts: AtomicU32::new(0),
        settle,
        settled: AtomicU32::new(0),
    });
    let store = on(Arc::clone(&stubborn) as _);
    let nothing = |_: &_, _: &_| {
        Ok(Decision::Commit {
            writes: Vec::new(),
            answer: (),
        })
    };
    // On one thread both wait before anybody is asked.
    let (answer, _) = futures::join!(
        store.transact_typed(ReadSet::new(), nothing),
        put(&store, "e", "mine")
    );
    (answer, stubborn.settled.load(Ordering::SeqCst))
}

const PUTS: [fn() -> Result<Replaced>; 2] = [|| Err(broken()), || Ok(Replaced::Conflict)];

#[tokio::test]
async fn that_nothing_is_to_be_written_is_said_when_it_is_durable() {
    for first_put in PUTS {
        let (answer, settled) = writes_nothing(first_put, || Ok(true)).await;
        answer.unwrap();
        assert_eq!(settled, 1);
    }
}

#[tokio::test]
async fn that_nothing_is_to_be_written_is_not_said_if_it_cannot_be_durable() {
    for first_put in PUTS {
        let (answer, _) = writes_nothing(first_put, || Err(broken())).await;
        assert_eq!(answer.unwrap_err().kind(), ErrorKind::Unavailable);
    }
}
