//! `migrate` and `diff`.

use std::process::Stdio;

use serde_json::Value;

use crate::runner::{Folder, entity, view};

const A: &str = "sqlite:///registry.db";
const B: &str = "sqlite:///b.db";

/// A folder with a registry of so many entities.
fn with_entities(count: usize) -> Folder {
    let folder = Folder::new();
    let entities: Vec<String> = (0..count).map(|n| entity(&format!("e{n}"))).collect();
    folder.write("all.yaml", entities.join("---\n"));
    folder.cli("apply all.yaml").ok();
    folder
}

/// What a migration reports as JSON.
fn migrate(folder: &Folder, options: &str) -> Value {
    folder.cli(&format!("-o json migrate {options}")).json()
}

#[track_caller]
fn assert_equal(folder: &Folder, a: &str, b: &str) {
    let said = folder.cli(&format!("diff {a} {b}")).ok();
    assert_eq!(said, "only in A 0, only in B 0, different 0\n");
}

#[test]
#[cfg(feature = "file")]
fn there_and_back_nothing_has_changed() {
    let folder = Folder::with_examples();
    folder
        .cli("materializations add driver_stats --start 2026-01-01 --end 2026-01-02")
        .ok();
    let there = migrate(&folder, &format!("--from {A} --to b.pb --verify"));
    let back = migrate(&folder, &format!("--from b.pb --to {B} --verify"));
    assert_eq!(there["checksum"], back["checksum"]);
    assert_eq!(there["passes"], back["passes"]);
    assert_eq!(back["verified"], true);
    assert_eq!(back["checksum"], back["target_checksum"]);
    assert_equal(&folder, A, B);
    assert_equal(&folder, A, "b.pb");
    let versions = |registry| folder.cli(&format!("--registry {registry} versions driver_stats"));
    assert_eq!(versions(B).ok(), versions(A).ok());
}

#[test]
fn a_report_has_every_kind_and_the_whole() {
    let folder = Folder::with_examples();
    let said = folder
        .cli(&format!("migrate --from {A} --to {B} --verify"))
        .ok();
    let lines: Vec<&str> = said.lines().collect();
    assert!(lines[0].starts_with("pass 1: created "), "{said}");
    let entities = lines.iter().find(|line| line.contains(" entities "));
    let columns: Vec<&str> = entities.unwrap().split_whitespace().collect();
    assert_eq!(columns[..3], ["rides", "entities", "2"]);
    assert_eq!(columns[3], columns[4]);
    assert!(
        lines.last().unwrap().contains(" objects, checksum "),
        "{said}"
    );
}

#[test]
fn a_dry_run_writes_nothing() {
    let folder = Folder::with_examples();
    let said = folder
        .cli(&format!("migrate --from {A} --to {B} --dry-run"))
        .ok();
    assert!(said.starts_with("dry run: created 2"), "{said}");
    folder
        .cli(&format!("--registry {B} schema verify"))
        .fails(1, "table");
}

#[test]
fn a_target_with_something_else_is_left_alone() {
    let folder = Folder::new();
    folder.cli_with_input("apply -", entity("a")).ok();
    folder
        .cli_with_input(&format!("--registry {B} apply -"), entity("b"))
        .ok();
    let line = format!("migrate --from {A} --to {B}");
    let error = folder.cli(&line).fails(4, "the target holds ");
    assert!(error.contains("--overwrite"), "{error}");
    folder
        .cli(&format!("--registry {B} entities describe b"))
        .ok();

    folder.cli(&format!("{line} --overwrite --verify")).ok();
    assert_equal(&folder, A, B);
}

#[test]
fn an_empty_source_is_an_error() {
    let folder = Folder::with_examples();
    folder.cli(&format!("--registry {B} schema create")).ok();
    folder
        .cli(&format!("migrate --from {B} --to {A} --overwrite"))
        .fails(3, "the source holds nothing");
    folder.cli("entities describe driver").ok();
}

#[test]
fn one_project_moves_alone() {
    let folder = Folder::with_examples();
    folder
        .cli_with_input("apply -", "kind: Entity\nproject: other\nspec: {name: x}\n")
        .ok();
    folder
        .cli_with_input(
            &format!("--registry {B} apply -"),
            "kind: Entity\nproject: third\nspec: {name: y}\n",
        )
        .ok();
    let line = format!("--project other migrate --from {A} --to {B} --verify");
    folder.cli(&line).ok();
    let projects = folder
        .cli(&format!("--registry {B} projects list -o json"))
        .json();
    let names = projects.as_array().unwrap().iter();
    let names: Vec<&Value> = names.map(|project| &project["spec"]["name"]).collect();
    assert_eq!(names, ["other", "third"]);
    folder.cli(&format!("--project other diff {A} {B}")).ok();
}

#[test]
fn a_killed_migration_is_continued() {
    let folder = with_entities(2_000);
    let mut child = folder
        .command()
        .args(["migrate", "--from", A, "--to", B])
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let file = folder.path().join("b.db");
    let there = || -> i64 {
        let Ok(database) = rusqlite::Connection::open(&file) else {
            return 0;
        };
        let count = database.query_row("SELECT COUNT(*) FROM entities", [], |row| row.get(0));
        count.unwrap_or(0)
    };
    while there() == 0 && child.try_wait().unwrap().is_none() {
        std::thread::yield_now();
    }
    // SIGKILL. It may have come to its end already: then there is nothing left to do.
    child.kill().unwrap();
    child.wait().unwrap();
    let kept = there();
    assert!(kept > 0);

    let second = migrate(&folder, &format!("--from {A} --to {B} --verify"));
    let unchanged = second["passes"][0]["unchanged"].as_i64().unwrap();
    assert!(unchanged >= kept, "{kept} were there, {second}");
    assert_equal(&folder, A, B);
}

#[test]
fn what_is_written_to_the_source_meanwhile_comes_too() {
    let folder = with_entities(600);
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            for n in 0..8 {
                folder
                    .cli_with_input("apply -", entity(&format!("new{n}")))
                    .ok();
                folder.cli(&format!("delete e{n}")).ok();
            }
        });
        let line = format!("migrate --from {A} --to {B} --watch-until-quiet --verify");
        let said = folder.cli(&line).ok();
        assert!(said.contains("created 0, updated 0, deleted 0, "), "{said}");
        writer.join().unwrap();
    });
    let last = format!("migrate --from {A} --to {B} --overwrite --watch-until-quiet --verify");
    folder.cli(&last).ok();
    assert_equal(&folder, A, B);
}

#[test]
fn a_difference_is_shown_field_by_field() {
    let folder = Folder::new();
    let all = [view("same", "old"), view("v", "old"), entity("gone")].join("---\n");
    folder.cli_with_input("apply -", all).ok();
    folder.cli(&format!("migrate --from {A} --to {B}")).ok();
    folder.cli_with_input("apply -", view("v", "fresh")).ok();
    folder.cli("delete gone").ok();
    folder.cli_with_input("apply -", entity("new")).ok();

    let diff = folder.cli(&format!("diff {B} {A}"));
    assert_eq!((diff.code, &*diff.err), (1, ""));
    assert!(
        diff.out.contains("- entity `gone` in project `rides`\n"),
        "{}",
        diff.out
    );
    assert!(
        diff.out.contains("+ entity `new` in project `rides`\n"),
        "{}",
        diff.out
    );
    let changed = "~ feature view `v` in project `rides`\n    ";
    assert!(diff.out.contains(changed), "{}", diff.out);
    assert!(
        diff.out.contains("    spec.features[fresh]: set to "),
        "{}",
        diff.out
    );
    assert!(!diff.out.contains("`same`"), "{}", diff.out);

    let diff = folder.cli(&format!("-o json diff {B} {A}"));
    assert_eq!(diff.code, 1);
    let value: Value = serde_json::from_str(&diff.out).unwrap();
    let find = |name: &str| {
        let objects = value.as_array().unwrap().iter();
        objects
            .clone()
            .find(|object| object["name"] == name)
            .unwrap()["change"]
            .clone()
    };
    assert_eq!(
        (find("gone"), find("new")),
        ("only in A".into(), "only in B".into())
    );
    assert_eq!(find("v"), "differs");

    let diff = folder.cli(&format!("-o yaml diff {B} {A}"));
    assert_eq!(diff.code, 1);
    for part in [
        "--- a/rides/feature-views/v.yaml\n+++ b/rides/feature-views/v.yaml\n@@ ",
        "\n-  - name: old\n",
        "\n+  - name: fresh\n",
        "--- /dev/null\n+++ b/rides/entities/new.yaml\n",
        "--- a/rides/entities/gone.yaml\n+++ /dev/null\n",
    ] {
        assert!(diff.out.contains(part), "no {part:?} in {}", diff.out);
    }
}

#[test]
fn what_cannot_be_opened_is_no_difference() {
    let folder = Folder::with_examples();
    folder
        .cli(&format!("diff {A} nosuch://x"))
        .fails(2, "nosuch");
}
