//! Feast's unmodified client (`registry_type: remote`) on our server.

use serde_json::{Value, json};

use crate::compare::{assert_differs_only, assert_same, remove, remove_everywhere};
use crate::database::Database;
use crate::engine::Engine;
use crate::every_kind::{OTHER, PROJECT, every_kind, filled};
use crate::files::NOT_IN_BOTH;
use crate::served::Served;
use crate::trials::{Ground, trials};
use crate::writing::{DIFFERENCES, leave_out_pickles, leave_out_stamps};
use crate::{command, processes, python, say};

trials! {
    on_files_too {
        the_client_reads_what_feast_reads,
        the_client_writes_what_feast_writes,
        the_client_raises_what_feast_raises,
        processes_that_materialise_one_view_lose_nothing,
    }
    in_folders {
        every_command_works_through_the_server,
    }
}

async fn the_client_reads_what_feast_reads(engine: Engine) {
    let database = filled(engine).await;
    let served = Served::start(&database);
    let mut ours = served.python("dump.py", &["--functions"]);
    let mut theirs = database.dump_with_functions();
    for dump in [&mut ours, &mut theirs] {
        crate::database::sort_features_of_streams(dump);
        // Its client cannot ask for them.
        remove(dump, &["versions"]);
        if engine == Engine::File {
            // Feast sees our values about a project in its uuid, and gives every project the one infrastructure.
            remove(dump, &["project_uuids"]);
            remove(dump, &["infra", OTHER]);
        }
    }
    assert_same("what the client reads, and Feast itself", &ours, &theirs);
}

async fn the_client_writes_what_feast_writes(engine: Engine) {
    let made = every_kind(engine.tables());
    let database = Database::absent(engine);
    let served = Served::start(&database);
    let written = served.python("write_every_kind.py", &["--project", PROJECT]);
    assert_eq!(
        written["applied"].as_array().unwrap().len(),
        made.written["applied"].as_array().unwrap().len()
    );
    assert!(served.stop());

    let mut ours = database.dump_with_functions();
    our_command_reads_the_same(&database, &ours);
    let mut theirs = made.dump.clone();
    leave_out_pickles(&mut ours, &mut theirs);
    for dump in [&mut ours, &mut theirs] {
        if engine == Engine::File {
            NOT_IN_BOTH.iter().for_each(|part| remove(dump, part));
        }
        leave_out_stamps(dump);
        // The client stamps what is inside of others.
        remove_everywhere(dump, &["createdTimestamp", "lastUpdatedTimestamp"]);
        // It cannot write these.
        remove(dump, &["user_metadata"]);
        remove(dump, &["project_metadata"]);
        // Nor materialise a stream feature view.
        let stream = dump.pointer_mut("/stream_feature_views/every_kind/rides_stream/meta");
        remove_everywhere(stream.unwrap(), &["materializationIntervals", "state"]);
    }
    assert_differs_only(
        "what Feast reads: ours, its own",
        &ours,
        &theirs,
        DIFFERENCES,
    );
}

/// What our command writes into a registry file, Feast reads like the registry itself.
fn our_command_reads_the_same(database: &Database, read: &Value) {
    let exported = Database::absent(Engine::File);
    let file = exported.url();
    let mut export = command::new();
    export.args(["--registry", &database.url(), "export", "--out", &file]);
    python::output(&mut export);
    let dumps = [exported.dump_with_functions(), read.clone()];
    let [again, read] = dumps.map(|mut dump| {
        NOT_IN_BOTH.iter().for_each(|part| remove(&mut dump, part));
        dump
    });
    assert_same("what our command and Feast read", &again, &read);
}

/// Where the class is another one, on purpose: as ours it can be caught like that of every other
/// kind, Feast's own command line does so.
const OTHER_CLASSES: [&str; 2] = [
    "delete_permission: \"PermissionObjectNotFoundException\" | \"PermissionNotFoundException\"",
    "get_permission: \"PermissionObjectNotFoundException\" | \"PermissionNotFoundException\"",
];

async fn the_client_raises_what_feast_raises(engine: Engine) {
    let script = |database: &Database, remote: bool| {
        let arguments = ["--project", "errors"];
        if remote {
            Served::start(database).python("remote_errors.py", &arguments)
        } else {
            database.python("remote_errors.py", &arguments)
        }
    };
    let ours = script(&Database::absent(engine), true);
    let theirs = script(&Database::absent(engine.tables()), false);
    let mut found = Vec::new();
    for (call, theirs) in theirs.as_object().unwrap() {
        let ours = &ours[call];
        let may_be_caught = ours["caught_as"]
            .as_array()
            .unwrap()
            .contains(&theirs["class"]);
        if ours["class"] != theirs["class"] && !may_be_caught {
            found.push(format!("{call}: {} | {}", ours["class"], theirs["class"]));
        }
    }
    assert_eq!(found, OTHER_CLASSES);
}

async fn every_command_works_through_the_server(engine: Engine) {
    let database = Database::absent(engine);
    let served = Served::start(&database);
    let folder = database.folder().display().to_string();
    let arguments = ["--project", "rides", "--folder", &folder];
    let said = served.python_alone("remote_commands.py", &arguments);
    for step in [
        "plan",
        "apply",
        "apply again",
        "materialize",
        "materialize-incremental",
    ] {
        assert_eq!(said[step]["code"], 0, "{step}: {}", said[step]["printed"]);
    }
    let reading = said["reading"].as_object().unwrap();
    let differ: Vec<_> = reading
        .iter()
        .filter(|(command, both)| {
            lines(command, &both[0]) != lines(command, &both[1]) || both[0]["code"] != 0
        })
        .collect();
    assert!(
        differ.is_empty(),
        "through the server, and beside it: {differ:#?}"
    );
    assert_eq!(said["intervals"]["driver_hourly_stats"], 2, "{said}");
    for feature in ["conv_rate", "acc_rate"] {
        let values = said["online"][feature].as_array().unwrap();
        assert!(
            values.len() == 2 && values.iter().all(Value::is_number),
            "{values:?}"
        );
    }
    for step in said["changing"].as_array().unwrap() {
        let (line, printed) = (
            step["line"].as_str().unwrap(),
            step["printed"].as_str().unwrap(),
        );
        if line.contains("list-versions") {
            // Its client cannot ask for them.
            assert!(printed.contains("not supported"), "{printed}");
        } else {
            assert_eq!(step["code"], 0, "{line}: {printed}");
        }
    }
    let after = |line: &str| {
        let steps = said["changing"].as_array().unwrap();
        let step = steps.iter().find(|step| step["line"] == line).unwrap();
        step["printed"].as_str().unwrap()
    };
    assert!(!after("feature-services list").contains("driver_activity_v3"));
    assert!(!after("projects list").contains("rides"));
}

/// The exit code and the lines of what was printed. Feast's tables are in the order of the store, and
/// it gives request sources the time at which it reads them. What `configuration` says of the registry differs,
/// as it must.
fn lines<'a>(command: &str, said: &'a Value) -> (&'a Value, Vec<&'a str>) {
    let lines = said["printed"].as_str().unwrap().lines();
    let mut of_registry = false;
    let mut lines: Vec<&str> = lines
        .filter(|line| {
            of_registry = line.starts_with("registry:") || of_registry && line.starts_with(' ');
            !of_registry
        })
        .filter(|line| !line.contains("UpdatedTimestamp") && !line.contains("createdTimestamp"))
        .collect();
    lines.sort_unstable();
    if command == "permissions check" {
        // Through a server, Feast's own too, label views are in no list of all views.
        lines.retain(|line| !line.contains("LabelView"));
        lines.dedup();
    }
    (&said["code"], lines)
}

/// Feast's own server keeps about a fifth of them.
async fn processes_that_materialise_one_view_lose_nothing(engine: Engine) {
    let database = Database::absent(engine);
    let served = Served::start(&database);
    let (processes, calls) = processes::numbers();
    let numbers = [processes, calls].map(|number| number.to_string());
    let arguments = [
        "--project",
        "fleet",
        "--create",
        "--processes",
        &numbers[0],
        "--calls",
        &numbers[1],
    ];
    let told = served.python("concurrent_materialize.py", &arguments);
    say(&format!(
        "{}, {processes} clients × {calls}: kept {} of {} acknowledged intervals",
        engine.name(),
        told["kept"],
        told["acknowledged"]
    ));
    let all: Value = json!(processes * calls);
    assert_eq!(
        (&told["kept"], &told["acknowledged"]),
        (&all, &all),
        "{told}"
    );
}
