//! What the caller hands to [`load`](super::load).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::PathBuf;

/// Flags and environment. Nothing else of the process is looked at, so that tests need no global state.
#[derive(Clone, Default)]
pub struct LoadOptions {
    /// `-c/--chdir`: the folder of `feature_store.yaml` and of relative paths; else the working folder.
    pub chdir: Option<PathBuf>,
    /// `-f/--feature-store-yaml`: the file, as seen from the working folder.
    pub feature_store_yaml: Option<PathBuf>,
    /// `--registry`: a URL or a path.
    pub registry: Option<String>,
    /// `--project`.
    pub project: Option<String>,
    /// Further keys from the command line, with or without `registry.`; their values are read like those of variables.
    pub overrides: Vec<(String, String)>,
    /// The environment.
    pub env: BTreeMap<String, String>,
    /// Variables named `FEAST_REGISTRY_…` that the program reads itself; no warning is given for them.
    pub own_variables: BTreeSet<String>,
}

impl LoadOptions {
    /// Options without flags, with the environment of this process (variables that are no Unicode are left out).
    pub fn from_process_env() -> Self {
        let pairs = std::env::vars_os();
        let env = pairs.filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        });
        Self {
            env: env.collect(),
            ..Self::default()
        }
    }

    /// A variable that is set and not empty.
    pub(super) fn variable(&self, name: &str) -> Option<&str> {
        self.env
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }
}

impl fmt::Debug for LoadOptions {
    /// Shows names only: the registry, overrides and variables may hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let overrides: Vec<&str> = self.overrides.iter().map(|(key, _)| key.as_str()).collect();
        f.debug_struct("LoadOptions")
            .field("chdir", &self.chdir)
            .field("feature_store_yaml", &self.feature_store_yaml)
            .field("registry", &self.registry.as_ref().map(|_| "***"))
            .field("project", &self.project)
            .field("overrides", &overrides)
            .finish_non_exhaustive()
    }
}
