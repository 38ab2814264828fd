//! `docs/writing-a-dialect.md` against what it speaks of: every method is in its table, and every trial
//! that it names exists.

#![allow(clippy::unwrap_used, reason = "a test fails by panic")]

use std::collections::BTreeSet;

use feast_registry_conformance::trial_names;

const PAGE: &str = include_str!("../../../docs/writing-a-dialect.md");
const TRAIT: &str = include_str!("../../feast-registry-sql/src/dialect.rs");

/// The methods of the trait.
fn methods() -> BTreeSet<&'static str> {
    let (_, body) = TRAIT.split_once("pub trait Dialect").unwrap();
    let (body, _) = body.split_once("\n}\n").unwrap();
    let names = body.lines().filter_map(|line| {
        let (name, _) = line.strip_prefix("    fn ")?.split_once('(')?;
        Some(name)
    });
    names.collect()
}

/// What stands between backticks.
fn quoted(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.split('`').skip(1).step_by(2)
}

#[test]
fn every_method_has_a_row() {
    let (_, table) = PAGE.split_once("## Every method").unwrap();
    let rows = table.lines().filter(|line| line.starts_with("| `"));
    let named = rows.flat_map(|row| quoted(row.split('|').nth(1).unwrap_or_default()));
    let named: BTreeSet<&str> = named.collect();
    let methods = methods();
    assert!(methods.len() > 20, "{methods:?}");
    let missing: Vec<_> = methods.difference(&named).collect();
    assert!(missing.is_empty(), "without a row: {missing:?}");
    let gone: Vec<_> = named.difference(&methods).collect();
    assert!(gone.is_empty(), "no method: {gone:?}");
}

#[test]
fn every_trial_that_is_named_exists() {
    let trials = trial_names();
    let groups: BTreeSet<&str> = trials
        .iter()
        .filter_map(|trial| trial.split("::").next())
        .collect();
    // Without those of code, which is between three of them.
    let prose = PAGE.split("```").step_by(2);
    let named = prose.flat_map(quoted).filter(|text| {
        let group = text.split_once("::").map(|(group, _)| group);
        group.is_some_and(|group| groups.contains(group))
    });
    let named: Vec<&str> = named.collect();
    assert!(named.len() > 20, "{named:?}");
    for name in named {
        let there = trials.iter().any(|trial| is(trial, name));
        assert!(there, "there is no trial `{name}`");
    }
}

/// Whether a trial is the one that is named, or one of a group that is; `…` stands for any groups.
fn is(trial: &str, name: &str) -> bool {
    match name.split_once('…') {
        Some((begin, end)) => trial.starts_with(begin) && trial.ends_with(end),
        None => trial
            .strip_prefix(name)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with("::") || name.ends_with("::")),
    }
}
