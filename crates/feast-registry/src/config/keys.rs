//! The keys of the registry block: one table for YAML, variables, flags, defaults and the documentation.

use super::shape::Shape;
use feast_registry_core::url::RegistryUrl;

/// One key under `registry:`.
#[derive(Debug)]
pub(super) struct Key {
    pub(super) name: &'static str,
    pub(super) shape: Shape,
    /// The default as text; `None` where there is none, or where it depends on other keys.
    pub(super) default: Option<&'static str>,
    /// Whether YAML may say `null`, which then counts as not set.
    pub(super) nullable: bool,
    /// Where it means something.
    pub(super) place: Place,
}

/// The registries that a key means something to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Everywhere,
    Databases,
    Sqlite,
    /// Registry files, on a disk or in a bucket.
    Files,
    Buckets,
    /// Registries behind a server.
    Remote,
}

impl Place {
    /// Whether the registry of this type and path is one of them.
    pub(super) fn has(self, registry_type: &str, path: &RegistryUrl) -> bool {
        let remote = registry_type == "remote";
        match self {
            Place::Everywhere => true,
            Place::Remote => remote,
            _ if remote => false,
            Place::Databases => path.is_database(),
            Place::Sqlite => path.scheme() == "sqlite",
            Place::Files => registry_type == "file" && path.scheme() != "memory",
            Place::Buckets => ["s3", "gs"].contains(&path.scheme()),
        }
    }
}

impl Key {
    const fn new(name: &'static str, shape: Shape) -> Self {
        Self {
            name,
            shape,
            default: None,
            nullable: false,
            place: Place::Everywhere,
        }
    }

    const fn or(self, default: &'static str) -> Self {
        Self {
            default: Some(default),
            ..self
        }
    }

    const fn nullable(self) -> Self {
        Self {
            nullable: true,
            ..self
        }
    }

    const fn only(self, place: Place) -> Self {
        Self { place, ..self }
    }

    /// The variable that sets the key.
    pub(super) fn variable(&self) -> String {
        format!("{PREFIX}{}", self.name.to_ascii_uppercase())
    }

    /// The key with dots, as messages show it.
    pub(super) fn full_name(&self) -> String {
        format!("registry.{}", self.name)
    }
}

/// What all our variables start with.
pub(super) const PREFIX: &str = "FEAST_REGISTRY_";

/// The keys that others refer to.
pub(super) const PATH: &str = "path";
pub(super) const READ_PATH: &str = "read_path";
pub(super) const REGISTRY_TYPE: &str = "registry_type";
pub(super) const REGISTRY_STORE_TYPE: &str = "registry_store_type";
pub(super) const PROJECT: &str = "project";

/// Feast's keys with Feast's types and defaults, then our own.
pub(super) static KEYS: &[Key] = &[
    Key::new(
        REGISTRY_TYPE,
        Shape::Choice(&["file", "sql", "snowflake.registry", "remote"]),
    ),
    Key::new(REGISTRY_STORE_TYPE, Shape::Text).nullable(),
    Key::new(PATH, Shape::Url),
    Key::new("cache_ttl_seconds", Shape::Integer).or("600"),
    Key::new("cache_mode", Shape::Choice(&["sync", "thread"])).or("sync"),
    Key::new("s3_additional_kwargs", Shape::TextMap)
        .nullable()
        .only(Place::Buckets),
    Key::new("allow_lost_updates", Shape::Flag)
        .or("false")
        .only(Place::Buckets),
    Key::new("purge_feast_metadata", Shape::Flag).or("false"),
    Key::new("enable_online_feature_view_versioning", Shape::Flag).or("false"),
    Key::new("serve_features_while_materializing", Shape::Flag).or("false"),
    Key::new("mcp", Shape::Mcp).nullable(),
    Key::new(READ_PATH, Shape::Url)
        .nullable()
        .only(Place::Databases),
    Key::new("sqlalchemy_config_kwargs", Shape::Map)
        .or(r#"{"echo":false}"#)
        .only(Place::Databases),
    Key::new("thread_pool_executor_worker_count", Shape::Integer)
        .or("0")
        .only(Place::Databases),
    Key::new("schema_mode", Shape::Choice(&["auto", "verify", "skip"]))
        .or("auto")
        .only(Place::Databases),
    Key::new("cert", Shape::Text).only(Place::Remote),
    Key::new("is_tls", Shape::LaxFlag)
        .or("false")
        .only(Place::Remote),
    Key::new("client_cert", Shape::Text).only(Place::Remote),
    Key::new("client_key", Shape::Text).only(Place::Remote),
    Key::new("authority", Shape::Text).only(Place::Remote),
    Key::new("journal_mode", Shape::Choice(&["wal", "delete"]))
        .or("wal")
        .only(Place::Sqlite),
    Key::new("schema", Shape::Text)
        .nullable()
        .only(Place::Databases),
    Key::new("backup_versions", Shape::Count)
        .or("0")
        .only(Place::Files),
    Key::new("protected_projects", Shape::Names),
    Key::new("compact_intervals", Shape::Flag).or("false"),
];

/// The key of this name.
pub(super) fn find(name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.name == name)
}
