//! What moves whole registries takes no more memory for a larger one.

#![cfg(feature = "sqlite")]
#![allow(clippy::unwrap_used, reason = "a test fails by panic")]

use std::path::Path;

use feast_registry_cli::Streams;
use feast_registry_proto::core::{FeatureView, FeatureViewSpec};
use feast_registry_proto::prost::Message;
use peak_alloc::PeakAlloc;
use rusqlite::{Connection, params};

#[global_allocator]
static ALLOCATED: PeakAlloc = PeakAlloc;

const MIB: usize = 1024 * 1024;

/// Larger registries than one transaction of an import.
const SIZES: [usize; 2] = [5_000, 20_000];
/// The bytes of a view: the larger registry has 60 MiB more.
const VIEW: usize = 4 * 1024;
/// What a row may take: a migration remembers 32 bytes of each, in a table that is never quite full.
const ROW: usize = 128;
/// What chance may take: connections, threads, buffers that double.
const SLACK: usize = 4 * MIB;

/// Runs a command in this process; the most memory that it took on top of what there was.
fn peak(line: &str) -> usize {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let mut streams = Streams::new(std::io::empty(), std::io::sink(), std::io::stderr());
    let args = ["feast-registry", "-y"].into_iter().chain(line.split(' '));
    ALLOCATED.reset_peak_usage();
    let before = ALLOCATED.current_usage();
    let backends = feast_registry::backends();
    let code = runtime.block_on(feast_registry_cli::run(args, &backends, &mut streams));
    assert_eq!(code, 0, "{line}");
    ALLOCATED.peak_usage().saturating_sub(before)
}

/// A registry of so many views.
fn fill(file: &Path, views: usize) {
    let url = format!("sqlite:///{}", file.display());
    peak(&format!("--registry {url} schema create"));
    let mut database = Connection::open(file).unwrap();
    let transaction = database.transaction().unwrap();
    for number in 0..views {
        let name = format!("view_{number}");
        let spec = FeatureViewSpec {
            name: name.clone(),
            project: "p".to_owned(),
            description: "x".repeat(VIEW),
            ..Default::default()
        };
        let view = FeatureView {
            spec: Some(spec),
            meta: None,
        };
        let insert = "INSERT INTO feature_views (feature_view_name, project_id, last_updated_timestamp, feature_view_proto)
             VALUES (?, 'p', 1, ?)";
        let mut insert = transaction.prepare_cached(insert).unwrap();
        insert.execute(params![name, view.encode_to_vec()]).unwrap();
    }
    transaction.commit().unwrap();
}

/// What it takes to export, import and migrate so many views, and to find that a target has them all.
fn peaks(views: usize) -> [(&'static str, usize); 4] {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    let (from, to, other) = (at("from.db"), at("to.db"), at("other.db"));
    let file = at("exported.pb");
    fill(Path::new(&from), views);
    let export = format!("--registry sqlite:///{from} export --out {file}");
    let import = format!("--registry sqlite:///{to} import {file}");
    let migrate = format!("migrate --from sqlite:///{from} --to sqlite:///{other}");
    [
        ("export", export),
        ("import", import),
        ("migrate", migrate.clone()),
        ("migrate again", migrate),
    ]
    .map(|(what, line)| (what, peak(&line)))
}

#[test]
fn moving_four_times_as_much_takes_no_more_memory() {
    let [few, many] = SIZES.map(peaks);
    let rows = SIZES[1] - SIZES[0];
    for ((what, few), (_, many)) in few.into_iter().zip(many) {
        let most = few + rows * ROW + SLACK;
        assert!(
            many <= most,
            "{what}: {many} bytes, not {most}; of the smaller one {few}"
        );
    }
}
