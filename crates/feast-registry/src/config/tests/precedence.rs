use super::{loaded, nothing, origin, set, with_yaml};
use crate::config::{LoadOptions, Loaded, RegistryType, load};

const YAML: &str = "project: from_yaml\nregistry: {path: 'postgresql://db/feast', cache_ttl_seconds: 1, \
                    read_path: 'postgresql://replica/feast', sqlalchemy_config_kwargs: {pool_size: 3, echo: true}}";

fn load_ok(options: &LoadOptions) -> Loaded {
    load(options).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn defaults_are_listed_where_they_mean_something() {
    let listed = |path: &str, key: &str| {
        let loaded = loaded(&format!("project: p\nregistry: {path}\n"));
        loaded.origins.iter().any(|origin| origin.key == key)
    };
    for (key, meant, meaningless) in [
        (
            "registry.journal_mode",
            "sqlite:///r.db",
            "postgresql://h/d",
        ),
        ("registry.schema_mode", "mysql://h/d", "data/r.pb"),
        ("registry.backup_versions", "data/r.pb", "sqlite:///r.db"),
        ("registry.allow_lost_updates", "s3://b/k", "data/r.pb"),
    ] {
        assert!(listed(meant, key), "{key} of {meant}");
        assert!(!listed(meaningless, key), "{key} of {meaningless}");
        assert!(listed(meaningless, "registry.cache_ttl_seconds"));
    }
    let said = loaded("project: p\nregistry: {path: \"postgresql://h/d\", journal_mode: delete}\n");
    assert_eq!(origin(&said, "registry.journal_mode").1, "delete");
}

#[test]
fn flags_over_variables_over_yaml_over_defaults() {
    let options = set(
        with_yaml(YAML),
        &[
            ("FEAST_REGISTRY_PROJECT", "from_env"),
            ("FEAST_REGISTRY_CACHE_TTL_SECONDS", "2"),
            ("FEAST_REGISTRY_SCHEMA_MODE", "skip"),
            ("FEAST_REGISTRY_CACHE_MODE", ""),
        ],
    );
    let loaded = load_ok(&options);
    assert_eq!(loaded.config.project.as_deref(), Some("from_env"));
    assert_eq!(
        origin(&loaded, "registry.cache_ttl_seconds"),
        ("FEAST_REGISTRY_CACHE_TTL_SECONDS", "2")
    );
    assert_eq!(
        origin(&loaded, "registry.schema_mode"),
        ("FEAST_REGISTRY_SCHEMA_MODE", "skip")
    );
    assert_eq!(origin(&loaded, "registry.cache_mode"), ("default", "sync"));
    assert!(loaded.warnings.is_empty(), "{:?}", loaded.warnings);

    let overrides = vec![
        ("cache_ttl_seconds".to_owned(), "3".to_owned()),
        ("registry.protected_projects".to_owned(), "a, b".to_owned()),
    ];
    let loaded = load_ok(&LoadOptions {
        project: Some("from_flag".to_owned()),
        overrides,
        ..options
    });
    assert_eq!(origin(&loaded, "project"), ("--project", "from_flag"));
    assert_eq!(loaded.config.registry.cache_ttl_seconds, 3);
    assert_eq!(loaded.config.registry.protected_projects, ["a", "b"]);
}

#[test]
fn maps_are_merged_key_by_key() {
    let kwargs = r#"{"pool_size": 5, "max_overflow": 0, "connect_args": {"sslpassword": "hush"}}"#;
    let loaded = load_ok(&set(
        with_yaml(YAML),
        &[("FEAST_REGISTRY_SQLALCHEMY_CONFIG_KWARGS", kwargs)],
    ));
    let pool = &loaded.config.registry.pool;
    assert_eq!((pool.max_size, pool.echo), (5, true));
    assert_eq!(
        origin(&loaded, "registry.sqlalchemy_config_kwargs.pool_size").0,
        "FEAST_REGISTRY_SQLALCHEMY_CONFIG_KWARGS"
    );
    assert!(
        origin(&loaded, "registry.sqlalchemy_config_kwargs.echo")
            .0
            .starts_with("FEATURE_STORE_YAML_BASE64")
    );
    assert_eq!(
        origin(
            &loaded,
            "registry.sqlalchemy_config_kwargs.connect_args.sslpassword"
        )
        .1,
        "***"
    );
    assert!(!format!("{loaded:?}").contains("hush"));
}

#[test]
fn a_path_brings_its_type_and_leaves_the_replica_behind() {
    let options = LoadOptions {
        registry: Some("other.pb".to_owned()),
        ..with_yaml(YAML)
    };
    let loaded = load_ok(&options);
    let registry = &loaded.config.registry;
    assert_eq!(
        (registry.registry_type, registry.read_path.is_none()),
        (RegistryType::File, true)
    );
    assert_eq!(
        origin(&loaded, "registry.registry_type"),
        ("--registry", "file")
    );
    assert!(
        loaded.warnings[0].contains("`registry.read_path` is ignored: --registry names another"),
        "{:?}",
        loaded.warnings
    );

    let yaml =
        "registry: {registry_type: file, path: s3://b/k, registry_store_type: S3RegistryStore}";
    let loaded = load_ok(&set(
        with_yaml(yaml),
        &[("FEAST_REGISTRY_PATH", "mysql://h/d")],
    ));
    assert_eq!(loaded.config.registry.registry_type, RegistryType::Sql);
    assert!(loaded.config.registry.registry_store_type.is_none());

    let both = [
        ("FEAST_REGISTRY_PATH", "x.db"),
        ("FEAST_REGISTRY_REGISTRY_TYPE", "sql"),
    ];
    assert!(load(&set(with_yaml(yaml), &both)).is_err());
}

#[test]
fn the_address_of_a_remote_registry_stays_remote() {
    let options = set(
        with_yaml("registry: {registry_type: remote, path: 'a:1'}"),
        &[("FEAST_REGISTRY_PATH", "b.svc:6570")],
    );
    let registry = load_ok(&options).config.registry;
    assert_eq!(
        (registry.registry_type, registry.path.expose()),
        (RegistryType::Remote, "b.svc:6570")
    );
}

#[test]
fn another_source_gives_the_registry_that_the_file_lacks() {
    for yaml in [
        "project: p",
        "project: p\nregistry:",
        "registry: {cache_ttl_seconds: 5}",
    ] {
        let loaded = load_ok(&LoadOptions {
            registry: Some("sqlite:///x.db".to_owned()),
            ..with_yaml(yaml)
        });
        assert_eq!(loaded.config.registry.path.expose(), "sqlite:///x.db");
    }
}

#[test]
fn variables_alone() {
    let (_dir, options) = nothing();
    let loaded = load_ok(&set(
        options.clone(),
        &[("FEAST_REGISTRY_CACHE_TTL_SECONDS", "0")],
    ));
    assert_eq!(
        loaded.config.registry.path.expose(),
        "sqlite:///registry.db"
    );
    assert_eq!(loaded.config.registry.cache_ttl(), None);
    assert!(load(&set(options, &[("FEAST_REGISTRY_REGISTRY_TYPE", "file")])).is_err());
}

#[test]
fn unknown_variables_warn_but_not_those_of_kubernetes_and_of_tests() {
    let variables = [
        ("FEAST_REGISTRY_CASH_MODE", "sync"),
        ("FEAST_REGISTRY_OUTPUT", "json"),
        ("FEAST_REGISTRY_SERVICE_HOST", "10.0.0.1"),
        ("FEAST_REGISTRY_SERVICE_PORT_GRPC", "80"),
        ("FEAST_REGISTRY_PORT", "tcp://10.0.0.1:80"),
        ("FEAST_REGISTRY_PORT_80_TCP_ADDR", "10.0.0.1"),
        ("FEAST_REGISTRY_SERVER_SERVICE_HOST", "10.0.0.1"),
        ("FEAST_REGISTRY_CONFORMANCE_URL", "postgresql://h/d"),
        ("FEAST_REGISTRY_SOAK", "1"),
    ];
    let own_variables = ["FEAST_REGISTRY_OUTPUT".to_owned()].into();
    let options = set(
        LoadOptions {
            own_variables,
            ..with_yaml("registry: r.db")
        },
        &variables,
    );
    let warnings = load_ok(&options).warnings;
    assert!(
        warnings.len() == 1 && warnings[0].starts_with("FEAST_REGISTRY_CASH_MODE"),
        "{warnings:?}"
    );
}

#[test]
fn debug_of_options_hides_values() {
    let options = LoadOptions {
        registry: Some("mysql://u:hush@h/d".to_owned()),
        ..LoadOptions::default()
    };
    let options = set(options, &[("FEAST_REGISTRY_PATH", "mysql://u:hush@h/d")]);
    assert!(!format!("{options:?}").contains("hush"));
}
