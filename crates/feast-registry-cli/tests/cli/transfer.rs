//! `export` and `import`.

use crate::runner::Folder;

#[test]
fn an_imported_registry_is_the_exported_one() {
    let folder = Folder::with_examples();
    folder
        .cli("materializations add driver_stats --start 2026-01-01 --end 2026-01-02")
        .ok();
    folder.cli("export --out all.pb").ok();
    folder
        .cli("--registry sqlite:///copy.db import all.pb")
        .ok();
    for command in [
        "registry-dump",
        "versions driver_stats",
        "export --format yaml",
    ] {
        let (ours, theirs) = (
            folder.cli(command).ok(),
            folder
                .cli(&format!("--registry sqlite:///copy.db {command}"))
                .ok(),
        );
        let sorted = |text: &str| {
            let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
            lines.sort();
            lines
        };
        assert_eq!(sorted(&ours), sorted(&theirs), "{command}");
    }
    let again = folder
        .cli("--registry sqlite:///copy.db import all.pb")
        .ok();
    assert!(
        again.starts_with("created 0, updated 0, unchanged "),
        "{again}"
    );
}

#[test]
fn what_is_exported_as_json_or_yaml_can_be_applied() {
    let folder = Folder::with_examples();
    for format in ["json", "yaml"] {
        folder
            .cli(&format!("export --format {format} --out all.{format}"))
            .ok();
        let applied = folder.cli(&format!("apply all.{format}")).ok();
        assert_eq!(applied, "created 0, updated 0, unchanged 16\n", "{format}");
        let copied = folder
            .cli(&format!(
                "--registry sqlite:///{format}.db apply all.{format}"
            ))
            .ok();
        assert_eq!(copied, "created 16, updated 0, unchanged 0\n", "{format}");
    }
    let list: serde_json::Value = serde_json::from_slice(&folder.read("all.json")).unwrap();
    assert_eq!(list[0]["kind"], "Project");
    assert_eq!(list[1]["project"], "rides");
}

#[test]
fn one_project_can_be_exported() {
    let folder = Folder::with_examples();
    folder
        .cli_with_input("apply -", "kind: Entity\nproject: other\nspec: {name: x}\n")
        .ok();
    let one = folder.cli("export --format json --project other").json();
    let kinds: Vec<&str> = one
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|object| object["kind"].as_str())
        .collect();
    assert_eq!(kinds, ["Project", "Entity"]);
    let all = folder.cli("export --format json").json();
    assert_eq!(all.as_array().unwrap().len(), 18);
}

#[test]
fn an_export_replaces_a_file_whole() {
    let folder = Folder::with_examples();
    folder.write("all.pb", "before");
    folder.cli("export --out all.pb").ok();
    assert_ne!(folder.read("all.pb"), b"before");
    folder
        .cli("export --out no/such/folder")
        .fails(2, "cannot write no/such/folder");
    let left: Vec<_> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert!(
        !left
            .iter()
            .any(|name| name.to_string_lossy().ends_with(".tmp")),
        "{left:?}"
    );
}

#[test]
fn import_takes_registry_files_only() {
    let folder = Folder::new();
    folder.write("text.yaml", "kind: Entity\n");
    let error = folder.cli("import text.yaml").fails(2, "text.yaml is text");
    assert!(error.contains("`apply`"), "{error}");
    folder.write("cut.pb", [0x0a, 0x05, 0x0a]);
    folder.cli("import cut.pb").fails(2, "cut.pb");
}

#[test]
fn import_reads_standard_input() {
    let folder = Folder::with_examples();
    folder.cli("export --out all.pb").ok();
    let imported = folder.cli_with_input(
        "--registry sqlite:///copy.db import -",
        folder.read("all.pb"),
    );
    assert!(imported.ok().starts_with("created "));
}

#[test]
fn of_a_file_that_is_cut_nothing_is_imported() {
    let folder = Folder::with_examples();
    folder.cli("export --out all.pb").ok();
    let mut content = folder.read("all.pb");
    content.pop();
    folder.write("cut.pb", content);
    folder
        .cli("--registry sqlite:///copy.db import cut.pb")
        .fails(2, "cut.pb: ");
    let projects = folder.cli("--registry sqlite:///copy.db projects list -o json");
    assert_eq!(projects.json(), serde_json::json!([]));
}

#[test]
fn a_large_file_is_several_transactions() {
    let folder = Folder::new();
    let entity = |n: usize| {
        let text = "x".repeat(7 * 1024 * 1024);
        serde_json::json!({"kind": "Entity", "project": "p", "name": format!("e{n}"), "spec": {"description": text}})
    };
    let all = serde_json::Value::from_iter((0..4).map(entity));
    folder.write("all.json", all.to_string());
    folder.cli("apply all.json").ok();
    folder.cli("export --out all.pb").ok();
    let copy = "--registry sqlite:///copy.db";
    let imported = folder.cli(&format!("{copy} import all.pb")).ok();
    // The project, its identity, four entities.
    assert_eq!(imported, "created 6, updated 0, unchanged 0\n");
    let stored = |options: &str| folder.cli(&format!("{options} export --format json")).ok();
    assert_eq!(stored(copy), stored(""));
}
