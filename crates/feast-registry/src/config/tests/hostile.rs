use super::{loaded, refused, with_yaml};
use crate::config::load;
use proptest::prelude::*;
use std::fmt::Write as _;

fn bomb() -> String {
    let mut yaml = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let items = vec![format!("*a{}", level - 1); 10].join(", ");
        let _ = writeln!(yaml, "a{level}: &a{level} [{items}]");
    }
    yaml + "registry: r.db\n"
}

fn merge_bomb() -> String {
    let mut yaml = "m0: &m0 {a: 1, b: 2}\n".to_owned();
    for level in 1..40 {
        let _ = writeln!(
            yaml,
            "m{level}: &m{level} {{x: *m{0}, y: *m{0}, <<: *m{0}}}",
            level - 1
        );
    }
    yaml
}

/// Deep only once its aliases are put in.
fn alias_chain() -> String {
    let mut yaml = "a0: &a0 [x]\n".to_owned();
    for level in 1..150 {
        let _ = writeln!(yaml, "a{level}: &a{level} [*a{}]", level - 1);
    }
    yaml
}

/// One that went off would take more memory and time than any machine has.
#[test]
fn bombs_are_refused() {
    let wide: String = (0..100_000).map(|n| format!("k{n}: 1\n")).collect();
    for yaml in [
        bomb(),
        merge_bomb(),
        alias_chain(),
        wide,
        "[".repeat(100_000),
        "{a: ".repeat(50_000),
        "- ".repeat(100_000),
    ] {
        let error = refused(&yaml).to_string();
        assert!(error.len() < 300, "{error}");
    }
}

#[test]
fn many_unknown_keys_are_merely_many() {
    let keys: String = (0..5_000).map(|n| format!("  k{n}: 1\n")).collect();
    let kwargs: String = (0..2_000).map(|n| format!("    p{n}: 1\n")).collect();
    let loaded = loaded(&format!(
        "registry:\n  path: sqlite:///r.db\n{keys}  sqlalchemy_config_kwargs:\n{kwargs}"
    ));
    assert_eq!(loaded.warnings.len(), 7_000);
}

#[test]
fn syntax_errors_have_line_and_column() {
    for (yaml, place) in [
        ("project: p\nregistry: [a\n", "FEATURE_STORE_YAML_BASE64:"),
        ("project: p\nregistry: {a: b: c}\n", ":2:"),
        ("project: p\n\tregistry: x\n", "found a tab"),
        ("project: 'p\n", ":"),
        ("a: *x\n", ":1:4: an alias"),
        ("a: 1\n---\nb: 2\n", "more than one YAML document"),
        ("? [a]\n: b\n", "keys must be text"),
    ] {
        let error = refused(yaml).to_string();
        assert!(error.contains(place), "{yaml}: {error}");
    }
}

#[test]
fn yaml_is_read_as_python_reads_it() {
    let yaml = "---\nbase: &base {cache_ttl_seconds: 010, purge_feast_metadata: on}\nregistry:\n  <<: *base\n  path: \"r.db\"\n\
                other: [.inf, .nan, 1_000, 2024-01-01, 0x1f, ~, !!str 5]\n1: x\n";
    let registry = loaded(yaml).config.registry;
    assert_eq!(
        (registry.cache_ttl_seconds, registry.purge_feast_metadata),
        (8, true)
    );
}

proptest! {
    #[test]
    fn never_panics(text in any::<String>()) {
        let _ = load(&with_yaml(&text));
    }

    #[test]
    fn never_panics_on_almost_yaml(text in "((project|registry|path|registry_type|mcp|cache_mode|echo|<<|&a|\\*a)?[:\\-\\[\\]{}, \n'\"!|>#?$0-9a-z]{0,6}){0,20}") {
        let _ = load(&with_yaml(&text));
    }

    #[test]
    fn never_panics_on_values(key in 0..22usize, value in "[\\-\\[\\]{}:, '\"!|>#0-9a-z~.]{0,20}") {
        let name = crate::config::keys::KEYS[key].name;
        let yaml = format!("registry:\n  path: sqlite:///r.db\n  {name}: {value}\n");
        if let Err(error) = load(&with_yaml(&yaml)) {
            prop_assert!(error.to_string().len() < 500);
        }
    }

    #[test]
    fn passwords_never_show(password in "[A-Za-z0-9]{0,4}Zq9Zq9[A-Za-z0-9@:/%?$ ]{0,6}", key in "path|read_path|cache_mode|cache_ttl_seconds|schema_mode|nope") {
        let yaml = format!("registry:\n  {key}: \"mysql://user:{password}@host:1/db\"\n  cert: x\n");
        let shown = match load(&with_yaml(&yaml)) {
            Ok(loaded) => format!("{loaded:?}"),
            Err(error) => format!("{error} {error:?}"),
        };
        prop_assert!(!shown.contains("Zq9Zq9"), "{}", shown);
    }
}
