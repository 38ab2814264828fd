//! Configuration: `feature_store.yaml` as Feast users have it, `FEAST_REGISTRY_*` variables and flags.
//!
//! [`load`] finds the YAML text, expands `$VAR`, and lays the sources over each other, lowest first: defaults, YAML,
//! environment, command line. What comes out is typed ([`Config`]), says where each value is from ([`Origin`]) and never
//! shows a secret. `docs/configuration.md` is the page for users.

mod error;
mod expand;
mod finish;
mod keys;
mod kwargs;
mod layers;
mod locate;
mod merge;
mod options;
mod pool;
mod project;
mod redact;
mod registry;
mod setting;
mod shape;
mod store_type;
mod tree;
mod yaml;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

pub use error::ConfigError;
pub use kwargs::{KWARGS, Kwarg, Mapping};
pub use options::LoadOptions;
pub use pool::PoolOptions;
pub use registry::{CacheMode, JournalMode, Kwargs, RegistryConfig, RegistryType, SchemaMode};

/// The registry where nothing at all is configured: a SQLite database in the working folder.
pub const DEFAULT_REGISTRY: &str = "sqlite:///registry.db";

/// The name of Feast's configuration file.
pub const FILE_NAME: &str = "feature_store.yaml";

/// A complete, checked configuration. Its `Debug` hides secrets.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Config {
    /// The project, where one is named.
    pub project: Option<String>,
    /// The registry and how to reach it.
    pub registry: RegistryConfig,
    /// The folder that relative paths start from: that of `-c/--chdir`, else the working folder, as in Feast (not that of
    /// the YAML file).
    pub repo_path: PathBuf,
    /// The YAML file that was read, if one was; `None` also for text from `FEATURE_STORE_YAML_BASE64`.
    pub file: Option<PathBuf>,
    /// Names of the other top-level keys of the file (`provider`, `online_store`, …), which mean nothing to a registry.
    pub other: Vec<String>,
}

impl Config {
    /// `path` as seen from [`Config::repo_path`].
    pub fn resolve(&self, path: impl AsRef<Path>) -> PathBuf {
        self.repo_path.join(path)
    }
}

/// Where a value in effect comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Origin {
    /// The key with dots: `registry.cache_ttl_seconds`.
    pub key: String,
    /// The value as text, its secrets shown as `***`.
    pub value: String,
    /// The source: `feature_store.yaml:7`, `FEAST_REGISTRY_PATH`, `--registry`, `default`.
    pub source: String,
}

/// What [`load`] gives.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Loaded {
    /// The configuration in effect.
    pub config: Config,
    /// Where each value is from, in a fixed order of keys.
    pub origins: Vec<Origin>,
    /// What was understood but is probably not what the user wants: unknown keys, kwargs without effect, ….
    pub warnings: Vec<String>,
}

/// Reads the configuration from all sources.
///
/// # Errors
/// [`ConfigError`] names the source, the key, what was found and what is accepted; it never holds a secret.
pub fn load(options: &LoadOptions) -> Result<Loaded, ConfigError> {
    let mut warnings = Vec::new();
    let repo_path = locate::repo_path(options)?;
    let document = locate::find(options, &repo_path, &mut warnings)?;
    let file = document.as_ref().and_then(|document| document.file.clone());
    let yaml = match &document {
        Some(document) => layers::from_yaml(document, &options.env, &mut warnings)?,
        None => layers::YamlLayer::default(),
    };
    let upper = [
        layers::from_env(options, &mut warnings)?,
        layers::from_flags(options)?,
    ];
    let merged = merge::merge(&yaml, upper, &mut warnings)?;
    let registry = finish::registry(&merged, yaml.extra, &mut warnings)?;
    let project = project::checked(&merged, yaml.sqlite_online_store, &mut warnings)?;
    let config = Config {
        project,
        registry,
        repo_path,
        file,
        other: yaml.other,
    };
    Ok(Loaded {
        config,
        origins: merged.origins,
        warnings,
    })
}
