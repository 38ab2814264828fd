//! What we write, Python reads.

use std::collections::BTreeSet;

use serde_json::Value;

use feast_registry::{Effect, Kind, Registry};

use crate::compare::{assert_differs_only, assert_same, remove};
use crate::database::Database;
use crate::engine::Engine;
use crate::every_kind::{PROJECT, bytes, every_kind, sent};
use crate::time::timestamp;
use crate::trials::trials;

trials! {
    everywhere {
        what_we_write_python_reads_like_its_own,
    }
}

/// Where our database differs from Feast's after the same calls, as Feast reads them.
pub(crate) const DIFFERENCES: &[&str] = &[
    // A change of the description alone makes Feast forget the number of the active version.
    "/feature_views/every_kind/versions_metadata/meta/currentVersionNumber: 1 | null",
    // Feast leaves the project to the column, which shows in objects that it cannot load itself.
    "/permissions/every_kind_other/permit_all/spec/project: \"every_kind_other\" | null",
    "/validation_references/every_kind/reference_größe/project: \"every_kind\" | null",
];

async fn what_we_write_python_reads_like_its_own(engine: Engine) {
    let made = every_kind(engine);
    let database = Database::absent(engine);
    let registry = database.open().await;
    write(&registry, &made.written).await;
    registry.close().await.unwrap();

    let mut ours = database.dump_with_functions();
    let mut theirs = made.dump.clone();
    for dump in [&mut ours, &mut theirs] {
        leave_out_stamps(dump);
    }
    leave_out_pickles(&mut ours, &mut theirs);
    assert_differs_only(
        "what Feast reads: ours, its own",
        &ours,
        &theirs,
        DIFFERENCES,
    );

    let ours = unchanged(&database);
    let theirs = unchanged(&made.database());
    assert_same("what Feast finds unchanged: ours, its own", &ours, &theirs);
}

/// Removes the function of a view that was materialised: Feast pickles it anew then. We do not.
pub(crate) fn leave_out_pickles(ours: &mut Value, theirs: &mut Value) {
    assert_eq!(
        pickles(ours, "rides_stream").len(),
        1,
        "materialising rewrote a function"
    );
    for dump in [ours, theirs] {
        let stream = "/stream_feature_views/every_kind/rides_stream/spec";
        let stream = dump.pointer_mut(stream).unwrap();
        PICKLES.iter().for_each(|pickle| remove(stream, pickle));
    }
}

/// Where a stream feature view keeps its function, below `spec`.
const PICKLES: [&[&str]; 2] = [
    &["userDefinedFunction", "body"],
    &["featureTransformation", "userDefinedFunction", "body"],
];

/// The different pickles in a stream feature view and its versions.
fn pickles<'a>(dump: &'a Value, view: &str) -> BTreeSet<&'a str> {
    let active = &dump["stream_feature_views"][PROJECT][view];
    let versions = dump["versions"][PROJECT][view].as_array().unwrap();
    let views = versions
        .iter()
        .map(|version| &version["view"])
        .chain([active]);
    let bodies = views.flat_map(|view| {
        PICKLES.map(|path| {
            view["spec"]
                .pointer(&format!("/{}", path.join("/")))
                .unwrap()
        })
    });
    bodies.map(|body| body.as_str().unwrap()).collect()
}

/// Makes the calls that Python made.
async fn write(registry: &Registry, written: &Value) {
    for sent in sent(written) {
        let outcome = registry.apply(sent.apply()).await;
        assert_ne!(outcome.unwrap().effect, Effect::Unchanged, "{}", sent.name);
    }
    for (view, intervals) in written["intervals"].as_object().unwrap() {
        for interval in intervals.as_array().unwrap() {
            let [start, end] = [&interval[0], &interval[1]].map(timestamp);
            registry
                .apply_materialization(PROJECT, view, start, end)
                .await
                .unwrap();
        }
    }
    for (view, value) in written["user_metadata"].as_object().unwrap() {
        registry
            .set_user_metadata(PROJECT, view, bytes(value).unwrap())
            .await
            .unwrap();
    }
    registry
        .update_infra(PROJECT, bytes(&written["infra"]).unwrap())
        .await
        .unwrap();
    for (key, value) in written["project_metadata"].as_object().unwrap() {
        registry
            .set_project_metadata(PROJECT, key, value.as_str().unwrap())
            .await
            .unwrap();
    }
}

/// Removes from a dump what is never the same twice: stamps and random identities.
pub(crate) fn leave_out_stamps(dump: &mut Value) {
    remove(dump, &["project_uuids"]);
    for stamp in ["createdTimestamp", "lastUpdatedTimestamp"] {
        for project in dump["projects"].as_array_mut().unwrap() {
            remove(project, &["meta", stamp]);
        }
        for kind in Kind::OBJECTS
            .into_iter()
            .filter(|kind| *kind != Kind::Project)
        {
            for objects in dump[kind.spec().table]
                .as_object_mut()
                .unwrap()
                .values_mut()
            {
                for object in objects.as_object_mut().unwrap().values_mut() {
                    remove(object, &["meta", stamp]);
                }
            }
        }
    }
    for views in dump["versions"].as_object_mut().unwrap().values_mut() {
        let versions = views.as_object_mut().unwrap().values_mut();
        for version in versions.flat_map(|versions| versions.as_array_mut().unwrap()) {
            remove(version, &["version_id"]);
            remove(version, &["created_timestamp"]);
            remove(version, &["view", "meta", "createdTimestamp"]);
            remove(version, &["view", "meta", "lastUpdatedTimestamp"]);
        }
    }
    // A file has none that Feast sees.
    let metadata = dump.get_mut("project_metadata");
    for metadata in metadata
        .into_iter()
        .flat_map(|of| of.as_object_mut().unwrap().values_mut())
    {
        for key in ["project_uuid", "last_updated_timestamp"] {
            assert!(metadata[key].is_string(), "no {key}");
            remove(metadata, &[key]);
        }
    }
}

/// What Feast rewrites when it applies everything again.
fn unchanged(database: &Database) -> Value {
    let mut answer = database.python("unchanged.py", &["--project", PROJECT]);
    for objects in answer["objects"].as_object_mut().unwrap().values_mut() {
        for object in objects.as_object_mut().unwrap().values_mut() {
            // Stamps are whole seconds: what was rewritten within one keeps its stamp.
            if object["unchanged"] == false {
                remove(object, &["same_stamp"]);
            }
        }
    }
    for dataset in answer["objects"]["saved_datasets"]
        .as_object_mut()
        .unwrap()
        .values_mut()
    {
        // Feast rewrites every saved dataset, and leaves out the project that we store in it.
        assert_eq!(dataset["unchanged"], false);
        remove(dataset, &["same_bytes"]);
    }
    answer
}
