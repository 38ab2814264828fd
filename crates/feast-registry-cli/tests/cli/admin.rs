//! Projects, tables, settings, and how the command behaves as a whole.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use crate::runner::{Folder, entity};

#[test]
fn a_project_is_deleted_after_a_question() {
    let folder = Folder::with_examples();
    folder
        .cli("projects delete rides")
        .fails(2, "not confirmed");
    folder
        .cli_with_input("projects delete rides", "n\n")
        .fails(2, "pass --yes");
    let run = folder.cli_with_input("projects delete rides", "y\n");
    assert_eq!(
        (run.code, run.out.as_str()),
        (0, "deleted project rides\n"),
        "{run:?}"
    );
    folder
        .cli("projects delete rides --yes")
        .fails(3, "Project rides does not exist");
}

#[test]
fn the_project_in_effect_is_shown() {
    let folder = Folder::with_examples();
    for verb in ["current_project", "current-project"] {
        assert!(
            folder
                .cli(&format!("projects {verb}"))
                .ok()
                .contains("name: rides")
        );
    }
    folder
        .cli("projects current_project --project other")
        .fails(3, "Project other does not exist");
    Folder::new()
        .cli("projects current_project")
        .fails(2, "holds no project");
}

#[test]
fn teardown_removes_one_project_or_all() {
    let folder = Folder::with_examples();
    folder
        .cli_with_input("apply -", entity("x").replace("rides", "other"))
        .ok();
    folder.cli("teardown --yes").fails(2, "2 projects");
    assert_eq!(
        folder.cli("teardown --yes --project other").ok(),
        "deleted project other\n"
    );
    folder.cli("teardown --drop-tables --yes").fails(2, "--all");
    folder.cli("teardown --all").fails(2, "not confirmed");
    assert_eq!(
        folder.cli("teardown --all -y").ok(),
        "deleted every project in sqlite:///registry.db\n"
    );
    assert_eq!(
        folder.cli("projects list -o json").json(),
        serde_json::json!([])
    );
    // Everything can be applied again.
    folder.cli_with_input("apply -", entity("x")).ok();
    assert_eq!(
        folder.cli("teardown --all --drop-tables -y").ok(),
        "dropped the tables of sqlite:///registry.db\n"
    );
    folder.cli("schema verify").fails(1, "lacks the tables");
}

#[test]
fn protected_projects_stay() {
    let folder = Folder::with_examples();
    folder.write(
        "feature_store.yaml",
        "project: rides\nregistry:\n  path: sqlite:///registry.db\n  protected_projects: [rides]\n",
    );
    for command in ["teardown", "teardown --all", "projects delete rides"] {
        folder
            .cli(&format!("{command} --yes"))
            .fails(4, "protected");
    }
    assert!(folder.cli("entities list").ok().contains("driver"));
}

#[test]
fn the_schema_is_printed_created_and_verified() {
    let folder = Folder::new();
    let statements = folder.cli("schema print").ok();
    assert!(statements.contains("CREATE TABLE projects"), "{statements}");
    assert!(!folder.path().join("registry.db").exists());
    // What is printed creates the tables.
    let database = rusqlite::Connection::open(folder.path().join("registry.db")).unwrap();
    database.execute_batch(&statements).unwrap();
    folder.cli("schema verify").ok();
    assert!(
        folder
            .cli("--registry sqlite:///other.db schema create")
            .ok()
            .contains("other.db")
    );
    folder
        .cli("--registry sqlite:///other.db schema verify")
        .ok();
}

#[test]
fn a_log_of_changes_is_shown_made_and_removed() {
    let folder = Folder::with_examples();
    let none = "the tables of sqlite:///registry.db are not logged\n";
    assert_eq!(folder.cli("schema change-log off").ok(), none);
    let shown = folder.cli("schema change-log on --dry-run").ok();
    assert!(shown.contains("CREATE TRIGGER"), "{shown}");
    assert_eq!(folder.cli("schema change-log off").ok(), none);
    folder.cli("schema change-log on").ok();
    let again = folder.cli("schema change-log on").ok();
    assert!(again.ends_with("are logged already\n"), "{again}");
    assert!(folder.cli("entities list").ok().contains("driver"));
    let removed = folder.cli("schema change-log off").ok();
    assert!(removed.contains("DROP TRIGGER"), "{removed}");
    assert_eq!(folder.cli("schema change-log off").ok(), none);
}

#[test]
fn an_upgrade_is_shown_made_and_noted() {
    let folder = Folder::with_examples();
    let shown = folder.cli("schema upgrade --dry-run").ok();
    assert!(shown.contains("feast_registry_schema"), "{shown}");
    assert!(shown.lines().last().unwrap().starts_with("-- "), "{shown}");
    assert_eq!(folder.cli("schema upgrade --dry-run").ok(), shown);
    assert!(folder.cli("schema upgrade").ok().starts_with(&shown[..40]));
    assert_eq!(
        folder.cli("schema upgrade").ok(),
        "the tables of sqlite:///registry.db are up to date\n"
    );
    assert!(folder.cli("entities list").ok().contains("driver"));

    let database = rusqlite::Connection::open(folder.path().join("registry.db")).unwrap();
    database
        .execute(
            "INSERT INTO feast_registry_schema VALUES (99, 'a newer one')",
            [],
        )
        .unwrap();
    folder
        .cli("entities list")
        .fails(1, "has version 99 of the schema");
}

#[test]
fn settings_are_shown_with_their_source_and_without_secrets() {
    let folder = Folder::new();
    folder.write(
        "feature_store.yaml",
        "project: rides\nregistry: postgresql://feast:hunter2@db/feast\n",
    );
    for command in [
        "config",
        "configuration",
        "config -o json",
        "config -o yaml",
    ] {
        let shown = folder.cli(command).ok();
        assert!(shown.contains("feature_store.yaml:"), "{shown}");
        assert!(shown.contains("postgresql://feast:***@db/feast"), "{shown}");
        assert!(!shown.contains("hunter2"), "{shown}");
    }
    // A database that no build serves.
    folder.write(
        "feature_store.yaml",
        "project: rides\nregistry: oracle://feast:hunter2@db/feast\n",
    );
    let error = folder
        .cli("projects list")
        .fails(2, "no backend serves `oracle:`");
    assert!(!error.contains("hunter2"), "{error}");
    folder.write(
        "feature_store.yaml",
        "project: rides\nregistry: {path: sqlite:///r.db, cache_ttl_seconds: soon}\n",
    );
    folder
        .cli("projects list")
        .fails(2, "feature_store.yaml:2: `registry.cache_ttl_seconds`");
}

#[test]
fn the_configuration_file_can_be_named() {
    let folder = Folder::new();
    std::fs::create_dir(folder.path().join("repo")).unwrap();
    folder.write(
        "repo/feature_store.yaml",
        "project: here\nregistry: sqlite:///in-repo.db\n",
    );
    folder
        .cli_with_input("-c repo apply -", "kind: Entity\nspec: {name: x}\n")
        .ok();
    assert!(folder.path().join("repo/in-repo.db").exists());
    folder.write(
        "other.yaml",
        "project: there\nregistry: sqlite:///repo/in-repo.db\n",
    );
    let list = folder.cli("projects list -f other.yaml -o json").json();
    assert_eq!(list[0]["spec"]["name"], "here");
    folder
        .cli("projects list -f missing.yaml")
        .fails(2, "missing.yaml");
}

#[test]
fn global_options_stand_before_and_after_the_command() {
    let folder = Folder::with_examples();
    let before = folder.cli("--project rides -o json entities list").ok();
    assert_eq!(
        before,
        folder.cli("entities --project rides list -o json").ok()
    );
    assert_eq!(
        before,
        folder
            .cli("entities list --output JSON --project rides")
            .ok()
    );
}

#[test]
fn backends_version_and_completions_need_no_registry() {
    let folder = Folder::new();
    folder.write("feature_store.yaml", "registry: [not, a, registry]\n");
    let backends = folder.cli("backends").ok();
    let sqlite = |line: &str| line.split_whitespace().eq(["sqlite", "sqlite"]);
    assert!(backends.lines().any(sqlite), "{backends}");
    assert_eq!(folder.cli("backends -o json").json()[0]["name"], "sqlite");
    assert_eq!(
        folder.cli("version").ok(),
        concat!("feast-registry ", env!("CARGO_PKG_VERSION"), "\n")
    );
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        assert!(
            folder
                .cli(&format!("completions {shell}"))
                .ok()
                .contains("feature-views")
        );
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn wrong_usage_is_exit_code_two() {
    let folder = Folder::new();
    for line in [
        "",
        "bogus",
        "entities",
        "entities list --bogus",
        "apply",
        "teardown --all --project p",
    ] {
        assert_eq!(folder.cli(line).code, 2, "{line}");
    }
    assert_eq!(folder.cli("--help").code, 0);
    assert!(
        folder
            .cli("apply --help")
            .ok()
            .contains("Feast registry file")
    );
}

#[test]
fn colours_come_only_when_asked_for() {
    let folder = Folder::with_examples();
    assert!(!folder.cli("entities list").ok().contains('\u{1b}'));
    assert!(
        folder
            .cli("entities list --color always")
            .ok()
            .contains('\u{1b}')
    );
    assert!(!folder.cli("delete nothing").err.contains('\u{1b}'));
    assert!(
        folder
            .cli("delete nothing --color always")
            .err
            .contains('\u{1b}')
    );
    assert!(
        !folder
            .cli("delete nothing --color never")
            .err
            .contains('\u{1b}')
    );
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    let folder = Folder::new();
    let many: String = (0..3_000)
        .map(|number| format!("---\n{}", entity(&format!("entity_{number}"))))
        .collect();
    folder.write("many.yaml", many);
    folder.cli("apply many.yaml").ok();
    let mut child = folder
        .command()
        .args(["entities", "list", "-o", "json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::with_capacity(16, child.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    assert_eq!(line, "[\n");
    let output = child.wait_with_output().unwrap();
    assert_eq!(
        (output.status.code(), output.stderr.as_slice()),
        (Some(0), &b""[..])
    );
}
