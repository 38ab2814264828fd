//! What permissions cover.

use crate::runner::Folder;

#[test]
fn permissions_are_shown_with_what_they_cover() {
    let folder = Folder::with_examples();
    assert_eq!(
        folder.cli("permissions list -v").ok(),
        "matching_reads_drivers [matching]\n\
         ├── FeatureService: ride_matching\n\
         ├── FeatureView: driver_stats\n\
         └── StreamFeatureView: driver_position\n"
    );
    let json = folder.cli("permissions list -v -o json").json();
    assert_eq!(json[0]["covers"]["FeatureView"][0], "driver_stats");
}

#[test]
fn roles_are_listed_with_what_they_may_do() {
    let folder = Folder::with_examples();
    assert_eq!(
        folder.cli("permissions list-roles").ok(),
        "ROLE NAME\nmatching\n"
    );
    let table = folder.cli("permissions list-roles -v").ok();
    assert!(
        table.starts_with("ROLE NAME    RESOURCE NAME    RESOURCE TYPE      PERMITTED ACTIONS\n"),
        "{table}"
    );
    assert!(
        table.contains("matching     driver_stats     FeatureView        DESCRIBE\n"),
        "{table}"
    );
}

#[test]
fn a_check_names_what_is_not_covered() {
    let folder = Folder::with_examples();
    let text = folder.cli("permissions check").ok();
    assert!(
        text.contains("\nride_request               DataSource\n"),
        "{text}"
    );
    let json = folder.cli("permissions check -o json").json();
    let view = json["incomplete"]
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["name"] == "driver_stats");
    assert!(
        view.unwrap()["unsecured_actions"]
            .as_array()
            .unwrap()
            .contains(&"DELETE".into())
    );
}

#[test]
fn a_pattern_that_cannot_be_understood_matches_nothing_and_says_so() {
    let folder = Folder::with_examples();
    let permission = "kind: Permission\nproject: rides\nspec: {name: odd, namePatterns: ['(?=x)'], actions: [DELETE]}\n";
    folder.cli_with_input("apply -", permission).ok();
    let run = folder.cli("permissions list -v");
    assert_eq!(run.code, 0);
    assert!(run.err.contains("warning: the pattern `(?=x)`"), "{run:?}");
}
