//! `doctor` and `materializations compact`.

use std::collections::BTreeSet;

use rusqlite::Connection;
use serde_json::Value;

use crate::runner::Folder;

fn sql(folder: &Folder, statements: &str) {
    let database = Connection::open(folder.path().join("registry.db")).unwrap();
    database.execute_batch(statements).unwrap();
}

/// What other programs, crashes and time leave behind, by the code that each is found under.
const PLANTED: [(&str, &str); 13] = [
    (
        "undecodable",
        "INSERT INTO entities (entity_name, project_id, last_updated_timestamp, entity_proto)
         VALUES ('broken', 'rides', 1, x'0affffffff0f80')",
    ),
    (
        "two-views",
        "INSERT INTO label_views (feature_view_name, project_id, last_updated_timestamp, feature_view_proto)
         VALUES ('driver_stats', 'rides', 1, x'0a0e0a0c6472697665725f7374617473')",
    ),
    (
        "missing-project",
        "INSERT INTO entities (entity_name, project_id, last_updated_timestamp, entity_proto)
         VALUES ('child', 'lost', 1, x'0a070a056368696c64')",
    ),
    (
        "other-name",
        "INSERT INTO entities (entity_name, project_id, last_updated_timestamp, entity_proto)
         VALUES ('renamed', 'rides', 1, x'0a070a056368696c64')",
    ),
    (
        "other-project",
        "INSERT INTO entities (entity_name, project_id, last_updated_timestamp, entity_proto)
         VALUES ('moved', 'rides', 1, x'0a0d0a056d6f7665644a046c6f7374')",
    ),
    (
        "dangling-reference",
        "DELETE FROM saved_datasets WHERE saved_dataset_name IN
         (SELECT saved_dataset_name FROM saved_datasets LIMIT 1)",
    ),
    (
        "missing-version",
        "INSERT INTO feature_views (feature_view_name, project_id, last_updated_timestamp, feature_view_proto)
         VALUES ('unrecorded', 'rides', 1, x'0a0c0a0a756e7265636f7264656412022003')",
    ),
    (
        "orphan-history",
        "INSERT INTO feature_view_version_history
         (feature_view_name, project_id, version_number, feature_view_type, feature_view_proto, created_timestamp, description, version_id)
         VALUES ('gone', 'rides', 0, 'feature_view', x'0a060a04676f6e65', 1, '', 'x')",
    ),
    (
        "orphan-metadata",
        "INSERT INTO feast_metadata (project_id, metadata_key, metadata_value, last_updated_timestamp)
         VALUES ('nobody', 'team', 'x', 1)",
    ),
    (
        "inverted-interval",
        "INSERT INTO feature_views (feature_view_name, project_id, last_updated_timestamp, feature_view_proto)
         VALUES ('backward', 'rides', 1, x'0a0a0a086261636b77617264120a1a080a02080912020801')",
    ),
    (
        "future-stamp",
        "INSERT INTO permissions (permission_name, project_id, last_updated_timestamp, permission_proto)
         VALUES ('tomorrow', 'rides', 99999999999, x'0a0a0a08746f6d6f72726f77')",
    ),
    (
        "overlapping-intervals",
        "INSERT INTO feature_views (feature_view_name, project_id, last_updated_timestamp, feature_view_proto)
         VALUES ('twice', 'rides', 1, x'0a070a05747769636512141a080a020801120208091a080a0208021202080a')",
    ),
    (
        "lookalike-names",
        "INSERT INTO entities (entity_name, project_id, last_updated_timestamp, entity_proto)
         VALUES ('DRIVER', 'rides', 1, x'0a080a06445249564552')",
    ),
];

/// What the examples have on purpose: sources inside views.
const NOTED: &str = "unlisted-source";

/// What `--fix` mends.
const SAFE: [&str; 5] = [
    "missing-project",
    "missing-version",
    "orphan-history",
    "orphan-metadata",
    "other-project",
];

fn with_defects() -> Folder {
    let folder = Folder::with_examples();
    for (_, statement) in PLANTED {
        sql(&folder, statement);
    }
    folder
}

/// The codes that a run told, and that it mended.
fn told(run: crate::runner::Run) -> (i32, BTreeSet<String>, BTreeSet<String>) {
    assert_eq!(run.err, "");
    let findings: Vec<Value> = serde_json::from_str(&run.out).unwrap();
    let codes = |which: &dyn Fn(&Value) -> bool| {
        let findings = findings.iter().filter(|one| which(one));
        findings
            .map(|one| one["code"].as_str().unwrap().to_owned())
            .collect()
    };
    (
        run.code,
        codes(&|_| true),
        codes(&|one| one["mended"] == true),
    )
}

fn planted() -> BTreeSet<String> {
    let codes = PLANTED.iter().map(|(code, _)| *code);
    codes.chain([NOTED]).map(str::to_owned).collect()
}

#[test]
fn the_examples_are_sound() {
    let folder = Folder::with_examples();
    folder.cli("doctor").ok();
    let notes = BTreeSet::from([NOTED.to_owned()]);
    let nothing = BTreeSet::new();
    assert_eq!(told(folder.cli("doctor -o json")), (0, notes, nothing));
    let empty = Folder::new();
    empty.cli("schema create").ok();
    assert_eq!(empty.cli("doctor").ok(), "nothing was found\n");
    assert_eq!(empty.cli("doctor -o json").json(), serde_json::json!([]));
}

#[test]
fn planted_defects_are_found_and_the_safe_ones_mended() {
    let folder = with_defects();
    assert_eq!(
        told(folder.cli("doctor -o json")),
        (7, planted(), BTreeSet::new())
    );
    let before = folder.read("registry.db");
    let (code, found, mended) = told(folder.cli("doctor --fix --dry-run -o json"));
    assert_eq!((code, found, mended), (7, planted(), BTreeSet::new()));
    assert!(
        folder.read("registry.db") == before,
        "a dry run writes nothing"
    );

    let safe: BTreeSet<String> = SAFE.iter().map(|code| (*code).to_owned()).collect();
    let (code, found, mended) = told(folder.cli("doctor --fix --yes -o json"));
    assert_eq!((code, &found), (7, &planted()));
    assert_eq!(mended, safe.intersection(&found).cloned().collect());

    let (_, left, mended) = told(folder.cli("doctor --fix --yes -o json"));
    assert_eq!(left, found.difference(&safe).cloned().collect());
    assert_eq!(mended, BTreeSet::new());
}

#[test]
fn what_is_mended_by_hand_is_found_no_more() {
    let folder = with_defects();
    folder.cli("doctor --fix --yes");
    sql(
        &folder,
        "DELETE FROM entities WHERE entity_name IN ('broken', 'renamed', 'DRIVER');
         DELETE FROM label_views WHERE feature_view_name = 'driver_stats';
         DELETE FROM validation_references;
         DELETE FROM feature_views WHERE feature_view_name = 'backward';
         DELETE FROM permissions WHERE permission_name = 'tomorrow'",
    );
    let note = folder.cli("doctor").ok();
    assert!(
        note.contains("overlapping-intervals"),
        "notes are no failure: {note}"
    );
    folder
        .cli("materializations compact twice --project rides")
        .ok();
    let (code, found, _) = told(folder.cli("doctor -o json"));
    assert_eq!((code, found), (0, BTreeSet::from([NOTED.to_owned()])));
}

#[test]
fn a_missing_table_is_created_and_the_rest_looked_at() {
    let folder = Folder::with_examples();
    sql(&folder, "DROP TABLE feature_view_version_history");
    let run = folder.cli("doctor");
    assert_eq!(run.code, 7);
    assert!(
        run.out
            .contains("there is no table feature_view_version_history"),
        "{}",
        run.out
    );
    let run = folder.cli("doctor --fix --yes");
    assert_eq!((run.code, run.err.as_str()), (0, ""), "{}", run.out);
    assert!(run.out.contains("mended"), "{}", run.out);
    assert!(!folder.cli("doctor").ok().contains("missing-table"));
}

#[test]
fn mending_asks_first() {
    let folder = with_defects();
    let before = folder.read("registry.db");
    folder.cli("doctor --fix").fails(2, "not confirmed");
    assert!(
        folder.read("registry.db") == before,
        "something was written"
    );
    folder.cli("doctor --dry-run").fails(2, "--fix");
}

#[test]
fn intervals_are_compacted() {
    let folder = Folder::with_examples();
    for (start, end) in [("01", "03"), ("03", "04"), ("10", "12"), ("11", "12")] {
        folder
            .cli(&format!(
                "materializations add driver_stats --start 2026-01-{start} --end 2026-01-{end}"
            ))
            .ok();
    }
    let before = folder.cli("materializations list driver_stats").ok();
    let dry = folder.cli("materializations compact --all --dry-run").ok();
    assert_eq!(
        dry,
        "driver_stats: 4 intervals become 2\n1 views have intervals to merge; nothing was changed\n"
    );
    assert_eq!(
        folder.cli("materializations list driver_stats").ok(),
        before
    );
    folder.cli("materializations compact driver_stats").ok();
    assert_eq!(
        folder.cli("materializations list driver_stats").ok(),
        "START                 END\n\
         2026-01-01T00:00:00Z  2026-01-04T00:00:00Z\n\
         2026-01-10T00:00:00Z  2026-01-12T00:00:00Z\n"
    );
    let again = folder.cli("materializations compact --all").ok();
    assert_eq!(again, "there is nothing to merge\n");
    folder
        .cli("materializations compact ride_inputs")
        .fails(2, "has no intervals");
    folder
        .cli("materializations compact nothing")
        .fails(3, "nothing");
}

#[test]
fn tables_of_a_newer_program_are_a_finding() {
    let folder = Folder::with_examples();
    folder.cli("schema upgrade").ok();
    sql(
        &folder,
        "INSERT INTO feast_registry_schema VALUES (99, 'a newer one')",
    );
    let run = folder.cli("doctor");
    assert_eq!((run.code, &*run.err), (7, ""));
    assert!(run.out.contains("newer-schema"), "{}", run.out);
}
