//! The registry block, typed.

use super::PoolOptions;
use feast_registry_core::url::RegistryUrl;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Deref;
use std::time::Duration;

/// Which kind of registry it is (`registry_type`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum RegistryType {
    /// One file or object, also `memory://`.
    #[serde(rename = "file")]
    File,
    /// A database.
    #[serde(rename = "sql")]
    Sql,
    /// Feast's Snowflake registry: the configuration is read, but there is no backend for it.
    #[serde(rename = "snowflake.registry")]
    Snowflake,
    /// A registry server.
    #[serde(rename = "remote")]
    Remote,
}

/// When the cache is refreshed (`cache_mode`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CacheMode {
    /// By the read that finds it expired.
    Sync,
    /// In the background.
    Thread,
}

/// What is done about tables at start (`schema_mode`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SchemaMode {
    /// Missing tables are created.
    Auto,
    /// Missing tables are an error.
    Verify,
    /// Nothing.
    Skip,
}

/// SQLite's journal (`journal_mode`). WAL changes the file for good, for other programs too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum JournalMode {
    /// Write-ahead log: readers and the writer don't wait for each other.
    Wal,
    /// A rollback journal, deleted after each transaction: works on network file systems.
    Delete,
}

/// A map of settings that may hold secrets: `Debug` shows its keys only.
#[derive(Clone, Default, PartialEq, Deserialize)]
#[serde(transparent)]
pub struct Kwargs(pub(super) Map<String, Value>);

impl Deref for Kwargs {
    type Target = Map<String, Value>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl fmt::Debug for Kwargs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map()
            .entries(self.0.keys().map(|key| (key, "***")))
            .finish()
    }
}

/// Feast's registry block, and the keys that we add. Its `Debug` hides secrets.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct RegistryConfig {
    /// Which kind of registry it is; always fits `path`.
    pub registry_type: RegistryType,
    /// Feast's name of the class that stores the file, where one is named; always fits `path`.
    pub registry_store_type: Option<String>,
    /// Where the registry is. For `remote` an address (`host:port`), which reads as a bare path: use
    /// [`RegistryUrl::expose`]. `snowflake://` where a Snowflake registry names none.
    pub path: RegistryUrl,
    /// A replica for reads that may be a little old; only with `sql`.
    pub read_path: Option<RegistryUrl>,
    /// Seconds until the cache expires, as written; see [`RegistryConfig::cache_ttl`].
    pub cache_ttl_seconds: i64,
    /// When the cache is refreshed.
    pub cache_mode: CacheMode,
    /// Further arguments of S3 writes; their values are text.
    pub s3_additional_kwargs: Kwargs,
    /// Whether to write to an object store that ignores the conditions of writes.
    pub allow_lost_updates: bool,
    /// Whether project metadata is deleted with the rest.
    pub purge_feast_metadata: bool,
    /// Whether intervals that touch or overlap are merged whenever one is added.
    pub compact_intervals: bool,
    /// Whether `name@vN` may be read online.
    pub enable_online_feature_view_versioning: bool,
    /// Whether views stay readable while they are materialised.
    pub serve_features_while_materializing: bool,
    /// Whether Feast's REST server would speak MCP; means nothing here.
    pub mcp_enabled: bool,
    /// Feast's arguments of `create_engine`, as written.
    pub sqlalchemy_config_kwargs: Kwargs,
    /// What these arguments mean here.
    pub pool: PoolOptions,
    /// Feast's number of threads for building the cache; 0 or less is none.
    pub thread_pool_executor_worker_count: i64,
    /// What is done about tables at start.
    pub schema_mode: SchemaMode,
    /// `remote`: file of the certificate to trust; empty if none.
    pub cert: String,
    /// `remote`: whether to use TLS although no `cert` is named.
    pub is_tls: bool,
    /// `remote`: file of our certificate, always together with `client_key`; empty if none.
    pub client_cert: String,
    /// `remote`: file of our key; empty if none.
    pub client_key: String,
    /// `remote`: the `:authority` to send instead of the address; empty if none.
    pub authority: String,
    /// SQLite's journal.
    pub journal_mode: JournalMode,
    /// PostgreSQL schema that holds the tables; `None` for the first of the user's search path.
    pub schema: Option<String>,
    /// How many earlier versions are kept beside a registry file.
    pub backup_versions: u32,
    /// Projects that are never deleted or torn down.
    pub protected_projects: Vec<String>,
    /// Unknown keys of the block, kept as they are.
    pub extra: Kwargs,
}

impl RegistryConfig {
    /// How long the cache is good; `None` for ever, which 0 and, as in Feast, negative numbers stand for.
    pub fn cache_ttl(&self) -> Option<Duration> {
        u64::try_from(self.cache_ttl_seconds)
            .ok()
            .filter(|seconds| *seconds > 0)
            .map(Duration::from_secs)
    }

    /// Whether a project must not be deleted.
    pub fn is_protected(&self, project: &str) -> bool {
        self.protected_projects.iter().any(|name| name == project)
    }
}

/// The block as it comes out of the merge: checked value by value, not yet against each other.
#[derive(Deserialize)]
pub(super) struct Raw {
    #[serde(default = "Raw::file")]
    pub(super) registry_type: RegistryType,
    pub(super) registry_store_type: Option<String>,
    pub(super) path: String,
    pub(super) read_path: Option<String>,
    pub(super) cache_ttl_seconds: i64,
    pub(super) cache_mode: CacheMode,
    #[serde(default)]
    pub(super) s3_additional_kwargs: Kwargs,
    pub(super) allow_lost_updates: bool,
    pub(super) purge_feast_metadata: bool,
    pub(super) compact_intervals: bool,
    pub(super) enable_online_feature_view_versioning: bool,
    pub(super) serve_features_while_materializing: bool,
    #[serde(default)]
    pub(super) mcp: BTreeMap<String, bool>,
    pub(super) sqlalchemy_config_kwargs: Kwargs,
    pub(super) thread_pool_executor_worker_count: i64,
    pub(super) schema_mode: SchemaMode,
    #[serde(default)]
    pub(super) cert: String,
    pub(super) is_tls: bool,
    #[serde(default)]
    pub(super) client_cert: String,
    #[serde(default)]
    pub(super) client_key: String,
    #[serde(default)]
    pub(super) authority: String,
    pub(super) journal_mode: JournalMode,
    pub(super) schema: Option<String>,
    pub(super) backup_versions: u32,
    #[serde(default)]
    pub(super) protected_projects: Vec<String>,
}

impl Raw {
    fn file() -> RegistryType {
        RegistryType::File
    }
}
