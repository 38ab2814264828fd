use super::{loaded, origin, refused};
use crate::config::{CacheMode, ConfigError, JournalMode, RegistryType, SchemaMode};
use std::time::Duration;

const TUTORIAL: &str = "\
project: feast_demo_project
provider: local
online_store: redis
offline_store: file
registry:
  registry_type: sql
  path: postgresql://postgres:mysecretpassword@127.0.0.1:55001/feast
  cache_ttl_seconds: 60
  sqlalchemy_config_kwargs:
    echo: false
    pool_pre_ping: true
";

#[test]
fn the_tutorial_loads_verbatim() {
    let loaded = loaded(TUTORIAL);
    let (config, registry) = (&loaded.config, &loaded.config.registry);
    assert_eq!(config.project.as_deref(), Some("feast_demo_project"));
    assert_eq!(registry.registry_type, RegistryType::Sql);
    assert_eq!(
        registry.path.expose(),
        "postgresql://postgres:mysecretpassword@127.0.0.1:55001/feast"
    );
    assert_eq!(registry.cache_ttl(), Some(Duration::from_secs(60)));
    assert!(registry.pool.pre_ping && !registry.pool.echo);
    assert_eq!(config.other, ["offline_store", "online_store", "provider"]);
    assert_eq!(loaded.warnings, [] as [&str; 0]);
    assert_eq!(
        origin(&loaded, "registry.cache_ttl_seconds"),
        ("FEATURE_STORE_YAML_BASE64:8", "60")
    );
    assert_eq!(
        origin(&loaded, "registry.path").1,
        "postgresql://postgres:***@127.0.0.1:55001/feast"
    );
    assert_eq!(origin(&loaded, "registry.cache_mode"), ("default", "sync"));
    let kwargs = "registry.sqlalchemy_config_kwargs";
    assert_eq!(
        origin(&loaded, &format!("{kwargs}.pool_pre_ping")).1,
        "true"
    );
    assert!(
        origin(&loaded, &format!("{kwargs}.echo"))
            .0
            .starts_with("FEATURE_STORE_YAML_BASE64:")
    );
    assert!(!format!("{loaded:?}").contains("mysecretpassword"));
}

#[test]
fn defaults_are_those_of_feast() {
    let registry = loaded("registry: {path: data/registry.db}").config.registry;
    assert_eq!(registry.registry_type, RegistryType::File);
    assert_eq!(
        (registry.cache_ttl_seconds, registry.cache_mode),
        (600, CacheMode::Sync)
    );
    assert_eq!(
        (registry.schema_mode, registry.journal_mode),
        (SchemaMode::Auto, JournalMode::Wal)
    );
    assert!(!registry.purge_feast_metadata && !registry.enable_online_feature_view_versioning);
    assert!(!registry.compact_intervals);
    assert!(
        !registry.serve_features_while_materializing && !registry.mcp_enabled && !registry.is_tls
    );
    assert_eq!(registry.thread_pool_executor_worker_count, 0);
    assert!(
        registry.read_path.is_none()
            && registry.schema.is_none()
            && registry.registry_store_type.is_none()
    );
    assert!(
        registry.cert.is_empty()
            && registry.client_cert.is_empty()
            && registry.authority.is_empty()
    );
    assert!(registry.protected_projects.is_empty() && registry.extra.is_empty());
    assert_eq!(
        registry.sqlalchemy_config_kwargs.get("echo"),
        Some(&false.into())
    );
}

#[test]
fn every_key_is_taken() {
    let yaml = "
registry:
  registry_type: sql
  registry_store_type: null
  path: postgresql://db/feast
  read_path: postgresql://replica/feast
  cache_ttl_seconds: -1
  cache_mode: thread
  s3_additional_kwargs: {ServerSideEncryption: AES256, SSECustomerKey: hush}
  purge_feast_metadata: true
  enable_online_feature_view_versioning: yes
  serve_features_while_materializing: false
  mcp: {enabled: true}
  thread_pool_executor_worker_count: 4
  schema_mode: verify
  journal_mode: delete
  schema: feast
  protected_projects: [prod, staging]
  compact_intervals: true
";
    let loaded = loaded(yaml);
    let registry = &loaded.config.registry;
    assert_eq!(
        registry.read_path.as_ref().map(|url| url.expose()),
        Some("postgresql://replica/feast")
    );
    assert_eq!(
        (registry.cache_ttl(), registry.cache_mode),
        (None, CacheMode::Thread)
    );
    assert_eq!(registry.s3_additional_kwargs.len(), 2);
    assert!(
        registry.purge_feast_metadata
            && registry.compact_intervals
            && registry.enable_online_feature_view_versioning
            && registry.mcp_enabled
    );
    assert_eq!(
        (registry.schema_mode, registry.journal_mode),
        (SchemaMode::Verify, JournalMode::Delete)
    );
    assert_eq!(
        (
            registry.schema.as_deref(),
            registry.thread_pool_executor_worker_count
        ),
        (Some("feast"), 4)
    );
    assert!(registry.is_protected("prod") && !registry.is_protected("dev"));
    assert_eq!(
        origin(&loaded, "registry.s3_additional_kwargs.SSECustomerKey").1,
        "***"
    );
    assert!(!format!("{loaded:?}").contains("hush"));
}

#[test]
fn remote_keys() {
    let yaml = "registry: {registry_type: remote, path: 'host:6570', cert: /ca.pem, is_tls: 'true', client_cert: /c.pem, \
                client_key: /k.pem, authority: real}";
    let loaded = loaded(yaml);
    let registry = &loaded.config.registry;
    assert_eq!(
        (registry.registry_type, registry.path.expose()),
        (RegistryType::Remote, "host:6570")
    );
    assert_eq!(
        (
            registry.cert.as_str(),
            registry.is_tls,
            registry.authority.as_str()
        ),
        ("/ca.pem", true, "real")
    );
    assert_eq!(origin(&loaded, "registry.client_key").1, "/k.pem");
    let error =
        refused("registry: {registry_type: remote, path: 'h:1', client_cert: /c.pem}").to_string();
    assert!(
        error.contains("client_key") && error.contains("both or none"),
        "{error}"
    );
}

#[test]
fn text_and_maps_without_type() {
    for (yaml, expected) in [
        ("registry: data/registry.db", RegistryType::File),
        ("registry: s3://bucket/registry.pb", RegistryType::File),
        ("registry: memory://", RegistryType::File),
        ("registry: postgresql+psycopg://u:p@h/d", RegistryType::Sql),
        ("registry: sqlite:///registry.db", RegistryType::Sql),
        ("registry: {path: sqlite:///registry.db}", RegistryType::Sql),
        (
            "registry: {path: gs://b/k, registry_store_type: GCSRegistryStore}",
            RegistryType::File,
        ),
        (
            "registry: {path: r.db, registry_store_type: feast.infra.registry.file.FileRegistryStore}",
            RegistryType::File,
        ),
        (
            "registry: {path: s3://b/k, registry_store_type: S3RegistryStore}",
            RegistryType::File,
        ),
        (
            "registry: {registry_type: sql, path: 'memory://'}",
            RegistryType::Sql,
        ),
        (
            "registry: {registry_type: remote, path: 'dns:///host:6570'}",
            RegistryType::Remote,
        ),
    ] {
        assert_eq!(
            loaded(yaml).config.registry.registry_type,
            expected,
            "{yaml}"
        );
    }
}

#[test]
fn snowflake_is_read_but_names_no_backend() {
    let loaded =
        loaded("registry: {registry_type: snowflake.registry, account: a, password: hush}");
    let registry = &loaded.config.registry;
    assert_eq!(
        (registry.registry_type, registry.path.scheme()),
        (RegistryType::Snowflake, "snowflake")
    );
    assert_eq!((registry.extra.len(), loaded.warnings.len()), (2, 0));
    assert!(!format!("{loaded:?}").contains("hush"));
}

#[test]
fn no_registry() {
    let not_set = ConfigError::RegistryNotSet {
        file: "FEATURE_STORE_YAML_BASE64".to_owned(),
    };
    assert_eq!(refused("project: p"), not_set);
    assert_eq!(refused("project: p\nregistry:"), not_set);
    assert_eq!(refused("project: p\nregistry: null"), not_set);
    for yaml in [
        "registry: {}",
        "registry: {registry_type: sql}",
        "registry: {registry_type: remote}",
    ] {
        let error = refused(yaml).to_string();
        assert!(
            error.contains("`registry.path` is missing; accepted: "),
            "{error}"
        );
    }
}

#[test]
fn unknown_and_repeated_keys_warn() {
    let loaded =
        loaded("registry:\n  path: r.db\n  pth: x\n  path: s.db\nproject: a\nproject: b\n");
    assert_eq!(loaded.config.registry.extra.get("pth"), Some(&"x".into()));
    assert_eq!(
        (
            loaded.config.registry.path.expose(),
            loaded.config.project.as_deref()
        ),
        ("s.db", Some("b"))
    );
    let text = loaded.warnings.join("\n");
    assert!(
        text.contains("FEATURE_STORE_YAML_BASE64:3: `registry.pth` is no known key"),
        "{text}"
    );
    assert!(
        text.contains("`registry.path` stands more than once")
            && text.contains("`project` stands more"),
        "{text}"
    );
}

#[test]
fn project_names() {
    for name in ["p", "My_Project-2", "été", "项目", "0a"] {
        let loaded = loaded(&format!(
            "project: '{name}'\nregistry: r.db\nonline_store: {{type: redis}}"
        ));
        assert_eq!(loaded.config.project.as_deref(), Some(name));
        assert_eq!(loaded.warnings.len(), 0);
    }
    for name in ["", "_p", "-p", "a b", "a.b", "a/b"] {
        let error = refused(&format!("project: '{name}'\nregistry: r.db")).to_string();
        assert!(
            error.contains("`project` is") && error.contains("hyphens"),
            "{error}"
        );
    }
    for store in ["", "online_store: sqlite", "online_store: {type: sqlite}"] {
        let warnings = loaded(&format!("project: a-b\nregistry: r.db\n{store}")).warnings;
        assert!(
            warnings.len() == 1 && warnings[0].contains("hyphen"),
            "{warnings:?}"
        );
    }
    assert!(
        refused("project: 5\nregistry: r.db")
            .to_string()
            .contains("5 (a number)")
    );
}

#[test]
fn serving_while_materializing_warns_as_feast_does() {
    for (rest, warns) in [
        ("path: r.db", true),
        ("path: sqlite:///r.db, cache_mode: thread", true),
        ("path: sqlite:///r.db", false),
    ] {
        let warnings = loaded(&format!(
            "registry: {{serve_features_while_materializing: true, {rest}}}"
        ))
        .warnings;
        assert_eq!(warnings.len() == 1, warns, "{warnings:?}");
    }
}
