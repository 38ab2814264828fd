//! Feast's unmodified client (`registry_type: remote`) on our server.

use serde_json::{Value, json};
use tonic_health::ServingStatus::Serving;

use crate::client::Client;
use crate::compare::{assert_differs_only, assert_same, keys, remove, remove_everywhere, strings};
use crate::database::Database;
use crate::engine::Engine;
use crate::every_kind::{OTHER, PROJECT, every_kind, filled};
use crate::files::NOT_IN_BOTH;
use crate::served::Served;
use crate::trials::{Ground, trials};
use crate::writing::{DIFFERENCES, leave_out_pickles, leave_out_stamps};
use crate::{command, python, say};

trials! {
    on_files_too {
        the_client_reads_what_feast_reads,
        the_client_writes_what_feast_writes,
        processes_that_materialise_one_view_lose_nothing,
        what_is_not_committed_outlives_the_server,
    }
    on_sqlite {
        probes_and_tools_are_answered,
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

/// Processes of Feast's client, and the calls of each.
const CLIENTS: (i64, i64) = (8, 50);

/// Feast's own server keeps about a fifth of them.
async fn processes_that_materialise_one_view_lose_nothing(engine: Engine) {
    let database = Database::absent(engine);
    let served = Served::start(&database);
    let (processes, calls) = CLIENTS;
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

/// Feast's own server drops it when its cache is loaded anew, and when it ends.
async fn what_is_not_committed_outlives_the_server(engine: Engine) {
    const NAME: &str = "uncommitted";
    let database = Database::absent(engine);
    let mut served = Served::start(&database);
    let told = served.python("uncommitted.py", &["--project", NAME]);
    served.kill();
    let dump = database.dump();
    for (kind, names) in told.as_object().unwrap() {
        let stored = keys(&dump[kind][NAME]);
        let stored: Vec<_> = stored.iter().filter(|name| *name != DUMMY).collect();
        assert_eq!(json!(stored), *names, "{kind}");
    }
}

/// What stands for no entity, in Feast's lists.
const DUMMY: &str = "__dummy";

async fn probes_and_tools_are_answered(engine: Engine) {
    const SERVICE: &str = "feast.registry.RegistryServer";
    let database = Database::absent(engine);
    let served = Served::start(&database);
    Client::of(&[served.address()]).until(Serving).await;
    let told = served.python("probe.py", &[]);
    let health = json!({"": "SERVING", SERVICE: "SERVING", "feast.Other": "NOT_FOUND"});
    assert_eq!(told["health"], health);
    for version in ["v1", "v1alpha"] {
        let services = strings(&told["reflection"][version]);
        for service in [SERVICE, "grpc.health.v1.Health"] {
            assert!(
                services.iter().any(|each| each == service),
                "{version}: {services:?}"
            );
        }
    }
}
