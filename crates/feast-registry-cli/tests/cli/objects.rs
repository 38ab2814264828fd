//! Lists and descriptions of every kind.

use crate::runner::Folder;

/// Noun, header of its list, a name in the examples.
const NOUNS: [(&str, &str, &str); 11] = [
    ("projects", "NAME    DESCRIPTION  ", "rides"),
    ("entities", "NAME      DESCRIPTION  ", "driver"),
    ("data-sources", "NAME              CLASS", "driver_trips"),
    (
        "feature-views",
        "NAME           ENTITIES    TYPE  ",
        "driver_stats",
    ),
    ("stream-feature-views", "NAME", "driver_position"),
    ("on-demand-feature-views", "NAME", "ride_inputs"),
    (
        "label-views",
        "NAME             ENTITIES    CONFLICT_POLICY",
        "ride_complaints",
    ),
    (
        "feature-services",
        "NAME           FEATURES",
        "ride_matching",
    ),
    ("saved-datasets", "NAME", "matching_training_2026_01"),
    ("validation-references", "NAME", "matching_reference"),
    (
        "permissions",
        "NAME                    TYPES           NAME_PATTERNS",
        "matching_reads_drivers",
    ),
];

#[test]
fn every_kind_is_listed_and_described() {
    let folder = Folder::with_examples();
    for (noun, header, name) in NOUNS {
        let table = folder.cli(&format!("{noun} list")).ok();
        assert!(table.starts_with(header), "{noun}: {table}");
        assert!(
            table
                .lines()
                .any(|line| line.split(' ').next() == Some(name)),
            "{table}"
        );

        let list = folder.cli(&format!("{noun} list -o json")).json();
        let name_of = |object: &serde_json::Value| {
            let name = object.pointer("/spec/name").or_else(|| object.get("name"));
            name.and_then(|name| name.as_str()).map(str::to_owned)
        };
        let found = list
            .as_array()
            .unwrap()
            .iter()
            .find(|object| name_of(object).as_deref() == Some(name));
        let described = folder
            .cli(&format!("{noun} describe {name} -o json"))
            .json();
        assert_eq!(found, Some(&described), "{noun}");

        let text = folder.cli(&format!("{noun} describe {name}")).ok();
        assert!(text.contains(&format!("name: {name}\n")), "{text}");
        folder
            .cli(&format!("{noun} describe nothing"))
            .fails(3, "does not exist");
    }
}

#[test]
fn what_is_described_as_yaml_can_be_applied() {
    let folder = Folder::with_examples();
    for (noun, _, name) in NOUNS {
        let document = folder.cli(&format!("{noun} describe {name} -o yaml")).ok();
        assert!(document.starts_with("kind: "), "{noun}: {document}");
        let said = folder.cli_with_input("apply -", &document).ok();
        assert_eq!(said, "created 0, updated 0, unchanged 1\n", "{noun}");
    }
}

#[test]
fn lists_in_yaml_hold_what_lists_in_json_hold() {
    let folder = Folder::with_examples();
    let json = folder.cli("entities list -o json").json();
    let yaml: serde_json::Value =
        serde_saphyr::from_str(&folder.cli("entities list -o yaml").ok()).unwrap();
    assert_eq!(yaml, json);
}

#[test]
fn feature_views_are_listed_as_feast_lists_them() {
    let folder = Folder::with_examples();
    let table = folder.cli("feature-views list").ok();
    let lines: Vec<&str> = table.lines().skip(1).collect();
    assert_eq!(
        lines,
        [
            "driver_stats   {'driver'}  FeatureView          Yes        STATE_UNSPECIFIED",
            "trips_of_week  {'driver'}  BatchFeatureView     Yes        STATE_UNSPECIFIED",
            "ride_inputs    {'driver'}  OnDemandFeatureView  Yes        STATE_UNSPECIFIED",
        ]
    );
    let text = folder.cli("feature-views describe driver_stats").ok();
    assert!(
        text.ends_with("enabled: true\nstate: STATE_UNSPECIFIED\n"),
        "{text}"
    );
}

#[test]
fn tags_narrow_a_list_down() {
    let folder = Folder::with_examples();
    let gold = folder.cli("feature-views list --tags tier:gold").ok();
    assert!(
        gold.contains("driver_stats") && !gold.contains("ride_inputs"),
        "{gold}"
    );
    let none = folder
        .cli("feature-views list --tags tier:gold --tags team:other")
        .ok();
    assert_eq!(none.lines().count(), 1);
    folder
        .cli("feature-views list --tags tier")
        .fails(2, "key:value");
}

#[test]
fn the_placeholder_entity_is_not_listed() {
    let folder = Folder::new();
    folder
        .cli_with_input(
            "apply -",
            "kind: Entity\nproject: p\nspec: {name: __dummy}\n",
        )
        .ok();
    assert_eq!(
        folder.cli("entities list -o json").json(),
        serde_json::json!([])
    );
}

#[test]
fn features_are_listed_and_described() {
    let folder = Folder::with_examples();
    let table = folder.cli("features list").ok();
    assert!(
        table.starts_with("Feature          Feature View     Data Type\n"),
        "{table}"
    );
    assert!(
        table.contains("rating           driver_stats     Float32\n"),
        "{table}"
    );

    let list = folder.cli("features list -o json").json();
    let rating = serde_json::json!({"feature_name": "rating", "feature_view": "driver_stats", "dtype": "Float32"});
    assert!(list.as_array().unwrap().contains(&rating), "{list}");

    let described = folder.cli("features describe rating").json();
    assert_eq!(described[0]["Feature View"], "driver_stats");
    assert_eq!(described[0]["Online Store"], true);
    assert_eq!(described[0]["Source"]["name"], "driver_trips");
    folder
        .cli("features describe nothing")
        .fails(3, "has a feature nothing");
}

#[test]
fn the_dump_has_sorted_keys_and_the_text_of_functions() {
    let folder = Folder::with_examples();
    let dump = folder.cli("registry-dump").json();
    let keys: Vec<&String> = dump.as_object().unwrap().keys().collect();
    let mut sorted = keys.clone();
    sorted.sort();
    assert_eq!(keys, sorted);
    assert_eq!(dump["project"], "rides");
    assert_eq!(dump["entities"].as_array().unwrap().len(), 2);
    assert_eq!(dump["projectMetadata"][0]["project"], "rides");
    let function = "/onDemandFeatureViews/0/spec/featureTransformation/userDefinedFunction/body";
    assert_eq!(dump.pointer(function).unwrap(), "dict");
}

#[test]
fn an_unreadable_row_is_left_out_with_a_warning() {
    let folder = Folder::with_examples();
    let database = rusqlite::Connection::open(folder.path().join("registry.db")).unwrap();
    let damaged = "UPDATE entities SET entity_proto = x'0aff' WHERE entity_name = 'customer'";
    assert_eq!(database.execute(damaged, []).unwrap(), 1);
    let run = folder.cli("entities list");
    assert_eq!(run.code, 0, "{run:?}");
    assert!(
        run.out.contains("driver") && !run.out.contains("customer"),
        "{run:?}"
    );
    assert!(
        run.err.contains("warning: ") && run.err.contains("customer"),
        "{run:?}"
    );
    // The rest of the commands name it too.
    folder
        .cli("entities describe customer")
        .fails(1, "customer");
    let export = folder.cli("export --format json");
    assert!(export.out.contains("driver_stats"), "{export:?}");
    export.fails(1, "1 objects cannot be read");
}
