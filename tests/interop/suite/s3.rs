//! A registry on S3 that Python and we share.

use std::sync::atomic::{AtomicU32, Ordering};

use libtest_mimic::Trial;
use serde_json::Value;

use feast_registry::{Freshness, Registry};
use feast_registry_core::url::RegistryUrl;

use crate::objects::{intervals, names, view};
use crate::processes::{numbers, we_materialise};
use crate::python;
use crate::say;
use crate::time::interval;
use crate::trials::finish;
use feast_registry::{Kind, Query};

/// The variable with the URL of a server that speaks S3, with key and secret.
const VARIABLE: &str = "FEAST_REGISTRY_INTEROP_S3_URL";
const PROJECT: &str = "processes";
const VIEW: &str = "hot_view";

/// The tests of this module, where there is a server.
pub(crate) fn trials() -> Vec<Trial> {
    let trial = |name: &str, test: fn()| {
        let run = move || {
            test();
            Ok(())
        };
        Trial::test(format!("s3::{name}"), run)
            .with_kind("s3")
            .with_ignored_flag(!Object::is_there())
    };
    vec![
        trial("each_reads_what_the_other_has_written", || {
            finish(each_reads_what_the_other_has_written());
        }),
        trial("feast_loses_intervals_where_we_keep_all", || {
            finish(feast_loses_intervals_where_we_keep_all());
        }),
    ]
}

/// A registry of a test's own.
pub(crate) struct Object(RegistryUrl, String);

impl Object {
    /// Whether there is a server for it.
    pub(crate) fn is_there() -> bool {
        std::env::var_os(VARIABLE).is_some()
    }

    pub(crate) fn absent() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let given = std::env::var(VARIABLE).unwrap();
        let given = RegistryUrl::parse(&given).unwrap();
        Object(given, format!("interop/{}/{number}.pb", std::process::id()))
    }

    /// As we are told where it is.
    fn url(&self) -> String {
        let Object(given, key) = self;
        let all = given.expose();
        all.replacen(given.key().unwrap(), key, 1)
    }

    pub(crate) async fn open(&self) -> Registry {
        feast_registry::open_url(&self.url()).await.unwrap()
    }

    /// What Feast does with it, and the intervals of its views then.
    fn python(&self, arguments: &[&str]) -> Value {
        let Object(given, key) = self;
        let path = format!("s3://{}/{key}", given.bucket().unwrap());
        let place = ["--path", &path, "--project", PROJECT, "--endpoint"];
        let endpoint = given.query_value("endpoint_url").unwrap();
        let who = ["--key", given.username().unwrap(), "--secret"];
        let secret = given.expose_password().unwrap();
        let all = [&place[..], &[endpoint], &who, &[secret], arguments].concat();
        python::run("registry_file.py", &all)
    }
}

async fn each_reads_what_the_other_has_written() {
    let object = Object::absent();
    object.python(&["--create", "--view", "theirs"]);
    let registry = object.open().await;
    registry
        .apply_object(PROJECT, &view("ours", "entity"))
        .await
        .unwrap();
    let [start, end] = interval(7);
    registry
        .apply_materialization(PROJECT, "theirs", start, end)
        .await
        .unwrap();
    let query = Query::new(Kind::FeatureView, PROJECT);
    assert_eq!(names(&registry, &query).await, ["ours", "theirs"]);
    let feast = object.python(&[]);
    let views = feast["views"].as_object().unwrap();
    assert_eq!(views.keys().collect::<Vec<_>>(), ["ours", "theirs"]);
    assert_eq!(views["theirs"].as_array().unwrap().len(), 1);
}

async fn feast_loses_intervals_where_we_keep_all() {
    let object = Object::absent();
    let (processes, calls) = numbers();
    let head = format!("s3, {processes} processes × {calls}");
    let numbers = [processes, calls].map(|number| number.to_string());
    let feast = object.python(&[
        "--create",
        "--processes",
        &numbers[0],
        "--calls",
        &numbers[1],
    ]);
    let theirs = feast["views"][VIEW].as_array().map_or(0, Vec::len);
    // It may be lucky, so there is nothing to assert.
    say(&format!(
        "{head}: Feast kept {theirs} of {} acknowledged intervals, {} calls failed",
        feast["acknowledged"], feast["failed"]
    ));
    let before = kept(&object).await;
    let (acknowledged, seconds) = we_materialise(&object.url(), processes, calls);
    let ours = kept(&object).await - before;
    say(&format!(
        "{head}: feast-registry kept {ours} of {acknowledged} acknowledged intervals ({seconds:.1} s)"
    ));
    assert_eq!((ours, acknowledged), (processes * calls, processes * calls));
}

/// How many intervals the view has.
async fn kept(object: &Object) -> i64 {
    let registry = object.open().await;
    let row = registry.get_any_view(PROJECT, VIEW, Freshness::Store).await;
    let mut intervals = intervals(&row.unwrap());
    registry.close().await.unwrap();
    intervals.sort();
    intervals.dedup();
    i64::try_from(intervals.len()).unwrap()
}
