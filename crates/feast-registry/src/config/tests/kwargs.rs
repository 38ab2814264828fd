use super::{loaded, refused};
use crate::config::{KWARGS, Mapping, PoolOptions};
use serde_json::{Value, json};
use std::time::Duration;

fn pool(kwargs: Value) -> (PoolOptions, Vec<String>) {
    let map = kwargs.as_object().expect("a map");
    PoolOptions::from_kwargs(map, |_| "test".to_owned()).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn defaults() {
    let (options, warnings) = pool(json!({}));
    assert_eq!(options, PoolOptions::default());
    assert_eq!(options.max_size, 16);
    assert!(warnings.is_empty());
}

#[test]
fn every_mapped_argument() {
    let (options, warnings) = pool(json!({
        "pool_size": 5, "max_overflow": 2, "pool_timeout": 1.5, "pool_recycle": 3600, "pool_pre_ping": true,
        "pool_use_lifo": false, "echo": "debug", "isolation_level": "serializable", "future": true,
        "connect_args": {"timeout": 7, "sslmode": "require", "keepalives": 1, "ssl": {"ca": "/ca.pem"}},
    }));
    assert_eq!(options.max_size, 7);
    assert_eq!(options.wait_timeout, Duration::from_millis(1500));
    assert_eq!(options.recycle, Some(Duration::from_secs(3600)));
    assert!(options.pre_ping && options.echo);
    assert_eq!(options.busy_timeout, Duration::from_secs(7));
    assert_eq!(options.connect_timeout, Some(Duration::from_secs(7)));
    let parameters: Vec<_> = options
        .parameters
        .iter()
        .map(|(k, v)| (k.as_str(), v.as_str()))
        .collect();
    assert_eq!(
        parameters,
        [
            ("keepalives", "1"),
            ("ssl_ca", "/ca.pem"),
            ("sslmode", "require")
        ]
    );
    assert!(warnings.is_empty(), "{warnings:?}");
}

#[test]
fn sizes_without_limit() {
    for (kwargs, max) in [
        (json!({"max_overflow": -1}), 128),
        (json!({"pool_size": 0}), 128),
        (json!({"pool_size": 1, "max_overflow": 0}), 1),
        (json!({"pool_size": i64::MAX}), 65535),
    ] {
        let (options, _) = pool(kwargs);
        assert_eq!(options.max_size, max);
    }
    assert_eq!(pool(json!({"pool_recycle": -1})).0.recycle, None);
}

#[test]
fn what_is_not_mapped_warns_by_name() {
    let yaml = "registry:\n  path: sqlite:///r.db\n  sqlalchemy_config_kwargs: {poolclass: NullPool, pool_sise: 3, \
                connect_args: {odd: 1, read_timeout: 5, ssl: {capath: x}}}";
    let text = loaded(yaml).warnings.join("\n");
    for name in [
        "poolclass",
        "pool_sise",
        "connect_args.odd",
        "connect_args.read_timeout",
        "connect_args.ssl.capath",
    ] {
        let line = format!(": `registry.sqlalchemy_config_kwargs.{name}` has no effect");
        assert!(text.contains(&line), "{name}: {text}");
    }
    assert!(text.contains("FEATURE_STORE_YAML_BASE64:3"), "{text}");
}

#[test]
fn wrong_types_name_key_found_and_accepted() {
    for (entry, words) in [
        (
            "pool_size: '5'",
            ["pool_size`", "\"5\" (text)", "whole number"],
        ),
        ("pool_size: -1", ["pool_size`", "-1 (a number)", "from 0"]),
        (
            "max_overflow: -2",
            ["max_overflow`", "-2 (a number)", "from -1"],
        ),
        (
            "pool_timeout: -1",
            ["pool_timeout`", "-1 (a number)", "seconds"],
        ),
        (
            "pool_timeout: 1e300",
            ["pool_timeout`", "(a number)", "seconds"],
        ),
        (
            "pool_recycle: never",
            ["pool_recycle`", "\"never\" (text)", "-1 for never"],
        ),
        ("echo: 1", ["echo`", "1 (a number)", "true, false"]),
        (
            "pool_pre_ping: null",
            ["pool_pre_ping`", "null", "true or false"],
        ),
        ("connect_args: [1]", ["connect_args`", "a list", "a map"]),
        (
            "connect_args: {sslmode: {}}",
            ["connect_args.sslmode`", "a map", "text"],
        ),
        (
            "connect_args: {sslpassword: [hush]}",
            ["connect_args.sslpassword`", "***", "text"],
        ),
    ] {
        let yaml =
            format!("registry: {{path: 'sqlite:///r.db', sqlalchemy_config_kwargs: {{{entry}}}}}");
        let error = refused(&yaml).to_string();
        assert!(
            words.iter().all(|word| error.contains(word)),
            "{entry}: {error}"
        );
    }
}

#[test]
fn the_table_has_no_doubles_and_every_row_is_accepted() {
    for (index, kwarg) in KWARGS.iter().enumerate() {
        assert!(
            !KWARGS[..index].iter().any(|other| other.name == kwarg.name),
            "{}",
            kwarg.name
        );
        let value = match kwarg.mapping {
            Mapping::PrePing | Mapping::Echo => json!(true),
            Mapping::Parameter => json!("SERIALIZABLE"),
            Mapping::ConnectArgs | Mapping::SslFiles => json!({}),
            _ => json!(1),
        };
        let kwargs = match kwarg.name.split_once('.') {
            Some((outer, inner)) => json!({outer: {inner: value}}),
            None => json!({kwarg.name: value}),
        };
        let (_, warnings) = pool(kwargs);
        assert_eq!(
            !warnings.is_empty(),
            matches!(kwarg.mapping, Mapping::Unsupported(_)),
            "{}",
            kwarg.name
        );
    }
}
