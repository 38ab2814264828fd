//! The keys of the registry block: one table for YAML, variables, flags, defaults and the documentation.

use super::shape::Shape;

/// One key under `registry:`.
#[derive(Debug)]
pub(super) struct Key {
    pub(super) name: &'static str,
    pub(super) shape: Shape,
    /// The default as text; `None` where there is none, or where it depends on other keys.
    pub(super) default: Option<&'static str>,
    /// Whether YAML may say `null`, which then counts as not set.
    pub(super) nullable: bool,
}

impl Key {
    const fn new(name: &'static str, shape: Shape) -> Self {
        Self {
            name,
            shape,
            default: None,
            nullable: false,
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
    Key::new("s3_additional_kwargs", Shape::TextMap).nullable(),
    Key::new("allow_lost_updates", Shape::Flag).or("false"),
    Key::new("purge_feast_metadata", Shape::Flag).or("false"),
    Key::new("enable_online_feature_view_versioning", Shape::Flag).or("false"),
    Key::new("serve_features_while_materializing", Shape::Flag).or("false"),
    Key::new("mcp", Shape::Mcp).nullable(),
    Key::new(READ_PATH, Shape::Url).nullable(),
    Key::new("sqlalchemy_config_kwargs", Shape::Map).or(r#"{"echo":false}"#),
    Key::new("thread_pool_executor_worker_count", Shape::Integer).or("0"),
    Key::new("schema_mode", Shape::Choice(&["auto", "verify", "skip"])).or("auto"),
    Key::new("cert", Shape::Text),
    Key::new("is_tls", Shape::LaxFlag).or("false"),
    Key::new("client_cert", Shape::Text),
    Key::new("client_key", Shape::Text),
    Key::new("authority", Shape::Text),
    Key::new("journal_mode", Shape::Choice(&["wal", "delete"])).or("wal"),
    Key::new("schema", Shape::Text).nullable(),
    Key::new("backup_versions", Shape::Count).or("0"),
    Key::new("protected_projects", Shape::Names),
];

/// The key of this name.
pub(super) fn find(name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.name == name)
}
