//! The registry: Feast's rules over any store.

mod adopt;
mod combine;
mod features;
mod limits;
mod lineage;
mod metadata;
mod plan;
mod read;
mod teardown;
mod transfer;
mod versions;
mod write;

use std::fmt;
use std::sync::{Arc, Weak};

use self::combine::Combiner;
pub use self::read::{Freshness, Listing, Query, Skipped};
pub use self::transfer::Summary;
use crate::cache::{Cache, CacheMode, CacheOptions, CacheStatus};
use crate::rules::{self, Change, Committed, Guess, Outcome, Settings, Stamps};
use crate::store::{Consistency, Context, Decision, SchemaMode, Store, StoreExt, View};
use crate::{Key, Record, Result};

/// Of so many objects of a large batch it is asked whether they are there.
const SAMPLE: usize = 8;

/// How a registry behaves.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct RegistryOptions {
    /// Settings of the rules.
    pub settings: Settings,
    /// How cached reads work.
    pub cache: CacheOptions,
    /// What to do about missing tables.
    pub schema_mode: SchemaMode,
}

/// A feature registry. Cheap to clone; clones share the store and the cache.
///
/// All rules of Feast are here, once, whatever the backend: see the [crate docs](crate).
#[derive(Clone)]
pub struct Registry {
    inner: Arc<Inner>,
}

struct Inner {
    store: Arc<dyn Store>,
    settings: Arc<Settings>,
    cache: Cache,
    combiner: Combiner,
    stamps: Stamps,
}

impl Registry {
    /// Makes the store ready and opens the registry in it. Reads nothing: a large registry opens
    /// as fast as a small one.
    ///
    /// # Errors
    ///
    /// Those of [`Store::initialize`].
    pub async fn open(store: Arc<dyn Store>, options: RegistryOptions) -> Result<Self> {
        store.initialize(options.schema_mode).await?;
        let limit = store.limits().object_bytes;
        let settings = Settings {
            object_bytes: (limit < usize::MAX).then_some(limit),
            ..options.settings
        };
        let registry = Registry {
            inner: Arc::new(Inner {
                store,
                settings: Arc::new(settings),
                cache: Cache::new(options.cache),
                combiner: Combiner::default(),
                stamps: Stamps::default(),
            }),
        };
        registry.adopt_projects().await?;
        if options.cache.mode == CacheMode::Thread {
            registry.refresh_forever();
        }
        Ok(registry)
    }

    /// The store below.
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.inner.store
    }

    /// The settings of the rules.
    pub fn settings(&self) -> &Settings {
        &self.inner.settings
    }

    /// Makes changes, all of them or none, in one transaction. Later changes see earlier ones.
    ///
    /// The answer has one outcome for each change, in order.
    ///
    /// # Errors
    ///
    /// The first change that breaks a rule fails the batch; else those of [`Store::transact`].
    pub async fn commit(&self, changes: Vec<Change>) -> Result<Vec<Outcome>> {
        self.transact(changes, |_, _| Ok(())).await
    }

    /// Commits changes, unless a look at what they would do says no.
    async fn transact<F>(&self, changes: Vec<Change>, look: F) -> Result<Vec<Outcome>>
    where
        F: Fn(&[Change], &Committed) -> Result<()> + Send + Sync + 'static,
    {
        let committed = self
            .decide(changes, move |changes, decision| {
                if let Decision::Commit { answer, .. } = &decision {
                    look(changes, answer)?;
                }
                Ok(decision)
            })
            .await?;
        self.inner.stamps.note(committed.seen);
        if !committed.publications.is_empty() {
            self.inner.cache.publish(committed.publications);
        }
        Ok(committed.outcomes)
    }

    /// Lets the rules decide changes, and does what is made of their decision.
    async fn decide<T, F>(&self, changes: Vec<Change>, make: F) -> Result<T>
    where
        T: Send + 'static,
        F: Fn(&[Change], Decision<Committed>) -> Result<Decision<T>> + Send + Sync + 'static,
    {
        rules::check(&changes)?;
        let limits = self.inner.store.limits();
        limits::before(&limits, &changes)?;
        let settings = Arc::clone(&self.inner.settings);
        let stamped = self.inner.stamps.now();
        let frugal = self.inner.store.capabilities().frugal_reads;
        let guess = match self.are_new(&changes).await? {
            true => Guess::New,
            false if frugal => Guess::Present,
            false => Guess::Changed,
        };
        let reads = rules::first_reads(&changes, &settings, &stamped, guess);
        let decide = move |view: &View, context: &Context| {
            let decision = rules::decide(&changes, &settings, &stamped, view, context)?;
            if let Decision::Commit { writes, .. } = &decision {
                limits::after(&limits, writes)?;
            }
            make(&changes, decision)
        };
        self.inner.store.transact_typed(reads, decide).await
    }

    /// Whether the objects of a large batch are most likely not there yet, by a few of them. Who knows can ask for the
    /// locks that new ones need at once, and need not decide everything a second time.
    async fn are_new(&self, changes: &[Change]) -> Result<bool> {
        if changes.len() < rules::MANY {
            return Ok(false);
        }
        let every = changes.iter().step_by(changes.len() / SAMPLE);
        let applied = every.map(|change| match change {
            Change::Apply(apply) => Some(apply.key()),
            _ => None,
        });
        let Some(keys) = applied.collect::<Option<Vec<Key>>>() else {
            return Ok(false);
        };
        let found = self.inner.store.get_many(&keys, Consistency::Primary);
        Ok(found.await?.is_empty())
    }

    /// Brings the cache up to date: reads what changed in the store, however that came about.
    ///
    /// # Errors
    ///
    /// Those of the store; cached reads go on serving what was there.
    pub async fn refresh(&self) -> Result<()> {
        self.inner.cache.refresh(&*self.inner.store).await
    }

    /// Whether cached reads are within the TTL.
    pub fn is_cache_valid(&self) -> bool {
        self.inner.cache.is_valid()
    }

    /// How the cache is doing.
    pub fn cache_status(&self) -> CacheStatus {
        self.inner.cache.status()
    }

    /// Finishes what is under way and lets go of the store.
    ///
    /// # Errors
    ///
    /// Those of [`Store::close`].
    pub async fn close(&self) -> Result<()> {
        self.inner.store.close().await
    }

    /// Refreshes the cache every TTL, as long as somebody holds the registry.
    fn refresh_forever(&self) {
        let Some(ttl) = self.inner.cache.options().ttl else {
            return;
        };
        let inner: Weak<Inner> = Arc::downgrade(&self.inner);
        tokio::spawn(async move {
            while let Some(inner) = inner.upgrade() {
                // A failure is logged and kept in the cache's status.
                let _ = inner.cache.refresh(&*inner.store).await;
                drop(inner);
                tokio::time::sleep(ttl).await;
            }
        });
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registry")
            .field("store", &self.inner.store)
            .finish_non_exhaustive()
    }
}

/// The one outcome of a batch of one.
fn only(outcomes: Vec<Outcome>) -> Result<Outcome> {
    outcomes.into_iter().next().ok_or_else(|| {
        crate::Error::new(
            crate::ErrorKind::Internal,
            "a change was committed without an outcome",
        )
    })
}

/// Rows in the order of their keys.
fn in_key_order(mut rows: Vec<Record>) -> Vec<Record> {
    rows.sort_unstable_by(|a, b| a.key.cmp(&b.key));
    rows
}
