//! What a trial works with: fresh stores, and how much of everything.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use feast_registry_core::store::{Capabilities, Limits, SchemaMode};
use feast_registry_core::{Registry, RegistryOptions, Result, Store};
use tokio::time::timeout;

use crate::check::{Checked, present};
use crate::harness::{Harness, Opened, Server};
use crate::proxy::Proxy;
use crate::random::Random;

/// How long a store may take to close, and a harness to discard it.
const CLOSING: Duration = Duration::from_secs(20);

/// How a suite is run.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Settings {
    /// Ten times as many rounds.
    pub(crate) soak: bool,
    /// The seed of random trials.
    pub(crate) seed: u64,
    /// Whether running this program again makes it a worker.
    pub(crate) workers: bool,
}

impl Settings {
    /// As the environment has it.
    pub(crate) fn from_env() -> Self {
        let soak = std::env::var("FEAST_REGISTRY_SOAK").is_ok_and(|value| value == "1");
        let seed = std::env::var("FEAST_REGISTRY_CONFORMANCE_SEED")
            .ok()
            .and_then(|text| text.parse().ok());
        let seed = seed.unwrap_or_else(|| if soak { Random::fresh_seed() } else { 1 });
        Settings {
            soak,
            seed,
            workers: false,
        }
    }
}

/// What is known of the backend under test.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    pub(crate) version: String,
    pub(crate) capabilities: Capabilities,
    pub(crate) limits: Limits,
}

impl Facts {
    /// Asks a fresh store. This is where a database that cannot be reached is noticed.
    pub(crate) async fn ask(harness: &dyn Harness) -> Result<Facts> {
        let Opened { store, location } = harness.open().await?;
        store.initialize(SchemaMode::Auto).await?;
        let facts = Facts {
            version: store.describe().await?,
            capabilities: store.capabilities(),
            limits: store.limits(),
        };
        store.close().await?;
        drop(store);
        harness.discard(&location).await?;
        Ok(facts)
    }
}

/// What one trial works with. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Context {
    inner: Arc<Inner>,
}

struct Inner {
    harness: Arc<dyn Harness>,
    facts: Arc<Facts>,
    settings: Settings,
    /// Every handle that the trial was given.
    handles: Mutex<Vec<Arc<dyn Store>>>,
    /// Every place that was made for the trial.
    locations: Mutex<Vec<String>>,
}

impl Context {
    pub(crate) fn new(harness: Arc<dyn Harness>, facts: Arc<Facts>, settings: Settings) -> Self {
        Context {
            inner: Arc::new(Inner {
                harness,
                facts,
                settings,
                handles: Mutex::default(),
                locations: Mutex::default(),
            }),
        }
    }

    /// A fresh store before its initialisation.
    pub(crate) async fn open(&self) -> Checked<Opened> {
        let opened = self.inner.harness.open().await?;
        push(&self.inner.handles, Arc::clone(&opened.store));
        push(&self.inner.locations, opened.location.clone());
        Ok(opened)
    }

    /// A fresh store and where it is.
    pub(crate) async fn located(&self) -> Checked<Opened> {
        let opened = self.open().await?;
        opened.store.initialize(SchemaMode::Auto).await?;
        Ok(opened)
    }

    /// A fresh store.
    pub(crate) async fn store(&self) -> Checked<Arc<dyn Store>> {
        Ok(self.located().await?.store)
    }

    /// A registry on a fresh store.
    pub(crate) async fn registry(&self) -> Checked<Registry> {
        self.registry_with(RegistryOptions::default()).await
    }

    /// A registry on a fresh store.
    pub(crate) async fn registry_with(&self, options: RegistryOptions) -> Checked<Registry> {
        let opened = self.open().await?;
        Ok(Registry::open(opened.store, options).await?)
    }

    /// Another handle on the same data.
    pub(crate) async fn reopen(&self, location: &str) -> Checked<Arc<dyn Store>> {
        let store = self.inner.harness.reopen(location).await?;
        push(&self.inner.handles, Arc::clone(&store));
        Ok(store)
    }

    /// Another handle on the same data, through a proxy before the server.
    pub(crate) async fn through(&self, location: &str, proxy: &Proxy) -> Checked<Arc<dyn Store>> {
        let store = self.server()?.through(location, proxy.address()).await?;
        push(&self.inner.handles, Arc::clone(&store));
        Ok(store)
    }

    /// The server, of which [`Need::Server`](crate::trial::Need::Server) says that there is one.
    pub(crate) fn server(&self) -> Checked<&dyn Server> {
        present(self.harness().server(), "the server")
    }

    pub(crate) fn harness(&self) -> &dyn Harness {
        &*self.inner.harness
    }

    pub(crate) fn facts(&self) -> &Facts {
        &self.inner.facts
    }

    pub(crate) fn has_workers(&self) -> bool {
        self.inner.settings.workers
    }

    /// How often to do something that is done `usual` times outside a soak.
    pub(crate) fn rounds(&self, usual: usize) -> usize {
        if self.inner.settings.soak {
            usual * 10
        } else {
            usual
        }
    }

    pub(crate) fn is_soak(&self) -> bool {
        self.inner.settings.soak
    }

    pub(crate) fn seed(&self) -> u64 {
        self.inner.settings.seed
    }

    /// How long a trial may take: a store that hangs fails, it does not stop the suite.
    pub(crate) fn patience(&self) -> Duration {
        Duration::from_secs(self.rounds(120) as u64)
    }

    /// Closes every handle and discards every store. What fails here is no fault that a trial
    /// looked for.
    pub(crate) async fn finish(&self) {
        for store in take(&self.inner.handles) {
            let _ = timeout(CLOSING, store.close()).await;
        }
        for location in take(&self.inner.locations) {
            let _ = timeout(CLOSING, self.inner.harness.discard(&location)).await;
        }
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context")
            .field("harness", &self.inner.harness.name())
            .finish_non_exhaustive()
    }
}

fn push<T>(list: &Mutex<Vec<T>>, item: T) {
    list.lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push(item);
}

fn take<T>(list: &Mutex<Vec<T>>) -> Vec<T> {
    std::mem::take(&mut *list.lock().unwrap_or_else(PoisonError::into_inner))
}
