//! Which backend serves which URL: a value that programs build, no globals.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use crate::store::{SchemaMode, Store};
use crate::url::{RegistryUrl, Secret};
use crate::{Error, ErrorKind, Result};

/// How connections are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PoolOptions {
    /// Connections at most.
    pub max_size: usize,
    /// How long to wait for a free connection.
    pub acquire_timeout: Duration,
    /// How long to wait for a new connection.
    pub connect_timeout: Duration,
    /// Close connections older than this.
    pub recycle: Option<Duration>,
    /// Ask a connection whether it is alive before it is used.
    pub pre_ping: bool,
    /// Log every statement.
    pub echo: bool,
    /// How long to wait for a lock of another process (SQLite).
    pub busy_timeout: Duration,
}

impl Default for PoolOptions {
    fn default() -> Self {
        PoolOptions {
            max_size: 8,
            acquire_timeout: Duration::from_secs(30),
            connect_timeout: Duration::from_secs(10),
            recycle: None,
            pre_ping: false,
            echo: false,
            busy_timeout: Duration::from_secs(5),
        }
    }
}

/// What S3 and GCS need to know beyond the URL. `Debug` hides the values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ObjectOptions {
    /// Further arguments of each write to S3, by their names in boto3's `put_object`.
    pub s3_additional_kwargs: BTreeMap<String, Secret>,
    /// Write even to a store that ignores the conditions of writes, where concurrent writers
    /// overwrite each other.
    pub allow_lost_updates: bool,
}

/// What a backend needs to open a store.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct StoreOptions {
    /// Where the registry is.
    pub url: RegistryUrl,
    /// Where reads may go that need not see the newest writes.
    pub read_url: Option<RegistryUrl>,
    /// The folder that relative paths start from.
    pub base: PathBuf,
    /// What to do about missing tables.
    pub schema_mode: SchemaMode,
    /// How connections are kept.
    pub pool: PoolOptions,
    /// SQLite: `wal` or `delete`.
    pub journal_mode: Option<String>,
    /// PostgreSQL: the named schema of the tables.
    pub schema: Option<String>,
    /// S3 and GCS: what a URL does not say.
    pub object: ObjectOptions,
    /// Registry files: how many earlier versions are kept beside the file.
    pub backup_versions: u32,
}

impl StoreOptions {
    /// Options for a URL, everything else at its default.
    pub fn new(url: RegistryUrl) -> Self {
        StoreOptions {
            url,
            read_url: None,
            base: PathBuf::from("."),
            schema_mode: SchemaMode::default(),
            pool: PoolOptions::default(),
            journal_mode: None,
            schema: None,
            object: ObjectOptions::default(),
            backup_versions: 0,
        }
    }
}

/// What a backend found where a URL points to.
#[derive(Debug)]
pub enum Opening {
    /// The store.
    Store(Arc<dyn Store>),
    /// A server of another kind, which the backend of this name serves.
    Other {
        /// The name of that backend, which is its Cargo feature and its URL scheme.
        backend: &'static str,
        /// What the server says of itself.
        server: String,
    },
}

/// A kind of place where registries live.
#[async_trait]
pub trait Backend: Debug + Send + Sync + 'static {
    /// The name, which is also its Cargo feature.
    fn name(&self) -> &'static str;

    /// The URL schemes that it serves, without `+driver`.
    fn schemes(&self) -> &'static [&'static str];

    /// Opens a store, connecting to it but not creating tables: that is [`Store::initialize`].
    ///
    /// A server that another backend serves, although it speaks the same protocol, is
    /// [`Opening::Other`]: [`Backends::open`] then asks that one.
    async fn open(&self, options: &StoreOptions) -> Result<Opening>;

    /// The statements that would create the tables where these options have them, for people who
    /// run them by hand; empty where there are none. Nothing is connected to.
    fn schema_statements(&self, _options: &StoreOptions) -> Vec<String> {
        Vec::new()
    }
}

/// Backends that this build knows by the name of their Cargo feature, compiled in or not.
const KNOWN: [(&str, &[&str]); 7] = [
    ("sqlite", &["sqlite"]),
    ("postgres", &["postgresql", "postgres"]),
    ("mysql", &["mysql", "mariadb"]),
    ("cockroachdb", &["cockroachdb"]),
    ("file", &["file"]),
    ("s3", &["s3"]),
    ("gcs", &["gs"]),
];

/// The backends that a program can open.
#[derive(Clone, Debug, Default)]
pub struct Backends(Vec<Arc<dyn Backend>>);

impl Backends {
    /// None.
    pub fn new() -> Self {
        Backends::default()
    }

    /// These and one more. A later backend takes schemes over from an earlier one.
    #[must_use]
    pub fn with(mut self, backend: impl Backend) -> Self {
        self.0.push(Arc::new(backend));
        self
    }

    /// Every backend, in the order in which they were added.
    pub fn iter(&self) -> impl Iterator<Item = &dyn Backend> {
        self.0.iter().map(|backend| &**backend)
    }

    /// The backend that serves a scheme.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`] that lists the schemes served, and the Cargo feature that is missing.
    pub fn for_scheme(&self, scheme: &str) -> Result<&dyn Backend> {
        let serves = |backend: &&Arc<dyn Backend>| backend.schemes().contains(&scheme);
        self.0
            .iter()
            .rev()
            .find(serves)
            .map(|backend| &**backend)
            .ok_or_else(|| self.unknown(scheme))
    }

    /// Opens the store that a URL names. Where the server turns out to be one that another
    /// backend serves, that one opens it.
    ///
    /// # Errors
    ///
    /// Those of [`Backends::for_scheme`] and of the backend; [`ErrorKind::Config`] if the server
    /// is of a kind that this build does not serve.
    pub async fn open(&self, options: &StoreOptions) -> Result<Arc<dyn Store>> {
        let scheme = options.url.scheme();
        let (backend, server) = match self.for_scheme(scheme)?.open(options).await? {
            Opening::Store(store) => return Ok(store),
            Opening::Other { backend, server } => (backend, server),
        };
        let Some(right) = self.iter().find(|known| known.name() == backend) else {
            return Err(foreign(scheme, backend, &server));
        };
        tracing::info!(scheme, backend, server, "the server is of another kind");
        match right.open(options).await? {
            Opening::Store(store) => Ok(store),
            Opening::Other { .. } => Err(foreign(scheme, backend, &server)),
        }
    }

    fn unknown(&self, scheme: &str) -> Error {
        let mut served: Vec<&str> = self
            .0
            .iter()
            .flat_map(|backend| backend.schemes())
            .copied()
            .collect();
        served.sort_unstable();
        served.dedup();
        let error = Error::new(
            ErrorKind::Config,
            format!(
                "no backend serves `{scheme}:`; this build serves {}",
                served.join(", ")
            ),
        );
        match KNOWN.iter().find(|(_, schemes)| schemes.contains(&scheme)) {
            Some((feature, _)) => {
                error.with_hint(format!("build with the Cargo feature `{feature}`"))
            }
            None => error.with_hint("a backend of your own is added with `Backends::with`"),
        }
    }
}

fn foreign(scheme: &str, backend: &str, server: &str) -> Error {
    let message = format!("the server behind this `{scheme}:` URL is {server}");
    Error::new(ErrorKind::Config, message).with_hint(format!(
        "write `{backend}:` instead of `{scheme}:`, and build with the Cargo feature `{backend}` or add the backend with `Backends::with`"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::MemoryStore;

    #[derive(Debug)]
    struct Speaks(&'static str, &'static [&'static str], Option<&'static str>);

    #[async_trait]
    impl Backend for Speaks {
        fn name(&self) -> &'static str {
            self.0
        }

        fn schemes(&self) -> &'static [&'static str] {
            self.1
        }

        async fn open(&self, _options: &StoreOptions) -> Result<Opening> {
            Ok(match self.2 {
                None => Opening::Store(Arc::new(MemoryStore::new())),
                Some(backend) => Opening::Other {
                    backend,
                    server: "Roach 1.0".to_owned(),
                },
            })
        }
    }

    fn options() -> StoreOptions {
        StoreOptions::new(RegistryUrl::parse("postgresql://host/db").expect("a URL"))
    }

    #[tokio::test]
    async fn a_server_of_another_kind_is_opened_by_its_own_backend() {
        let backends = Backends::new()
            .with(Speaks("postgres", &["postgresql"], Some("roach")))
            .with(Speaks("roach", &["roach"], None));
        assert!(backends.open(&options()).await.is_ok());
    }

    #[tokio::test]
    async fn a_server_that_no_backend_serves_names_scheme_and_feature() {
        let backends = Backends::new().with(Speaks("postgres", &["postgresql"], Some("roach")));
        let error = backends
            .open(&options())
            .await
            .expect_err("no such backend");
        assert_eq!(error.kind(), ErrorKind::Config);
        let text = format!("{error} {:?}", error.hint());
        for part in [
            "postgresql:",
            "Roach 1.0",
            "`roach:`",
            "Cargo feature `roach`",
        ] {
            assert!(text.contains(part), "{text}");
        }
    }
}
