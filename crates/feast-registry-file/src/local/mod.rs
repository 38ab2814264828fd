//! A file of this machine: replaced by a rename, under a lock that every writer of ours takes.

mod folder;
mod lock;
mod place;
mod read;
mod replace;
mod tag;

use std::fs::File;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use async_trait::async_trait;
use bytes::Bytes;
use feast_registry_core::Result;

use self::place::Place;
use crate::blob::{Blob, Loaded, Pace, Replaced, Turn, Version};
use crate::current::blocking;

/// A file of this machine.
#[derive(Clone, Debug)]
pub struct LocalFile {
    path: PathBuf,
    turns: Arc<Turns>,
}

/// The turn that is held, if one is. Files beside a registry share its lock.
#[derive(Debug)]
struct Turns {
    registry: PathBuf,
    held: Mutex<Weak<File>>,
}

impl LocalFile {
    /// The file at a path. Symbolic links are followed whenever it is used.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        LocalFile {
            turns: Arc::new(Turns {
                registry: path.clone(),
                held: Mutex::default(),
            }),
            path,
        }
    }

    /// Whether this is the registry, and not a file beside it.
    fn is_registry(&self) -> bool {
        self.path == self.turns.registry
    }

    /// Runs a change of the file under the lock, which it may let go of before its end.
    async fn locked<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Place, &Turns, &File) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (path, turns, patience) = (
            self.path.clone(),
            Arc::clone(&self.turns),
            self.pace().patience,
        );
        blocking(move || {
            let lock = turns.held_or_taken(patience)?;
            work(&Place::of(&path)?, &turns, &lock)
        })
        .await?
    }
}

impl Turns {
    fn held(&self) -> std::sync::MutexGuard<'_, Weak<File>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn held_or_taken(&self, patience: std::time::Duration) -> Result<Arc<File>> {
        let held = self.held().upgrade();
        held.map_or_else(|| self.take(patience), Ok)
    }

    fn take(&self, patience: std::time::Duration) -> Result<Arc<File>> {
        let place = Place::of(&self.registry)?;
        folder::create(place.folder())?;
        Ok(Arc::new(lock::acquire(&place.lock(), patience)?))
    }

    /// Lets others write, though whoever has the turn may not have dropped it yet.
    fn release(&self, lock: &File) {
        *self.held() = Weak::new();
        if let Err(problem) = lock.unlock() {
            tracing::debug!(%problem, "the lock goes with its file");
        }
    }
}

#[async_trait]
impl Blob for LocalFile {
    fn describe(&self) -> String {
        self.path.display().to_string()
    }

    async fn load(&self, known: Option<&Version>) -> Result<Loaded> {
        let (path, known) = (self.path.clone(), known.cloned());
        blocking(move || read::load(&path, known.as_ref())).await?
    }

    async fn replace(&self, expected: Option<&Version>, bytes: Bytes) -> Result<Replaced> {
        let (expected, is_registry) = (expected.cloned(), self.is_registry());
        self.locked(move |place, turns, lock| {
            // The next writer need not wait for the folder to be on the disk: if what it writes is there, so
            // is this.
            let replaced = || {
                if is_registry {
                    turns.release(lock);
                }
            };
            replace::replace(place, expected.as_ref(), &bytes, replaced)
        })
        .await
    }

    async fn settle(&self) -> Result<()> {
        let path = self.path.clone();
        blocking(move || folder::sync(Place::of(&path)?.folder())).await?
    }

    async fn turn(&self) -> Result<Option<Turn>> {
        let (turns, patience) = (Arc::clone(&self.turns), self.pace().patience);
        let turn = blocking(move || {
            let turn = turns.take(patience)?;
            *turns.held() = Arc::downgrade(&turn);
            Ok::<_, feast_registry_core::Error>(turn)
        });
        Ok(Some(Box::new(turn.await??)))
    }

    fn blocks(&self) -> bool {
        true
    }

    fn pace(&self) -> Pace {
        Pace::default()
    }

    async fn delete(&self) -> Result<()> {
        let is_registry = self.is_registry();
        self.locked(move |place, _, _| replace::delete(place, is_registry))
            .await
    }

    fn beside(&self, suffix: &str) -> Arc<dyn Blob> {
        let mut path = self.path.clone().into_os_string();
        path.push(suffix);
        Arc::new(LocalFile {
            path: path.into(),
            turns: Arc::clone(&self.turns),
        })
    }
}
