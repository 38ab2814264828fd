//! `apply` and `delete`.

use crate::runner::{Folder, entity, examples, view};

#[test]
fn every_example_is_applied_and_then_unchanged() {
    let folder = Folder::new();
    let mut args = vec!["apply".into()];
    args.extend(examples());
    assert_eq!(
        folder.run(&args).ok(),
        "created 16, updated 0, unchanged 0\n"
    );
    assert_eq!(
        folder.run(&args).ok(),
        "created 0, updated 0, unchanged 16\n"
    );
}

#[test]
fn a_registry_file_is_told_by_its_content() {
    let folder = Folder::with_examples();
    folder.cli("export --out looks-like.yaml").ok();
    let applied = folder
        .cli("--registry sqlite:///copy.db apply looks-like.yaml")
        .ok();
    // Not the infrastructure: it is no definition.
    assert_eq!(applied, "created 15, updated 0, unchanged 0\n");
    let again = folder
        .cli("--registry sqlite:///copy.db apply looks-like.yaml")
        .ok();
    assert_eq!(again, "created 0, updated 0, unchanged 15\n");
}

#[test]
fn what_is_referred_to_may_stand_behind() {
    let folder = Folder::new();
    let text = format!(
        "kind: FeatureService\nproject: rides\nspec: {{name: s, features: [{{featureViewName: v}}]}}\n---\n{}",
        view("v", "f")
    );
    assert_eq!(
        folder.cli_with_input("apply -", text).ok(),
        "created 2, updated 0, unchanged 0\n"
    );
}

#[test]
fn json_is_taken_as_object_as_array_and_one_after_the_other() {
    let folder = Folder::new();
    folder
        .write("one.json", r#"{"kind": "Entity", "project": "p", "spec": {"name": "a"}}"#)
        .write("array.json", r#"[{"kind": "entity", "project": "p", "name": "b", "spec": {"join_key": "k"}}]"#)
        .write("lines", "{\"kind\":\"Entity\",\"project\":\"p\",\"name\":\"c\"}\n{\"kind\":\"Entity\",\"project\":\"p\",\"name\":\"d\"}");
    let run = folder.cli("apply one.json array.json lines -o json").json();
    assert_eq!(run["created"], 4);
    assert_eq!(run["objects"][1]["name"], "b");
    assert_eq!(run["objects"][1]["effect"], "created");
    let described = folder.cli("entities describe b -o json").json();
    assert_eq!(described["spec"]["joinKey"], "k");
}

#[test]
fn objects_without_a_project_take_the_one_in_effect() {
    let folder = Folder::new();
    let homeless = "kind: Entity\nspec: {name: driver}\n";
    folder
        .cli_with_input("apply -", homeless)
        .fails(2, "names no project");
    // The only project in the input, then the only one there is, then the one that is named.
    folder
        .cli_with_input(
            "apply -",
            format!("{homeless}---\nkind: Project\nspec: {{name: one}}\n"),
        )
        .ok();
    folder
        .cli_with_input("apply -", homeless.replace("driver", "rider"))
        .ok();
    folder
        .cli_with_input("apply - --project two", homeless)
        .ok();
    assert_eq!(
        folder
            .cli("--project one entities list -o json")
            .json()
            .as_array()
            .unwrap()
            .len(),
        2
    );
    assert_eq!(
        folder
            .cli("--project two entities list -o json")
            .json()
            .as_array()
            .unwrap()
            .len(),
        1
    );
    let error = folder.cli("entities list").fails(2, "2 projects: one, two");
    assert!(error.contains("hint: choose one with --project"), "{error}");
}

#[test]
fn one_bad_object_keeps_all_others_out() {
    let folder = Folder::new();
    folder.write("good.yaml", entity("driver"));
    folder.write(
        "bad.yaml",
        "kind: FeatureView\nproject: rides\nspec: {name: v}\n",
    );
    folder
        .cli("apply good.yaml bad.yaml")
        .fails(2, "bad.yaml:1 (FeatureView v)");
    assert_eq!(
        folder.cli("projects list -o json").json(),
        serde_json::json!([])
    );
}

#[test]
fn an_expected_revision_guards_one_object() {
    let folder = Folder::new();
    folder
        .write("a.yaml", entity("driver"))
        .write("b.yaml", entity("rider"));
    folder.cli("apply a.yaml b.yaml").ok();
    let revision = folder.cli("entities describe driver --revision").ok();
    let revision = revision.trim();
    folder.write(
        "a.yaml",
        entity("driver").replace("joinKey", "description: new, joinKey"),
    );
    let line = format!("apply a.yaml --expected-revision {revision}");
    assert_eq!(
        folder.cli(&line).ok(),
        "created 0, updated 1, unchanged 0\n"
    );
    folder.cli(&line).fails(4, "not at the expected");
    folder
        .cli(&format!(
            "apply a.yaml b.yaml --expected-revision {revision}"
        ))
        .fails(2, "for one object");
    folder
        .cli("apply a.yaml --expected-revision 12")
        .fails(2, "not a revision");
    folder
        .cli(&format!("delete driver --expected-revision {revision}"))
        .fails(4, "not at the expected");
}

#[test]
fn no_promote_records_a_version_only() {
    let folder = Folder::new();
    folder.cli_with_input("apply -", view("v", "a")).ok();
    let recorded = folder
        .cli_with_input("apply - --no-promote", view("v", "b"))
        .ok();
    assert_eq!(recorded, "created 0, updated 0, unchanged 0, recorded 1\n");
    let active = folder.cli("feature-views describe v").ok();
    assert!(active.contains("name: a"), "{active}");
    let second = folder.cli("versions v v1").ok();
    assert!(second.contains("name: b"), "{second}");
}

#[test]
fn two_views_of_different_kinds_cannot_share_a_name() {
    let folder = Folder::new();
    folder.cli_with_input("apply -", view("v", "a")).ok();
    let other = view("v", "a").replace("FeatureView", "LabelView");
    folder
        .cli_with_input("apply -", other)
        .fails(4, "belongs to a FeatureView");
}

#[test]
fn delete_takes_the_first_object_with_the_name() {
    let folder = Folder::new();
    folder
        .cli_with_input("apply -", entity("same") + "---\n" + &view("same", "a"))
        .ok();
    let named = folder.cli("delete same --kind feature-view").ok();
    assert_eq!(named, "deleted feature view `same` in project `rides`\n");
    assert_eq!(
        folder.cli("delete same").ok(),
        "deleted entity `same` in project `rides`\n"
    );
    folder
        .cli("delete same")
        .fails(3, "there is no object same");
    folder
        .cli("delete same --kind Entty")
        .fails(2, "accepted are");
}

#[test]
fn every_example_can_be_deleted() {
    let folder = Folder::with_examples();
    let names = [
        "driver",
        "customer",
        "driver_trips",
        "driver_locations",
        "ride_request",
        "driver_stats",
        "trips_of_week",
        "driver_position",
        "ride_inputs",
        "ride_complaints",
        "ride_matching",
        "matching_training_2026_01",
        "matching_reference",
        "matching_reads_drivers",
    ];
    for name in names {
        assert!(
            folder
                .cli(&format!("delete {name}"))
                .ok()
                .starts_with("deleted ")
        );
    }
    let dump = folder.cli("registry-dump").json();
    let keys: Vec<&String> = dump.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["infra", "project", "projectMetadata"]);
}

#[test]
fn infrastructure_is_replaced_as_a_whole() {
    let folder = Folder::new();
    let infra = |name: &str| {
        format!("kind: Infra\nproject: rides\ninfraObjects: [{{sqliteTable: {{name: {name}}}}}]\n")
    };
    for (name, summary) in [
        ("a", "created 1, updated 0, unchanged 0\n"),
        ("a", "created 0, updated 0, unchanged 1\n"),
        ("b", "created 0, updated 1, unchanged 0\n"),
    ] {
        assert_eq!(folder.cli_with_input("apply -", infra(name)).ok(), summary);
    }
    let dump = folder.cli("registry-dump").json();
    let tables = serde_json::json!([{"sqliteTable": {"name": "b"}}]);
    assert_eq!(dump["infra"]["infraObjects"], tables, "{dump}");
    folder
        .cli_with_input(
            "apply - --expected-revision 4d4d1c8b745090e9531f073215297d2b",
            infra("c"),
        )
        .fails(2, "not for infrastructure");
    let homeless = infra("c").replace("project: rides\n", "");
    assert_eq!(
        folder.cli_with_input("apply -", homeless).ok(),
        "created 0, updated 1, unchanged 0\n"
    );
}
