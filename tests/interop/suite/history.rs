//! Versions and materialisation continue, whoever writes next.

use prost::Message;
use serde_json::{Map, Value, json};

use feast_registry::proto::core::FeatureView;
use feast_registry::{Apply, Effect, ErrorKind, Freshness, Kind, Outcome, Registry, Result};

use crate::compare::strings;
use crate::database::Database;
use crate::engine::Engine;
use crate::objects::{feature, feature_names, intervals, meta, spec, stored_view};
use crate::time::interval;
use crate::trials::trials;

trials! {
    everywhere {
        versions_are_numbered_on_by_both,
        pins_of_one_side_hold_for_the_other,
        intervals_of_both_stand_in_the_order_of_the_calls,
    }
}

const PROJECT: &str = "history";
const VIEW: &str = "stats";

/// Feast applies the view with these features and in this version.
fn feast_applies(database: &Database, features: &[&str], version: &str) -> Result<(), String> {
    let features = features
        .iter()
        .map(|name| ((*name).to_owned(), json!("Int64")));
    let features: Map<String, Value> = features.collect();
    let view =
        json!({"name": VIEW, "entities": ["driver"], "features": features, "version": version});
    let specification = json!({"entities": [{"name": "driver"}], "feature_views": [view]});
    database.python_applies(PROJECT, &specification)
}

/// What Feast reads: the active definition, and the features of each version.
fn feast_reads(database: &Database) -> (Value, Value) {
    let dump = database.dump();
    assert_eq!(dump["from_rows"], json!([]), "what Feast could not load");
    let versions = dump["versions"][PROJECT][VIEW].as_array().unwrap();
    let versions = versions.iter().map(|version| {
        let number = version["version_number"].to_string();
        (number, json!(feature_list(&version["view"])))
    });
    (
        dump["feature_views"][PROJECT][VIEW].clone(),
        Value::Object(versions.collect()),
    )
}

fn feature_list(view: &Value) -> Vec<&str> {
    let features = view["spec"]["features"].as_array().unwrap();
    features
        .iter()
        .map(|feature| feature["name"].as_str().unwrap())
        .collect()
}

/// We apply what is stored, with a change.
async fn we_apply(registry: &Registry, change: impl FnOnce(&mut FeatureView)) -> Result<Outcome> {
    let mut view = stored_view(registry, PROJECT, VIEW).await;
    change(&mut view);
    let apply = Apply::new(Kind::FeatureView, PROJECT, VIEW, view.encode_to_vec());
    registry.apply(apply).await
}

fn set_version(view: &mut FeatureView, version: &str) {
    view.spec.as_mut().unwrap().version = version.to_owned();
}

async fn versions_are_numbered_on_by_both(engine: Engine) {
    let database = Database::absent(engine);
    feast_applies(&database, &["trips"], "latest").unwrap();
    feast_applies(&database, &["trips", "fares"], "latest").unwrap();

    let registry = database.open().await;
    let add_tips = |view: &mut FeatureView| {
        view.spec.as_mut().unwrap().features.push(feature("tips"));
    };
    let outcome = we_apply(&registry, add_tips).await.unwrap();
    assert_eq!(
        (outcome.effect, outcome.version),
        (Effect::Updated, Some(2))
    );

    feast_applies(&database, &["trips", "fares", "tips", "rating"], "latest").unwrap();
    let ours = stored_view(&registry, PROJECT, VIEW).await;
    assert_eq!(feature_names(&ours), ["trips", "fares", "tips", "rating"]);
    assert_eq!(meta(&ours).current_version_number, 3);

    let (active, versions) = feast_reads(&database);
    assert_eq!(active["meta"]["currentVersionNumber"], 3);
    let wanted = json!({
        "0": ["trips"],
        "1": ["trips", "fares"],
        "2": ["trips", "fares", "tips"],
        "3": ["trips", "fares", "tips", "rating"],
    });
    assert_eq!(versions, wanted);
}

async fn pins_of_one_side_hold_for_the_other(engine: Engine) {
    let database = Database::absent(engine);
    feast_applies(&database, &["trips"], "latest").unwrap();
    feast_applies(&database, &["trips", "fares"], "latest").unwrap();
    feast_applies(&database, &["trips", "fares", "tips"], "latest").unwrap();

    let registry = database.open().await;
    let outcome = we_apply(&registry, |view| set_version(view, "v1"))
        .await
        .unwrap();
    assert_eq!(
        (outcome.effect, outcome.version),
        (Effect::Updated, Some(1))
    );
    let (active, versions) = feast_reads(&database);
    assert_eq!(feature_list(&active), ["trips", "fares"]);
    assert_eq!(
        (
            &active["spec"]["version"],
            &active["meta"]["currentVersionNumber"]
        ),
        (&json!("v1"), &json!(1))
    );
    assert_eq!(
        versions.as_object().unwrap().len(),
        3,
        "a pin is no version"
    );

    // Feast pins again, from the definition that we made active.
    feast_applies(&database, &["trips", "fares"], "v0").unwrap();
    let ours = stored_view(&registry, PROJECT, VIEW).await;
    assert_eq!(feature_names(&ours), ["trips"]);
    assert_eq!(
        (
            spec(&ours).version.as_str(),
            meta(&ours).current_version_number
        ),
        ("v0", 0)
    );

    // Both refuse a pin that would hide a change.
    let theirs = feast_applies(&database, &["trips", "new"], "v1").unwrap_err();
    assert!(theirs.contains("FeatureViewPinConflict"), "{theirs}");
    let hidden = |view: &mut FeatureView| {
        view.spec.as_mut().unwrap().features.push(feature("new"));
        set_version(view, "v1");
    };
    let ours = we_apply(&registry, hidden).await.unwrap_err();
    assert_eq!(ours.kind(), ErrorKind::PinConflict);
    assert_eq!(
        ours.kind().report().feast_class,
        Some("FeatureViewPinConflict")
    );

    // Back to the latest: the next number after the highest, not after the active one.
    let latest = |view: &mut FeatureView| {
        view.spec.as_mut().unwrap().features.push(feature("rating"));
        set_version(view, "latest");
    };
    assert_eq!(we_apply(&registry, latest).await.unwrap().version, Some(3));
    let (active, versions) = feast_reads(&database);
    assert_eq!(feature_list(&active), ["trips", "rating"]);
    assert_eq!(versions["3"], json!(["trips", "rating"]));
}

async fn intervals_of_both_stand_in_the_order_of_the_calls(engine: Engine) {
    let database = Database::absent(engine);
    feast_applies(&database, &["trips"], "latest").unwrap();
    let registry = database.open().await;
    let mut wanted = Vec::new();
    for index in 0..4_i32 {
        if index % 2 == 0 {
            let index = index.to_string();
            let arguments = [
                "--project",
                PROJECT,
                "--view",
                VIEW,
                "--start-index",
                &index,
            ];
            let answer = database.python("materialize.py", &arguments);
            wanted.push(strings(&answer["acknowledged"][0]));
        } else {
            let [start, end] = interval(index.into());
            registry
                .apply_materialization(PROJECT, VIEW, start, end)
                .await
                .unwrap();
            wanted.push(vec![start.to_string(), end.to_string()]);
        }
    }
    let row = registry
        .get_any_view(PROJECT, VIEW, Freshness::Store)
        .await
        .unwrap();
    assert_eq!(json!(intervals(&row)), json!(wanted));

    // A new definition by one side or the other keeps them.
    feast_applies(&database, &["trips", "fares"], "latest").unwrap();
    let add_tips = |view: &mut FeatureView| {
        view.spec.as_mut().unwrap().features.push(feature("tips"));
        view.meta = None;
    };
    we_apply(&registry, add_tips).await.unwrap();
    let (active, versions) = feast_reads(&database);
    let pairs = active["meta"]["materializationIntervals"]
        .as_array()
        .unwrap();
    let pairs: Vec<[&Value; 2]> = pairs
        .iter()
        .map(|pair| [&pair["startTime"], &pair["endTime"]])
        .collect();
    assert_eq!(json!(pairs), json!(wanted));
    assert_eq!(versions.as_object().unwrap().len(), 3);
}
