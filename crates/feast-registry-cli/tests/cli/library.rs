//! The command as a library, with a backend that this workspace does not know.

use std::io::Write;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use feast_registry_cli::Streams;
use feast_registry_core::Result;
use feast_registry_core::backend::{Backend, Backends, Opening, StoreOptions};
use feast_registry_core::store::MemoryStore;

/// Every registry of this backend is the same one.
#[derive(Debug, Default)]
struct Shared(MemoryStore);

#[async_trait]
impl Backend for Shared {
    fn name(&self) -> &'static str {
        "shared"
    }

    fn schemes(&self) -> &'static [&'static str] {
        &["shared"]
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
    let backends = Backends::new().with(Shared::default());
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
    let backends = Backends::new().with(Shared::default());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("feature_store.yaml");
    let yaml = "project: p\nregistry: {path: shared://here, schema: mine}\n";
    std::fs::write(&file, yaml).unwrap();
    let print = format!("-f {} schema print", file.display());
    let (code, out, err) = run(&backends, &print, "").await;
    assert_eq!((code, out.as_str()), (0, "CREATE TABLE mine.t;\n"), "{err}");
}
