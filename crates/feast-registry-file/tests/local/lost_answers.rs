//! Puts whose answer is lost, and how many puts there are.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use feast_registry_core::{Error, ErrorKind, Result};
use feast_registry_file::{Blob, FileStore, Loaded, LocalFile, Pace, Replaced, Version};

use crate::world::{World, on, put, text};

/// What happens to the next puts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Fault {
    /// It lands, but nobody is told.
    AnswerLost,
    /// It does not arrive, and nobody is told.
    RequestLost,
}

/// Does what `others` do after a put whose answer is lost.
type Others = Arc<dyn Fn() -> futures::future::BoxFuture<'static, ()> + Send + Sync>;

/// A file whose puts are counted, and some of them go wrong.
#[derive(Clone)]
pub(crate) struct Watched {
    inner: Arc<dyn Blob>,
    pub(crate) puts: Arc<AtomicU32>,
    faults: Arc<Mutex<Vec<Fault>>>,
    others: Option<Others>,
}

impl Watched {
    pub(crate) fn new(world: &World) -> Self {
        Watched {
            inner: Arc::new(LocalFile::new(world.file())),
            puts: Arc::default(),
            faults: Arc::default(),
            others: None,
        }
    }

    fn with(self, faults: &[Fault]) -> Self {
        let faults = Arc::new(Mutex::new(faults.to_vec()));
        Watched { faults, ..self }
    }

    /// Others write so often before it is known that the answer was lost.
    fn and_others(self, world: &World, times: usize) -> Self {
        let file = world.file();
        let others = move || -> futures::future::BoxFuture<'static, ()> {
            let file = file.clone();
            Box::pin(async move {
                for round in 0..times {
                    let store = crate::world::at(&file);
                    put(&store, "other", &round.to_string()).await.unwrap();
                }
            })
        };
        Watched {
            others: Some(Arc::new(others)),
            ..self
        }
    }

    pub(crate) fn store(&self) -> FileStore {
        on(Arc::new(self.clone()))
    }

    pub(crate) fn puts(&self) -> u32 {
        self.puts.load(Ordering::SeqCst)
    }
}

impl std::fmt::Debug for Watched {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Watched")
    }
}

#[async_trait]
impl Blob for Watched {
    fn describe(&self) -> String {
        self.inner.describe()
    }

    async fn load(&self, known: Option<&Version>) -> Result<Loaded> {
        self.inner.load(known).await
    }

    async fn replace(&self, expected: Option<&Version>, bytes: Bytes) -> Result<Replaced> {
        self.puts.fetch_add(1, Ordering::SeqCst);
        let fault = self.faults.lock().unwrap().pop();
        if fault != Some(Fault::RequestLost) {
            let replaced = self.inner.replace(expected, bytes).await?;
            if fault.is_none() {
                return Ok(replaced);
            }
        }
        if let Some(others) = &self.others {
            others().await;
        }
        Err(Error::new(ErrorKind::UnknownOutcome, "no answer"))
    }

    fn pace(&self) -> Pace {
        Pace {
            patience: Duration::from_secs(1),
            pause: Duration::from_millis(1),
            ..Pace::default()
        }
    }

    async fn delete(&self) -> Result<()> {
        self.inner.delete().await
    }

    fn beside(&self, suffix: &str) -> Arc<dyn Blob> {
        self.inner.beside(suffix)
    }
}

#[tokio::test]
async fn a_put_whose_answer_was_lost_is_known_by_what_the_file_remembers() {
    for others in [0, 1, 63] {
        let world = World::new();
        put(&world.store(), "e", "before").await.unwrap();
        let watched = Watched::new(&world).with(&[Fault::AnswerLost]);
        let store = watched.and_others(&world, others).store();
        put(&store, "e", "mine").await.unwrap();
        assert_eq!(text(&store, "e").await.as_deref(), Some("mine"), "{others}");
    }
}

#[tokio::test]
async fn a_put_that_did_not_arrive_is_repeated() {
    let world = World::new();
    let watched = Watched::new(&world).with(&[Fault::RequestLost; 3]);
    put(&watched.store(), "e", "mine").await.unwrap();
    assert_eq!(watched.puts(), 4);
    assert_eq!(text(&world.store(), "e").await.as_deref(), Some("mine"));
}

#[tokio::test]
async fn a_put_that_did_not_arrive_is_decided_again_if_others_were_faster() {
    let world = World::new();
    put(&world.store(), "e", "before").await.unwrap();
    let watched = Watched::new(&world).with(&[Fault::RequestLost]);
    let store = watched.and_others(&world, 3).store();
    put(&store, "e", "mine").await.unwrap();
    assert_eq!(text(&store, "e").await.as_deref(), Some("mine"));
    assert_eq!(text(&store, "other").await.as_deref(), Some("2"));
}

#[tokio::test]
async fn what_nothing_can_settle_is_unknown() {
    let world = World::new();
    put(&world.store(), "e", "before").await.unwrap();
    // More than the file remembers.
    let watched = Watched::new(&world).with(&[Fault::AnswerLost]);
    let store = watched.and_others(&world, 70).store();
    let error = put(&store, "e", "mine").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnknownOutcome);
}

#[tokio::test]
async fn a_place_that_never_answers_is_unknown_after_a_while() {
    let world = World::new();
    let watched = Watched::new(&world).with(&[Fault::RequestLost; 10_000]);
    let error = put(&watched.store(), "e", "mine").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnknownOutcome);
}
