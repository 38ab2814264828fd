//! Feast's command line, unmodified, on our server.

use serde_json::{Value, json};

use crate::compare::strings;
use crate::database::Database;
use crate::engine::Engine;
use crate::every_kind::{PROJECT, filled};
use crate::served::Served;
use crate::trials::trials;

trials! {
    on_files_too {
        every_command_works_through_the_server,
        every_command_that_reads_says_of_every_kind_what_it_says_beside_the_server,
    }
}

/// The commands that change a registry, in order: how each begins and ends, what it says, and what it leaves of the
/// view that most of them are about: whether it is enabled, its state, and how many intervals it has.
const STEPS: [(&str, &str, &str, Option<Left>); 22] = [
    ("plan ", "", "Created sqlite table", None),
    ("apply ", "", "Created sqlite table", UNTOUCHED),
    ("apply ", "", "No changes to registry", UNTOUCHED),
    ("materialize ", "", "online store", left(true, ONLINE, 1)),
    ("materialize-incremental ", "", "", left(true, ONLINE, 2)),
    ("materialize ", VIEWS, "online store", left(true, ONLINE, 3)),
    (
        "materialize ",
        "--version latest",
        "online store",
        left(true, ONLINE, 4),
    ),
    // Its client cannot ask for versions.
    (
        "materialize ",
        "--version v0",
        "not implemented",
        left(true, ONLINE, 4),
    ),
    (
        "feature-views disable ",
        "",
        "has been disabled",
        left(false, ONLINE, 4),
    ),
    (
        "feature-views enable ",
        "",
        "has been enabled",
        left(true, ONLINE, 4),
    ),
    (
        "feature-views set-state ",
        " MATERIALIZING",
        "state set to",
        left(true, "MATERIALIZING", 4),
    ),
    (
        "feature-views set-state ",
        " CREATED",
        "Invalid state",
        left(true, "MATERIALIZING", 4),
    ),
    (
        "feature-views set-state ",
        " AVAILABLE_ONLINE",
        "state set to",
        left(true, ONLINE, 4),
    ),
    (
        "feature-views list-versions ",
        "",
        "not supported",
        left(true, ONLINE, 4),
    ),
    // It does not tell the server, so the new definition is the active one.
    ("apply ", " --no-promote", "added", left(true, ONLINE, 4)),
    (
        "delete ",
        "driver_activity_v3",
        "Deleted",
        left(true, ONLINE, 4),
    ),
    (
        "feature-services list",
        "",
        "driver_activity_v2",
        left(true, ONLINE, 4),
    ),
    ("teardown", "", "", None),
    ("projects list", "", "NAME", None),
    ("apply ", "", "Created sqlite table", UNTOUCHED),
    ("projects delete ", " --yes", "deleted successfully", None),
    ("projects list", "", "NAME", None),
];
type Left = (bool, &'static str, u64);

const ONLINE: &str = "AVAILABLE_ONLINE";
const VIEWS: &str = "--views driver_hourly_stats";
const UNTOUCHED: Option<Left> = left(true, "STATE_UNSPECIFIED", 0);
/// Those that Feast refuses itself, as its client cannot ask the server.
const REFUSED: [&str; 2] = ["--version v0", "list-versions"];

const fn left(enabled: bool, state: &'static str, intervals: u64) -> Option<Left> {
    Some((enabled, state, intervals))
}

async fn every_command_works_through_the_server(engine: Engine) {
    let database = Database::absent(engine);
    let served = Served::start(&database);
    let folder = database.folder().display().to_string();
    let arguments = ["--project", "rides", "--folder", &folder];
    let said = served.python_alone("remote_commands.py", &arguments);
    let steps = said["steps"].as_array().unwrap();
    assert_eq!(steps.len(), STEPS.len());
    for (step, expected) in steps.iter().zip(STEPS) {
        assert_step(step, expected);
    }
    // The definition that `--no-promote` was to keep from being the active one.
    let added =
        |step: usize| strings(&steps[step]["view"]["features"]).contains(&"added".to_owned());
    assert_eq!([13, 14].map(added), [false, true]);
    // A service that was deleted, and projects that were torn down and deleted.
    for (step, gone) in [(16, "driver_activity_v3"), (18, "rides"), (21, "rides")] {
        let printed = steps[step]["printed"].as_str().unwrap();
        assert!(!printed.contains(gone), "{printed}");
    }
    for feature in ["conv_rate", "acc_rate"] {
        let values = said["online"][feature].as_array().unwrap();
        assert!(
            values.len() == 2 && values.iter().all(Value::is_number),
            "{values:?}"
        );
    }
    assert_reads_the_same(&said["reading"], |_| 0);
}

fn assert_step(step: &Value, (begin, end, says, view): (&str, &str, &str, Option<Left>)) {
    let (line, printed) = (
        step["line"].as_str().unwrap(),
        step["printed"].as_str().unwrap(),
    );
    assert!(line.starts_with(begin) && line.ends_with(end), "{line}");
    let refused = REFUSED.iter().any(|words| line.contains(words));
    assert_eq!(step["code"], i32::from(refused), "{line}: {printed}");
    assert!(printed.contains(says), "{line}: {printed}");
    let found = &step["view"];
    let found =
        (!found.is_null()).then(|| json!([found["enabled"], found["state"], found["intervals"]]));
    assert_eq!(
        found,
        view.map(|view| json!(view)),
        "what {line} left: {printed}"
    );
}

async fn every_command_that_reads_says_of_every_kind_what_it_says_beside_the_server(
    engine: Engine,
) {
    let database = filled(engine).await;
    let served = Served::start(&database);
    let folder = database.folder().display().to_string();
    let arguments = ["--project", PROJECT, "--folder", &folder];
    let said = served.python("remote_reading.py", &arguments);
    let missing =
        |line: &str| line.ends_with("describe nobody") && line != "features describe nobody";
    // Feast loads validation references with a library that is not here.
    let fails = |line: &str| missing(line) || line.starts_with("validation-references");
    assert_reads_the_same(&said["reading"], |line| i32::from(fails(line)));
}

/// Commands that read say the same through the server and beside it, and end with the code that is expected.
fn assert_reads_the_same(reading: &Value, code: impl Fn(&str) -> i32) {
    let differ: Vec<_> = reading
        .as_object()
        .unwrap()
        .iter()
        .filter(|(line, both)| {
            lines(line, &both[0]) != lines(line, &both[1]) || both[0]["code"] != code(line)
        })
        .collect();
    assert!(
        differ.is_empty(),
        "through the server, and beside it: {differ:#?}"
    );
}

/// The exit code and the lines of what was printed. Feast's tables are in the order of the store, and
/// it gives request sources the time at which it reads them. What `configuration` says of the registry differs,
/// as it must.
fn lines(command: &str, said: &Value) -> (Value, Vec<String>) {
    let printed = said["printed"].as_str().unwrap().lines();
    let mut of_registry = false;
    let mut lines: Vec<String> = printed
        .filter(|line| {
            of_registry = line.starts_with("registry:") || of_registry && line.starts_with(' ');
            !of_registry
        })
        .filter(|line| !line.contains("UpdatedTimestamp") && !line.contains("createdTimestamp"))
        .map(str::to_owned)
        .collect();
    match command {
        // Through a server, Feast's own too, label views are in no list of all views.
        "permissions check" | "permissions list-roles --verbose" => {
            lines.retain(|line| !line.contains("LabelView"));
        }
        "permissions list --verbose" => lines = lines.iter().map(|line| branch(line)).collect(),
        // Another class, on purpose: this one is caught by the command.
        "permissions describe nobody" => {
            lines = lines
                .iter()
                .filter_map(|line| {
                    Some(
                        line[line.find("Permission nobody")?..]
                            .trim_end_matches("')")
                            .to_owned(),
                    )
                })
                .collect();
        }
        _ => {}
    }
    lines.sort_unstable();
    if command == "permissions check" {
        lines.dedup();
    }
    (said["code"].clone(), lines)
}

/// A branch of the tree of permissions, without its place in it, and with its names in order, but those of label views.
fn branch(line: &str) -> String {
    const LABEL_VIEWS: [&str; 3] = ["'labels'", "'labels_by_priority'", "'versions_label'"];
    let line = line.trim_start_matches(['│', '├', '└', '─', ' ']);
    let Some((head, names)) = line.strip_suffix(']').and_then(|line| line.split_once('[')) else {
        return line.to_owned();
    };
    let mut names: Vec<&str> = names
        .split(", ")
        .filter(|name| !LABEL_VIEWS.contains(name))
        .collect();
    names.sort_unstable();
    format!("{head}{names:?}")
}
