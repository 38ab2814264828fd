//! The life of views: enabled, states, versions, materialisation.

use crate::runner::{Folder, view};

#[test]
fn a_view_is_disabled_and_enabled() {
    let folder = Folder::with_examples();
    for name in ["driver_stats", "driver_position", "ride_inputs"] {
        let cli = |verb: &str| folder.cli(&format!("feature-views {verb} {name}")).ok();
        assert_eq!(
            cli("disable"),
            format!("feature view {name} is disabled now\n")
        );
        assert_eq!(
            cli("disable"),
            format!("feature view {name} is disabled already\n")
        );
        assert!(cli("describe").contains("\nenabled: false\n"));
        assert_eq!(
            cli("enable"),
            format!("feature view {name} is enabled now\n")
        );
        assert_eq!(
            cli("enable"),
            format!("feature view {name} is enabled already\n")
        );
        assert!(cli("describe").contains("\nenabled: true\n"));
    }
    folder
        .cli("feature-views disable ride_complaints")
        .fails(2, "neither enabled");
    folder
        .cli("feature-views enable nothing")
        .fails(3, "does not exist");
    // None of it made a new version.
    assert_eq!(
        folder
            .cli("versions driver_stats -o json")
            .json()
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[test]
fn states_follow_each_other() {
    let folder = Folder::with_examples();
    let set = |state: &str| folder.cli(&format!("feature-views set-state driver_stats {state}"));
    let error = set("available_online").fails(
        2,
        "cannot go from state STATE_UNSPECIFIED to AVAILABLE_ONLINE",
    );
    assert!(error.contains("hint: it can go to CREATED\n"), "{error}");
    for state in ["created", "GENERATED", "Materializing", "AVAILABLE_ONLINE"] {
        let shown = state.to_uppercase();
        assert_eq!(
            set(state).ok(),
            format!("feature view driver_stats is in state {shown} now\n")
        );
        assert_eq!(
            set(state).ok(),
            format!("feature view driver_stats is in state {shown} already\n")
        );
    }
    assert!(
        folder
            .cli("feature-views list")
            .ok()
            .contains("Yes        AVAILABLE_ONLINE")
    );
    set("ONLINE").fails(2, "possible values");
}

#[test]
fn a_pinned_view_has_a_life_too() {
    let folder = Folder::new();
    folder.cli_with_input("apply -", view("v", "a")).ok();
    folder.cli_with_input("apply -", view("v", "b")).ok();
    let pinned = view("v", "b").replace("name: v\n", "name: v\n  version: v0\n");
    let updated = "created 0, updated 1, unchanged 0\n";
    assert_eq!(folder.cli_with_input("apply -", &pinned).ok(), updated);
    for (change, now) in [
        ("enable v", "enabled already"),
        ("disable v", "disabled now"),
        ("set-state v created", "in state CREATED now"),
    ] {
        let said = folder.cli(&format!("feature-views {change}")).ok();
        assert_eq!(said, format!("feature view v is {now}\n"));
    }
    let shown = folder.cli("feature-views describe v").ok();
    for part in [
        "version: v0\n",
        "name: a\n",
        "enabled: false\n",
        "state: CREATED\n",
    ] {
        assert!(shown.contains(part), "no {part:?} in {shown}");
    }
    // The file says that it is enabled, and nothing of a state.
    assert_eq!(folder.cli_with_input("apply -", &pinned).ok(), updated);
    let shown = folder.cli("feature-views describe v").ok();
    for part in [
        "version: v0\n",
        "name: a\n",
        "enabled: true\n",
        "state: CREATED\n",
    ] {
        assert!(shown.contains(part), "no {part:?} in {shown}");
    }
}

#[test]
fn a_file_with_a_pin_may_be_applied_again() {
    let folder = Folder::new();
    folder.cli_with_input("apply -", view("v", "a")).ok();
    folder.cli_with_input("apply -", view("v", "b")).ok();
    let pinned = |feature| view("v", feature).replace("name: v\n", "name: v\n  version: v0\n");
    folder.cli_with_input("apply -", pinned("b")).ok();
    for _ in 0..2 {
        assert_eq!(
            folder.cli_with_input("apply -", pinned("b")).ok(),
            "created 0, updated 0, unchanged 1\n"
        );
    }
    folder
        .cli_with_input("apply -", pinned("c"))
        .fails(4, "its definition was changed as well");
}

#[test]
fn versions_are_listed_and_shown() {
    let folder = Folder::new();
    folder.cli_with_input("apply -", view("v", "a")).ok();
    folder.cli_with_input("apply -", view("v", "b")).ok();
    let table = folder.cli("versions v").ok();
    assert!(
        table.starts_with("VERSION    TYPE          CREATED"),
        "{table}"
    );
    assert_eq!(table, folder.cli("feature-views list-versions v").ok());
    let rows: Vec<Vec<&str>> = table
        .lines()
        .skip(1)
        .map(|line| line.split_whitespace().take(2).collect())
        .collect();
    assert_eq!(rows, [["v0", "feature_view"], ["v1", "feature_view"]]);
    assert!(folder.cli("versions v 0").ok().contains("name: a"));
    assert!(folder.cli("versions v v1").ok().contains("name: b"));
    folder
        .cli("versions v v2")
        .fails(3, "Version v2 of feature view v");
    folder.cli("versions nothing").fails(3, "does not exist");
    folder.cli("versions v x").fails(2, "`v2` or `2`");
}

#[test]
fn materialisations_are_recorded_and_listed() {
    let folder = Folder::with_examples();
    let add = |start: &str, end: &str| {
        folder.cli(&format!(
            "materializations add driver_stats --start {start} --end {end}"
        ))
    };
    add("2026-01-01", "2026-01-02T03:04:05+02:00").ok();
    add("2026-01-02T00:00:00Z", "2026-01-03T00:00:00.5").ok();
    assert_eq!(
        folder.cli("materializations list driver_stats").ok(),
        "START                 END\n\
         2026-01-01T00:00:00Z  2026-01-02T01:04:05Z\n\
         2026-01-02T00:00:00Z  2026-01-03T00:00:00.500Z\n"
    );
    let json = folder
        .cli("materializations list driver_stats -o json")
        .json();
    assert_eq!(json[0]["endTime"], "2026-01-02T01:04:05Z");
    add("2026-01-02", "2026-01-01").fails(2, "ends before it starts");
    add("yesterday", "2026-01-01").fails(2, "a time is written");
    folder
        .cli("materializations add ride_inputs --start 2026-01-01 --end 2026-01-02")
        .fails(2, "cannot be materialised");
    folder
        .cli("materializations list ride_inputs")
        .fails(2, "not materialised");
}

#[test]
fn processes_at_once_lose_no_materialisation() {
    let folder = Folder::with_examples();
    std::thread::scope(|scope| {
        for worker in 0..4 {
            let folder = &folder;
            scope.spawn(move || {
                for hour in 0..5 {
                    let line = format!(
                        "materializations add driver_stats --start 2026-01-0{}T0{hour}:00:00Z --end 2026-01-09",
                        worker + 1
                    );
                    folder.cli(&line).ok();
                }
            });
        }
    });
    let list = folder
        .cli("materializations list driver_stats -o json")
        .json();
    assert_eq!(list.as_array().unwrap().len(), 20);
}
