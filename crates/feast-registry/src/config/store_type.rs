//! `registry_store_type`: Feast's class that stores a registry file. Here the URL says where the file is, so the class
//! may only say the same.

use super::merge::Merged;
use super::registry::Raw;
use super::{ConfigError, RegistryType, redact};
use feast_registry_core::url::RegistryUrl;

const KEY: &str = "registry.registry_store_type";

/// A class of Feast that has its like here.
struct StoreType {
    class: &'static str,
    /// The module that Feast has it in.
    module: &'static str,
    scheme: &'static str,
    /// What its URLs look like.
    url: &'static str,
}

const STORE_TYPES: [StoreType; 3] = [
    StoreType {
        class: "FileRegistryStore",
        module: "file",
        scheme: "file",
        url: "a path",
    },
    StoreType {
        class: "S3RegistryStore",
        module: "s3",
        scheme: "s3",
        url: "s3://bucket/key",
    },
    StoreType {
        class: "GCSRegistryStore",
        module: "gcs",
        scheme: "gs",
        url: "gs://bucket/key",
    },
];

impl StoreType {
    /// Feast takes the class alone, and with its module.
    fn is(&self, name: &str) -> bool {
        let module = name
            .strip_suffix(self.class)
            .and_then(|module| module.strip_prefix("feast.infra.registry."));
        name == self.class
            || module.and_then(|module| module.strip_suffix('.')) == Some(self.module)
    }
}

/// Whether the class, if one is named, stores what the URL names.
pub(super) fn check(
    merged: &Merged,
    raw: &Raw,
    path: &RegistryUrl,
    warnings: &mut Vec<String>,
) -> Result<(), ConfigError> {
    let Some(name) = raw
        .registry_store_type
        .as_deref()
        .filter(|name| !name.is_empty())
    else {
        return Ok(());
    };
    let origin = merged.source(KEY);
    if raw.registry_type != RegistryType::File {
        warnings.push(format!(
            "{origin}: `{KEY}` is ignored: the registry is no file"
        ));
        return Ok(());
    }
    let Some(found) = STORE_TYPES.iter().find(|known| known.is(name)) else {
        let known: Vec<_> = STORE_TYPES
            .iter()
            .map(|known| format!("{} ({})", known.class, known.url))
            .collect();
        let accepted = format!(
            "{}; without it, `path` says where the file is",
            known.join(", ")
        );
        return Err(ConfigError::value(
            origin,
            KEY,
            format!("\"{}\"", redact::url(name)),
            accepted,
        ));
    };
    if found.scheme == path.scheme() {
        return Ok(());
    }
    Err(ConfigError::conflict(
        origin,
        format!("`{KEY}` is {}, but `registry.path` is {path}", found.class),
        format!(
            "write {} as `path`, or leave `registry_store_type` out",
            found.url
        ),
    ))
}
