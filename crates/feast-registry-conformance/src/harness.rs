//! How the suite gets at stores.

use std::net::SocketAddr;
use std::sync::Arc;

use async_trait::async_trait;
use feast_registry_core::store::MemoryStore;
use feast_registry_core::{Error, ErrorKind, Result, Store};

/// A trial that is known to fail, by its name, and why that is so for now.
pub type Waiver = (&'static str, &'static str);

/// How the suite gets at stores of one backend. The only thing that a backend's tests write.
///
/// The same value is made again in worker processes, so it must not depend on what happened in
/// this one.
#[async_trait]
pub trait Harness: Send + Sync + 'static {
    /// The name of the backend, for reports.
    fn name(&self) -> &str;

    /// A fresh and empty store, which nobody else uses, before [`Store::initialize`].
    ///
    /// Make a file, a schema or a database of its own for every call. Never empty one that was
    /// there: it may be somebody's registry.
    async fn open(&self) -> Result<Opened>;

    /// Another handle on the data of a store that [`Harness::open`] made, as another process would
    /// have it: with connections of its own. It may be called in another process.
    ///
    /// Left as it is, this answers [`ErrorKind::Unsupported`], which is right for stores that live
    /// in one process only.
    async fn reopen(&self, location: &str) -> Result<Arc<dyn Store>> {
        let message = format!("`{location}` lives in one process only");
        Err(Error::new(ErrorKind::Unsupported, message))
    }

    /// Removes what [`Harness::open`] made, once every handle on it has been closed.
    async fn discard(&self, location: &str) -> Result<()> {
        let _ = location;
        Ok(())
    }

    /// The server between a store and its data, if there is one and trials may let it fail.
    fn server(&self) -> Option<&dyn Server> {
        None
    }

    /// The trials that are known to fail. One that passes although it is waived fails the run, and
    /// so does one that does not exist.
    fn waivers(&self) -> &[Waiver] {
        &[]
    }
}

/// A server that a backend's stores talk to, for the trials of `outage`.
#[async_trait]
pub trait Server: Send + Sync {
    /// Where it listens: `host:port`.
    fn address(&self) -> String;

    /// Another handle on the data of a location, whose connections go to `address`, that of a
    /// [proxy](crate::proxy) before the server, and without TLS.
    async fn through(&self, location: &str, address: SocketAddr) -> Result<Arc<dyn Store>>;

    /// Ends all sessions on a location as an administrator does (`pg_terminate_backend`, `KILL`),
    /// idle ones too; how many. Never one that serves another location: where a pooler hands sessions
    /// round, end only those that surely serve this one, and fewer than all, or none, will do.
    async fn kill(&self, location: &str) -> Result<usize>;

    /// The bytes that ask for COMMIT, and such as only the answer to it holds: see
    /// [`Fault::LoseAnswer`](crate::proxy::Fault::LoseAnswer).
    fn commit(&self) -> [&[u8]; 2];
}

/// A store, and where it is.
#[derive(Clone, Debug)]
pub struct Opened {
    /// The store, not initialised yet.
    pub store: Arc<dyn Store>,
    /// What [`Harness::reopen`] needs to find the same data, in this process or another one.
    pub location: String,
}

impl Opened {
    /// A store and where it is.
    pub fn new(store: impl Store, location: impl Into<String>) -> Self {
        Opened {
            store: Arc::new(store),
            location: location.into(),
        }
    }
}

/// The harness of the memory store, which every other store is compared with.
#[derive(Clone, Copy, Debug, Default)]
pub struct MemoryHarness;

#[async_trait]
impl Harness for MemoryHarness {
    fn name(&self) -> &str {
        "memory"
    }

    async fn open(&self) -> Result<Opened> {
        Ok(Opened::new(MemoryStore::new(), "memory"))
    }
}
