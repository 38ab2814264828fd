//! `plan`, and `apply` as it was planned.

use crate::runner::{Folder, entity, examples, view};

/// A folder whose registry holds the views `a` and `b` and the entity `e`, all of them in `all.yaml`.
fn folder() -> Folder {
    let folder = Folder::new();
    let all = [view("a", "x"), view("b", "x"), entity("e")].join("\n---\n");
    folder.write("all.yaml", all);
    folder.cli("apply all.yaml").ok();
    folder
}

#[test]
fn a_plan_shows_what_would_change_and_changes_nothing() {
    let folder = folder();
    let next = [view("a", "y"), view("b", "x"), view("c", "x")].join("\n---\n");
    folder.write("next.yaml", next);
    let shown = folder.cli("plan next.yaml").ok();
    assert!(
        shown.starts_with("~ feature view `a` in project `rides`"),
        "{shown}"
    );
    assert!(shown.contains("    spec.features[y]: set to "), "{shown}");
    assert!(
        shown.contains("+ feature view `c` in project `rides`\n"),
        "{shown}"
    );
    assert!(!shown.contains("`b`"), "{shown}");
    assert!(
        shown.ends_with("create 1, update 1, delete 0, leave unchanged 1\n"),
        "{shown}"
    );
    assert_eq!(folder.cli("plan next.yaml").ok(), shown);
}

#[test]
fn what_the_files_no_longer_have_is_pruned() {
    let folder = folder();
    folder.write("next.yaml", view("a", "x"));
    let shown = folder.cli("plan --prune next.yaml").ok();
    assert!(
        shown.contains("- feature view `b` in project `rides`\n"),
        "{shown}"
    );
    assert!(
        shown.contains("- entity `e` in project `rides`\n"),
        "{shown}"
    );
    let refused = folder.cli_with_input("apply --prune next.yaml", "n\n");
    refused.fails(2, "delete 2 objects?");
    assert_eq!(
        folder.cli("apply all.yaml").ok(),
        "created 0, updated 0, unchanged 3\n"
    );
    let done = folder.cli("-y apply --prune next.yaml").ok();
    assert_eq!(done, "created 0, updated 0, unchanged 1, deleted 2\n");
}

#[test]
fn programs_learn_how_many_were_deleted() {
    let folder = folder();
    folder.write("next.yaml", view("a", "x"));
    let done = folder.cli("-y -o json apply --prune next.yaml").json();
    assert_eq!(
        (&done["deleted"], &done["unchanged"]),
        (&2.into(), &1.into())
    );
}

#[test]
fn a_reviewed_plan_may_prune() {
    let folder = folder();
    folder.write("next.yaml", view("a", "y"));
    folder.cli("plan --prune next.yaml --out plan.json").ok();
    let line = "apply --prune next.yaml --expected-plan plan.json";
    // What appears meanwhile stands before all that was planned.
    folder.write("meanwhile.yaml", entity("aa"));
    folder.cli("apply meanwhile.yaml").ok();
    let said = folder.cli(line).fails(4, "not as planned: entity `aa`");
    assert!(!said.contains(';'), "one difference, no others: {said}");

    folder.cli("delete aa").ok();
    let done = folder.cli(line).ok();
    assert_eq!(done, "created 0, updated 1, unchanged 0, deleted 2\n");
}

#[test]
fn an_apply_shows_what_it_changed_if_asked() {
    let folder = folder();
    let next = [view("a", "y"), view("b", "x")].join("\n---\n");
    folder.write("next.yaml", next);
    let shown = folder.cli("apply --diff next.yaml").ok();
    assert!(
        shown.starts_with("~ feature view `a` in project `rides`"),
        "{shown}"
    );
    assert!(shown.contains("    spec.features[y]: set to "), "{shown}");
    assert!(
        shown.ends_with("\ncreated 0, updated 1, unchanged 1\n"),
        "{shown}"
    );
    folder.write("next.yaml", view("a", "z"));
    let done = folder.cli("-o json apply --diff next.yaml").json();
    let fields = done["objects"][0]["fields"].as_array().unwrap();
    let set = |field: &&serde_json::Value| field["path"] == "spec.features[z]";
    assert!(fields.iter().any(|field| set(&field)), "{done}");
}

#[test]
fn a_version_that_is_not_promoted_is_shown_beside_the_active_one() {
    let folder = folder();
    folder.write("next.yaml", view("a", "y"));
    let shown = folder.cli("plan --no-promote next.yaml").ok();
    assert!(shown.contains("version v1, not promoted\n"), "{shown}");
    assert!(shown.contains("    spec.features[y]: set to "), "{shown}");
}

#[test]
fn a_view_may_become_one_of_another_kind() {
    let folder = folder();
    let text = "kind: StreamFeatureView\nproject: rides\nspec: {name: a, entities: [driver]}";
    folder.write("next.yaml", text);
    folder.cli("-y apply --prune next.yaml").ok();
    folder.cli("stream-feature-views describe a").ok();
}

#[test]
fn a_reviewed_plan_is_done_exactly_or_not_at_all() {
    let folder = folder();
    folder.write("next.yaml", view("a", "y"));
    folder.cli("plan next.yaml --out plan.json").ok();
    folder.write("meanwhile.yaml", view("a", "z"));
    folder.cli("apply meanwhile.yaml").ok();
    let stale = folder.cli("apply next.yaml --expected-plan plan.json");
    stale.fails(4, "feature view `a` in project `rides`: it was ");

    folder.cli("plan next.yaml --out plan.json").ok();
    let done = folder.cli("apply next.yaml --expected-plan plan.json").ok();
    assert_eq!(done, "created 0, updated 1, unchanged 0\n");
}

#[test]
fn other_files_than_planned_are_refused() {
    let folder = folder();
    folder.write("next.yaml", view("a", "y"));
    folder.cli("plan next.yaml --out plan.json").ok();
    folder.write("next.yaml", view("a", "z"));
    let other = folder.cli("apply next.yaml --expected-plan plan.json");
    other.fails(4, "its definition is another one");
}

#[test]
fn what_is_no_plan_is_said_to_be_none() {
    let folder = folder();
    let no_plan = folder.cli("apply all.yaml --expected-plan all.yaml");
    no_plan.fails(2, "all.yaml is no plan");
}

#[test]
fn programs_get_the_whole_plan() {
    let folder = Folder::with_examples();
    let mut args = vec!["plan".into(), "-o".into(), "json".into()];
    args.extend(examples());
    let plan = folder.run(&args).json();
    let steps = plan["steps"].as_array().unwrap();
    assert_eq!(steps.len(), 16);
    assert!(
        steps.iter().all(|step| step["effect"] == "unchanged"),
        "{plan}"
    );
}
