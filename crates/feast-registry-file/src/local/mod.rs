//! A file of this machine: replaced by a rename, under locks that every writer of ours takes.

mod folder;
mod head;
mod lock;
mod place;
mod read;
mod record;
mod relay;
mod replace;
mod tag;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use feast_registry_core::Result;

use self::head::Head;
use self::lock::Lock;
use self::place::Place;
use self::record::Record;
use self::relay::Relay;
use crate::blob::{Blob, Loaded, Pace, Replaced, Turn, Version};
use crate::current::blocking;

/// A file of this machine.
///
/// It has the turns of one store: each store takes its own.
#[derive(Debug)]
pub struct LocalFile {
    path: PathBuf,
    turns: Arc<Turns>,
}

/// The turn that is held, if one is. Files beside a registry share its locks.
#[derive(Debug)]
struct Turns {
    registry: PathBuf,
    /// The start of the machine that this is, if that can be told.
    boot: Option<String>,
    held: Mutex<Weak<Held>>,
}

/// A turn.
#[derive(Debug)]
struct Held {
    lock: Arc<File>,
    /// There for who is not to hand anything on: then he is the only one who does anything.
    disk: Option<File>,
}

impl LocalFile {
    /// The file at a path. Symbolic links are followed whenever it is used.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        LocalFile {
            turns: Arc::new(Turns {
                registry: path.clone(),
                boot: record::boot(),
                held: Mutex::default(),
            }),
            path,
        }
    }

    /// Whether this is the registry, and not a file beside it.
    fn is_registry(&self) -> bool {
        self.path == self.turns.registry
    }

    /// Runs a change of the file under the locks.
    async fn locked<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Place, &Turns, &Held) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (path, turns) = (self.path.clone(), Arc::clone(&self.turns));
        blocking(move || {
            let held = turns.held().upgrade();
            let held = held.map_or_else(|| turns.take(true), Ok)?;
            work(&Place::of(&path)?, &turns, &held)
        })
        .await?
    }
}

/// Whether it is noted that a registry file was more than an empty one.
fn had_content(path: &Path) -> bool {
    let lock = Place::of(path).and_then(|place| {
        let lock = place.lock();
        File::open(&lock).map_err(|problem| place::error("read", &lock, &problem))
    });
    let record = lock.ok().and_then(|lock| Record::read(&lock));
    record.is_some_and(|record| record.had_content())
}

/// How long locks are waited for.
fn patience() -> Duration {
    Pace::default().patience
}

impl Turns {
    fn held(&self) -> std::sync::MutexGuard<'_, Weak<Held>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn boot(&self) -> &str {
        self.boot.as_deref().unwrap_or_default()
    }

    /// Waits for a turn. Who is `alone` in it finds everything on the disk.
    fn take(&self, alone: bool) -> Result<Arc<Held>> {
        let place = Place::of(&self.registry)?;
        folder::create(place.folder())?;
        if !alone && self.boot.is_some() {
            let lock = lock::acquire(&place, Lock::Content, patience())?;
            if lock::takes_notes(&lock) {
                let lock = Arc::new(lock);
                return Ok(Arc::new(Held { lock, disk: None }));
            }
        }
        let disk = lock::acquire(&place, Lock::Disk, patience())?;
        let lock = lock::acquire(&place, Lock::Content, patience())?;
        relay::flush(&place, &lock, self.boot())?;
        Ok(Arc::new(Held {
            lock: Arc::new(lock),
            disk: Some(disk),
        }))
    }

    /// The turn of who hands contents on, if there is one.
    fn sharing(&self) -> Option<Arc<Held>> {
        let held = self.held().upgrade();
        held.filter(|held| held.disk.is_none())
    }

    /// Lets others decide, though whoever has the turn may not have dropped it yet.
    fn release(&self, held: &Held) {
        *self.held() = Weak::new();
        if let Err(problem) = held.lock.unlock() {
            tracing::debug!(%problem, "the lock goes with its file");
        }
    }

    /// What is needed to wait for contents that were handed on.
    fn relay<'a>(&'a self, place: &'a Place, held: &Held) -> Relay<'a> {
        Relay {
            place,
            lock: Arc::clone(&held.lock),
            boot: self.boot(),
            patience: patience(),
        }
    }

    /// Replaces the registry, or a file beside it.
    fn replace(
        &self,
        place: &Place,
        held: &Held,
        expected: Option<&Version>,
        bytes: &[u8],
    ) -> Result<Replaced> {
        if held.disk.is_some() {
            let replaced = replace::replace(place, &self.registry, expected, bytes)?;
            // For those who come later: what it looks like now. They find that out themselves, if it must be.
            let noted = Place::of(&self.registry)
                .and_then(|registry| Head::look(&registry, &held.lock, self.boot()).map(drop));
            if let Err(problem) = noted {
                tracing::debug!(%problem, "it is not noted what the registry file looks like");
            }
            return Ok(replaced);
        }
        let handed = Head::look(place, &held.lock, self.boot())?.hand_on(expected, bytes)?;
        let Some(handed) = handed else {
            return Ok(Replaced::Conflict);
        };
        self.release(held);
        self.relay(place, held).settle(handed)
    }

    /// Waits until what a decision saw is on the disk; whether it is.
    fn settle(&self, place: &Place, held: &Held, version: &Version) -> Result<bool> {
        let seen = Head::look(place, &held.lock, self.boot())?.seen(version);
        let Some(seen) = seen else { return Ok(false) };
        self.release(held);
        relay::settle_seen(&self.relay(place, held), seen)
    }
}

#[async_trait]
impl Blob for LocalFile {
    fn describe(&self) -> String {
        self.path.display().to_string()
    }

    async fn load(&self, known: Option<&Version>) -> Result<Loaded> {
        let (path, known) = (self.path.clone(), known.cloned());
        blocking(move || read::load(&path, known.as_ref(), || had_content(&path))).await?
    }

    fn is_same(&self, one: &Version, other: &Version) -> bool {
        tag::looks_like(one, other)
    }

    async fn load_to_write(&self, known: Option<&Version>) -> Result<Loaded> {
        let Some(held) = self.turns.sharing() else {
            return self.load(known).await;
        };
        let (path, turns, known) = (self.path.clone(), Arc::clone(&self.turns), known.cloned());
        blocking(move || {
            let place = Place::of(&path)?;
            Head::look(&place, &held.lock, turns.boot())?.load(known.as_ref())
        })
        .await?
    }

    async fn replace(&self, expected: Option<&Version>, bytes: Bytes) -> Result<Replaced> {
        let expected = expected.cloned();
        self.locked(move |place, turns, held| turns.replace(place, held, expected.as_ref(), &bytes))
            .await
    }

    async fn settle(&self, version: &Version) -> Result<bool> {
        let (path, turns, version) = (self.path.clone(), Arc::clone(&self.turns), version.clone());
        blocking(move || {
            let place = Place::of(&path)?;
            match (version.generation.is_some(), turns.sharing()) {
                (false, _) => folder::sync(place.folder()).map(|()| true),
                (true, Some(held)) => turns.settle(&place, &held, &version),
                // It was handed on, and whoever saw it has had to let go of the lock since: nothing is known of it.
                (true, None) => Ok(false),
            }
        })
        .await?
    }

    async fn turn(&self, alone: bool) -> Result<Option<Turn>> {
        let turns = Arc::clone(&self.turns);
        let turn = blocking(move || {
            let turn = turns.take(alone)?;
            *turns.held() = Arc::downgrade(&turn);
            Ok::<_, feast_registry_core::Error>(turn)
        });
        Ok(Some(Box::new(turn.await??)))
    }

    async fn was_emptied(&self) -> Result<bool> {
        let path = self.path.clone();
        blocking(move || had_content(&path)).await
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
