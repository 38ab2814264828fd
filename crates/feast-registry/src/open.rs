//! From a configuration to a registry.

use std::time::Duration;

use feast_registry_core::backend::{Backends, ObjectOptions, PoolOptions, StoreOptions};
use feast_registry_core::store::SchemaMode;
use feast_registry_core::url::{RegistryUrl, Secret};
use feast_registry_core::{
    CacheMode, CacheOptions, Error, ErrorKind, Registry, RegistryOptions, Result,
};

use crate::config::{self, Config, ConfigError, JournalMode, RegistryConfig, RegistryType};

/// The backends that this build has: those of its Cargo features.
pub fn backends() -> Backends {
    let backends = Backends::new();
    #[cfg(feature = "sqlite")]
    let backends = backends.with(feast_registry_sqlite::SqliteBackend);
    #[cfg(feature = "file")]
    let backends = backends.with(feast_registry_file::FileBackend);
    #[cfg(feature = "s3")]
    let backends = backends.with(feast_registry_file::object::S3Backend);
    #[cfg(feature = "gcs")]
    let backends = backends.with(feast_registry_file::object::GcsBackend);
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
    options.object = object(registry);
    Ok(options)
}

fn object(registry: &RegistryConfig) -> ObjectOptions {
    let mut object = ObjectOptions::default();
    let arguments = registry.s3_additional_kwargs.iter();
    // The configuration has taken text only.
    let text = |value: &serde_json::Value| value.as_str().map(Secret::new);
    object.s3_additional_kwargs = arguments
        .filter_map(|(name, value)| Some((name.clone(), text(value)?)))
        .collect();
    object.allow_lost_updates = registry.allow_lost_updates;
    object
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
    options.settings.compact_intervals = registry.compact_intervals;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::LoadOptions;

    #[test]
    fn what_object_stores_need_reaches_the_backend_and_stays_hidden() {
        let mut options = LoadOptions {
            registry: Some("s3://lake/registry.pb".to_owned()),
            ..LoadOptions::default()
        };
        for (key, value) in [
            (
                "s3_additional_kwargs",
                r#"{"SSEKMSEncryptionContext": "hush"}"#,
            ),
            ("allow_lost_updates", "true"),
        ] {
            options.overrides.push((key.to_owned(), value.to_owned()));
        }
        let loaded = config::load(&options).expect("a configuration");
        let options = store_options(&loaded.config).expect("options");
        let argument = &options.object.s3_additional_kwargs["SSEKMSEncryptionContext"];
        assert_eq!(argument.expose(), "hush");
        assert!(options.object.allow_lost_updates);
        assert!(!format!("{options:?}").contains("hush"));
    }
}
