//! From a configuration to a registry.

use std::time::Duration;

use feast_registry_core::backend::{Backends, PoolOptions, StoreOptions};
use feast_registry_core::store::SchemaMode;
use feast_registry_core::url::RegistryUrl;
use feast_registry_core::{
    CacheMode, CacheOptions, Error, ErrorKind, Registry, RegistryOptions, Result,
};

use crate::config::{self, Config, ConfigError, JournalMode, RegistryType};

/// The backends that this build has: those of its Cargo features.
pub fn backends() -> Backends {
    let backends = Backends::new();
    #[cfg(feature = "sqlite")]
    let backends = backends.with(feast_registry_sqlite::SqliteBackend);
    #[cfg(feature = "file")]
    let backends = backends.with(feast_registry_file::FileBackend);
    #[cfg(feature = "postgres")]
    let backends = backends.with(feast_registry_postgres::PostgresBackend);
    #[cfg(feature = "cockroachdb")]
    let backends = backends.with(feast_registry_cockroachdb::CockroachBackend);
    #[cfg(feature = "mysql")]
    let backends = backends.with(feast_registry_mysql::MysqlBackend);
    backends
}

/// Opens the registry that a configuration names, with one of these backends.
///
/// # Errors
///
/// [`ErrorKind::Config`] if no backend serves it, [`ErrorKind::Schema`] if tables are missing and
/// may not be made, else those of the backend.
pub async fn open(config: &Config, backends: &Backends) -> Result<Registry> {
    let store = backends.open(&store_options(config)?).await?;
    Registry::open(store, registry_options(config)).await
}

/// Opens the registry that a URL names, with the backends of this build and defaults for
/// everything else.
///
/// # Errors
///
/// Those of [`open`].
pub async fn open_url(url: &str) -> Result<Registry> {
    let url = RegistryUrl::parse(url).map_err(|error| {
        Error::new(
            ErrorKind::Config,
            format!("the registry URL makes no sense: {error}"),
        )
    })?;
    let store = backends().open(&StoreOptions::new(url)).await?;
    Registry::open(store, RegistryOptions::default()).await
}

/// What a configuration says to the backend.
///
/// # Errors
///
/// [`ErrorKind::Unsupported`] for types of registries that are not opened by URL.
pub fn store_options(config: &Config) -> Result<StoreOptions> {
    let registry = &config.registry;
    if matches!(
        registry.registry_type,
        RegistryType::Remote | RegistryType::Snowflake
    ) {
        let message = format!(
            "`registry_type: {:?}` is not served by this program",
            registry.registry_type
        )
        .to_lowercase();
        return Err(Error::new(ErrorKind::Unsupported, message)
            .with_hint("name the database or file itself: `registry_type: sql` or `file`"));
    }
    // What stands in the URL itself is nearer than what stands beside it.
    let with_parameters = |url: &RegistryUrl| {
        let parameters = registry.pool.parameters.iter();
        parameters.fold(url.clone(), |url, (key, value)| url.with_query(key, value))
    };
    let mut options = StoreOptions::new(with_parameters(&registry.path));
    options.read_url = registry.read_path.as_ref().map(with_parameters);
    options.base = config.repo_path.clone();
    options.schema_mode = schema_mode(registry.schema_mode);
    options.pool = pool(&registry.pool);
    options.journal_mode = Some(match registry.journal_mode {
        JournalMode::Delete => "delete".to_owned(),
        _ => "wal".to_owned(),
    });
    options.schema = registry.schema.clone();
    options.backup_versions = registry.backup_versions;
    Ok(options)
}

/// What a configuration says to the rules and the cache.
pub fn registry_options(config: &Config) -> RegistryOptions {
    let registry = &config.registry;
    let mode = match registry.cache_mode {
        config::CacheMode::Thread => CacheMode::Thread,
        _ => CacheMode::Sync,
    };
    let mut options = RegistryOptions::default();
    options.settings.purge_feast_metadata = registry.purge_feast_metadata;
    options.settings.protected_projects = registry.protected_projects.clone();
    options.cache = CacheOptions::new(registry.cache_ttl_seconds, mode);
    options.schema_mode = schema_mode(registry.schema_mode);
    options
}

fn schema_mode(mode: config::SchemaMode) -> SchemaMode {
    match mode {
        config::SchemaMode::Verify => SchemaMode::Verify,
        config::SchemaMode::Skip => SchemaMode::Skip,
        _ => SchemaMode::Auto,
    }
}

fn pool(from: &config::PoolOptions) -> PoolOptions {
    let mut pool = PoolOptions::default();
    pool.max_size = from.max_size;
    pool.acquire_timeout = from.wait_timeout;
    pool.connect_timeout = from.connect_timeout.unwrap_or(Duration::from_secs(10));
    pool.recycle = from.recycle;
    pool.pre_ping = from.pre_ping;
    pool.echo = from.echo;
    pool.busy_timeout = from.busy_timeout;
    pool
}

impl From<ConfigError> for Error {
    fn from(error: ConfigError) -> Self {
        Error::new(ErrorKind::Config, error.to_string())
    }
}
