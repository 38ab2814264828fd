//! The command as a library, with a backend that this workspace does not know.

use std::io::Write;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use feast_registry_cli::Streams;
use feast_registry_core::Result;
use feast_registry_core::backend::{Backend, Backends, Opening, StoreOptions};
use feast_registry_core::store::{Limits, MemoryStore};
use serde_json::Value;

/// Every registry of this backend is the same one.
#[derive(Debug, Default)]
struct Shared<const CAPPED: bool>(MemoryStore);

#[async_trait]
impl<const CAPPED: bool> Backend for Shared<CAPPED> {
    fn name(&self) -> &'static str {
        self.schemes()[0]
    }

    fn schemes(&self) -> &'static [&'static str] {
        match CAPPED {
            true => &["capped"],
            false => &["shared"],
        }
    }

    async fn open(&self, _options: &StoreOptions) -> Result<Opening> {
        Ok(Opening::Store(Arc::new(self.0.handle())))
    }

    /// Where there is a schema, as if it held a table.
    fn schema_statements(&self, options: &StoreOptions) -> Vec<String> {
        let schema = options.schema.iter();
        schema
            .map(|schema| format!("CREATE TABLE {schema}.t"))
            .collect()
    }
}

#[derive(Clone, Default)]
struct Buffer(Arc<Mutex<Vec<u8>>>);

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Buffer {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

async fn run(backends: &Backends, line: &str, input: &'static str) -> (u8, String, String) {
    let (out, err) = (Buffer::default(), Buffer::default());
    let mut streams = Streams::new(input.as_bytes(), out.clone(), err.clone());
    let args = ["feast-registry", "--registry", "shared://here"]
        .into_iter()
        .chain(line.split(' '));
    let code = feast_registry_cli::run(args, backends, &mut streams).await;
    (code, out.text(), err.text())
}

#[tokio::test]
async fn a_third_party_backend_gets_every_command() {
    let backends = Backends::new().with(Shared::<false>::default());
    let (code, out, err) = run(&backends, "backends", "").await;
    assert_eq!(
        (code, out.as_str(), err.as_str()),
        (0, "NAME    SCHEMES\nshared  shared\n", "")
    );

    let entity = "kind: Entity\nproject: p\nspec: {name: driver}\n";
    let (code, out, err) = run(&backends, "apply -", entity).await;
    assert_eq!(
        (code, out.as_str(), err.as_str()),
        (0, "created 1, updated 0, unchanged 0\n", "")
    );
    let (_, out, _) = run(&backends, "entities list", "").await;
    assert!(out.contains("driver"), "{out}");

    let (code, _, err) = run(&backends, "schema print", "").await;
    assert_eq!(code, 1);
    assert!(err.contains("has no tables"), "{err}");
    let (code, out, _) = run(&backends, "--help", "").await;
    assert!(code == 0 && out.contains("Usage:"), "{out}");
    let (code, _, err) = run(&backends, "bogus", "").await;
    assert!(code == 2 && err.contains("bogus"), "{err}");
}

#[tokio::test]
async fn tables_are_printed_in_the_configured_schema() {
    let backends = Backends::new().with(Shared::<false>::default());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("feature_store.yaml");
    let yaml = "project: p\nregistry: {path: shared://here, schema: mine}\n";
    std::fs::write(&file, yaml).unwrap();
    let print = format!("-f {} schema print", file.display());
    let (code, out, err) = run(&backends, &print, "").await;
    assert_eq!((code, out.as_str()), (0, "CREATE TABLE mine.t;\n"), "{err}");
}

/// What a target cannot hold fails a migration that is verified, unless that was said to be all right.
#[tokio::test]
async fn a_loss_must_be_allowed() {
    const LARGEST: usize = 100;
    let limits = Limits::default().with_object_bytes(LARGEST);
    let backends = Backends::new()
        .with(Shared::<false>::default())
        .with(Shared::<true>(MemoryStore::new().with_limits(limits)));
    let objects = "kind: Entity\nproject: p\nspec: {name: small}\n---\nkind: Entity\nproject: p\nspec:\n  name: large\n  \
                   description: a description that is longer than the target takes, since it goes on and on and on until it is\n";
    assert_eq!(run(&backends, "apply -", objects).await.0, 0);

    let line = "migrate --from shared://here --to capped://there --verify";
    let (code, out, err) = run(&backends, line, "").await;
    assert!(out.contains(", refused 1\n"), "{out}");
    assert_eq!(code, 1, "{err}");
    assert!(err.contains("entity `large` in project `p`"), "{err}");
    assert!(err.contains("--allow-loss"), "{err}");

    let (code, out, err) = run(&backends, &format!("-o json {line} --allow-loss"), "").await;
    assert_eq!(code, 0, "{err}");
    let report: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(report["verified"], true);
    assert_eq!(report["refused"].as_array().unwrap().len(), 1);
    assert_ne!(report["checksum"], report["target_checksum"]);
    let part = |kind: &str| {
        let parts = report["parts"].as_array().unwrap().iter();
        parts.clone().find(|part| part["kind"] == kind).unwrap()
    };
    assert_eq!(part("Project")["source"], part("Project")["target"]);
    assert_ne!(part("Entity")["source"], part("Entity")["target"]);
    assert_eq!(part("Entity")["objects"], 2);
}
