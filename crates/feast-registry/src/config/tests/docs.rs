//! The page for users and the tables in the code say the same.

use crate::config::keys::KEYS;
use crate::config::{DEFAULT_REGISTRY, KWARGS, Mapping};

/// Seen from `src/config/tests/`, as `include_str!` wants it.
const PAGE: &str = include_str!("../../../../../docs/configuration.md");

#[test]
fn every_key_and_its_default() {
    for key in KEYS {
        let row = format!("| `{}` |", key.name);
        let line = PAGE
            .lines()
            .find(|line| line.starts_with(&row))
            .unwrap_or_else(|| panic!("no row {row}"));
        let default = key
            .default
            .unwrap_or_default()
            .replace("\":", ": ")
            .replace('"', "");
        assert!(line.contains(&default), "{line} has no {default}");
    }
    assert!(PAGE.contains(DEFAULT_REGISTRY));
}

#[test]
fn every_kwarg() {
    let rows: Vec<String> = KWARGS
        .iter()
        .map(|kwarg| {
            let warns = if matches!(kwarg.mapping, Mapping::Unsupported(_)) {
                "warns: "
            } else {
                ""
            };
            let ignored = if matches!(kwarg.mapping, Mapping::Ignored(_)) {
                "no effect: "
            } else {
                ""
            };
            format!(
                "| `{}` | {} | {warns}{ignored}{} |",
                kwarg.name,
                kwarg.mapping.accepted(),
                kwarg.mapping.effect()
            )
        })
        .collect();
    let missing: Vec<&String> = rows
        .iter()
        .filter(|row| !PAGE.contains(row.as_str()))
        .collect();
    assert!(
        missing.is_empty(),
        "rows missing from docs/configuration.md:\n{missing:#?}"
    );
}
