use super::{refused, set, with_yaml};
use crate::config::{LoadOptions, load};

#[test]
fn wrong_types_name_key_found_and_accepted() {
    for (line, words) in [
        (
            "cache_ttl_seconds: '60'",
            [
                "`registry.cache_ttl_seconds`",
                "\"60\" (text)",
                "whole number",
            ],
        ),
        (
            "cache_ttl_seconds: 60.0",
            [
                "`registry.cache_ttl_seconds`",
                "60.0 (a number)",
                "whole number",
            ],
        ),
        (
            "cache_ttl_seconds: null",
            ["`registry.cache_ttl_seconds`", "null", "whole number"],
        ),
        (
            "cache_ttl_seconds: true",
            [
                "`registry.cache_ttl_seconds`",
                "true (a flag)",
                "whole number",
            ],
        ),
        (
            "cache_ttl_seconds: 99999999999999999999",
            ["`registry.cache_ttl_seconds`", "(a number)", "whole number"],
        ),
        (
            "purge_feast_metadata: 'true'",
            [
                "`registry.purge_feast_metadata`",
                "\"true\" (text)",
                "true or false",
            ],
        ),
        (
            "purge_feast_metadata: 1",
            [
                "`registry.purge_feast_metadata`",
                "1 (a number)",
                "true or false",
            ],
        ),
        (
            "cache_mode: async",
            ["`registry.cache_mode`", "\"async\"", "sync, thread"],
        ),
        (
            "registry_type: mine.Registry",
            [
                "`registry.registry_type`",
                "\"mine.Registry\"",
                "file, sql, snowflake.registry, remote",
            ],
        ),
        (
            "schema_mode: always",
            ["`registry.schema_mode`", "\"always\"", "auto, verify, skip"],
        ),
        (
            "journal_mode: memory",
            ["`registry.journal_mode`", "\"memory\"", "wal, delete"],
        ),
        ("read_path: [a]", ["`registry.read_path`", "a list", "URL"]),
        (
            "s3_additional_kwargs: {a: 1}",
            [
                "`registry.s3_additional_kwargs`",
                "a map",
                "values are text",
            ],
        ),
        (
            "sqlalchemy_config_kwargs: null",
            ["`registry.sqlalchemy_config_kwargs`", "null", "a map"],
        ),
        ("mcp: {on: true}", ["`registry.mcp`", "a map", "enabled"]),
        (
            "protected_projects: prod",
            ["`registry.protected_projects`", "\"prod\"", "list of names"],
        ),
        ("schema: 5", ["`registry.schema`", "5 (a number)", "text"]),
    ] {
        let error = refused(&format!("registry:\n  path: sqlite:///r.db\n  {line}\n")).to_string();
        assert!(
            error.starts_with("FEATURE_STORE_YAML_BASE64:3: "),
            "{error}"
        );
        assert!(
            words.iter().all(|word| error.contains(word)),
            "{line}: {error}"
        );
    }
    assert!(
        refused("registry: {path: 5}")
            .to_string()
            .contains("`registry.path` is 5 (a number)")
    );
    assert!(
        refused("registry: [a]")
            .to_string()
            .contains("`registry` is a list")
    );
}

#[test]
fn path_and_type_must_fit() {
    let error =
        refused("registry:\n  registry_type: file\n  path: postgresql://u:hush@h/d").to_string();
    assert!(
        error.contains(":3:")
            && error.contains("`registry_type: sql`")
            && error.contains("u:***@h"),
        "{error}"
    );
    let error = refused("registry: {registry_type: sql, path: data/registry.db}").to_string();
    assert!(
        error.contains("no database URL") && error.contains("sqlite:///registry.db"),
        "{error}"
    );
    let error = refused("registry: {path: sqlite:///a.db, read_path: b.db}").to_string();
    assert!(
        error.contains("`registry.read_path` is \"b.db\""),
        "{error}"
    );
}

#[test]
fn the_class_that_stores_a_file_must_fit_its_url() {
    for (class, path, words) in [
        (
            "S3RegistryStore",
            "gs://b/k",
            ["S3RegistryStore", "gs://b/k", "s3://bucket/key"],
        ),
        (
            "FileRegistryStore",
            "s3://b/k",
            ["FileRegistryStore", "s3://b/k", "a path"],
        ),
        (
            "feast.infra.registry.gcs.GCSRegistryStore",
            "r.db",
            ["GCSRegistryStore", "r.db", "gs://bucket/key"],
        ),
        (
            "AzureRegistryStore",
            "r.db",
            [
                "\"AzureRegistryStore\"",
                "FileRegistryStore (a path)",
                "GCSRegistryStore",
            ],
        ),
        (
            "mine.S3RegistryStore",
            "s3://b/k",
            [
                "\"mine.S3RegistryStore\"",
                "S3RegistryStore (s3://bucket/key)",
                "`path`",
            ],
        ),
    ] {
        let yaml = format!("registry: {{path: {path}, registry_store_type: {class}}}");
        let error = refused(&yaml).to_string();
        assert!(
            error.contains("`registry.registry_store_type`")
                && words.iter().all(|word| error.contains(word)),
            "{error}"
        );
    }
}

#[test]
fn no_message_holds_a_secret() {
    for yaml in [
        "registry: 'postgresql://u:hush@h:port/d'",
        "registry: {registry_type: 'postgresql://u:hush@h/d', path: x}",
        "registry: {registry_type: 'u:hush@h', path: x}",
        "registry: {path: 'sqlite://u:hush@h'}",
        "registry: {path: ''}",
        "registry: {path: 'sqlite:///a', read_path: 'mysql:u:hush@h'}",
        "registry: {path: 'sqlite:///a', cache_ttl_seconds: 'x://u:hush@h'}",
        "registry: {path: 'sqlite:///a', sqlalchemy_config_kwargs: {connect_args: {sslpassword: [hush]}}}",
        "registry: {path: x, registry_store_type: 's3://u:hush@h'}",
        "registry: {path: 's3://u:hush@b/k', registry_store_type: FileRegistryStore}",
        "registry: {path: 'postgresql://u:hush@h/d\n",
        "registry: {path: 'postgresql://u:hush@h/d\"}",
        "registry: {path: *hush}",
        "registry: {path: !hush x}",
        "registry:\n  path: hush\n bad: hush",
    ] {
        let error = refused(yaml);
        assert!(!format!("{error} {error:?}").contains("hush"), "{error:?}");
    }
}

#[test]
fn variables_and_flags_name_themselves() {
    let yaml = "registry: sqlite:///r.db";
    for (name, value, words) in [
        (
            "FEAST_REGISTRY_CACHE_TTL_SECONDS",
            "soon",
            ["\"soon\"", "whole number"],
        ),
        (
            "FEAST_REGISTRY_PURGE_FEAST_METADATA",
            "maybe",
            ["\"maybe\"", "true, false"],
        ),
        ("FEAST_REGISTRY_CACHE_MODE", "x", ["\"x\"", "sync, thread"]),
        (
            "FEAST_REGISTRY_SQLALCHEMY_CONFIG_KWARGS",
            "{hush",
            ["something else", "JSON object"],
        ),
        (
            "FEAST_REGISTRY_PATH",
            "mysql://u:hush@h:x/d",
            ["mysql://***", "port"],
        ),
    ] {
        let error = load(&set(with_yaml(yaml), &[(name, value)]))
            .expect_err(name)
            .to_string();
        assert!(
            error.starts_with(name) && words.iter().all(|word| error.contains(word)),
            "{error}"
        );
        assert!(!error.contains("hush"), "{error}");
    }
    let overrides = vec![("registry.nope".to_owned(), "1".to_owned())];
    let error = load(&LoadOptions {
        overrides,
        ..with_yaml(yaml)
    })
    .expect_err("unknown")
    .to_string();
    assert!(
        error.contains("registry.nope") && error.contains("cache_ttl_seconds"),
        "{error}"
    );
    let registry = Some(String::new());
    let error = load(&LoadOptions {
        registry,
        ..with_yaml(yaml)
    })
    .expect_err("empty")
    .to_string();
    assert!(
        error.starts_with("--registry: ") && error.contains("empty"),
        "{error}"
    );
}
