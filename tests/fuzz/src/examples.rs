//! The objects in `examples/objects`, as changes of a registry.

use std::cell::RefCell;
use std::path::Path;
use std::sync::{Arc, LazyLock};

use bytes::Bytes;
use feast_registry_core::store::MemoryStore;
use feast_registry_core::wire::{self, Patch};
use feast_registry_core::{Apply, Change, Kind, Record, Registry, RegistryOptions, json};
use serde_json::Value;

use crate::whole;

/// The project that all of them are in.
pub(crate) const PROJECT: &str = "rides";

/// An object of the examples.
pub(crate) struct Example {
    pub(crate) kind: Kind,
    pub(crate) body: Bytes,
}

/// All of them, in the order of their kinds.
pub(crate) static EXAMPLES: LazyLock<Vec<Example>> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/objects");
    let mut found = Vec::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        let documents: Vec<Value> = serde_saphyr::from_multiple(&text).unwrap();
        found.extend(documents.into_iter().map(example));
    }
    found.sort_by(|a, b| (a.kind, &a.body).cmp(&(b.kind, &b.body)));
    found
});

fn example(mut document: Value) -> Example {
    let fields = document.as_object_mut().unwrap();
    let kind = fields.remove("kind").unwrap();
    let kind: Kind = kind.as_str().unwrap().parse().unwrap();
    fields.remove("project");
    let body = json::from_json(kind.spec().message, document).unwrap();
    Example {
        kind,
        body: body.into(),
    }
}

impl Example {
    /// The change that makes it.
    fn change(&self) -> Change {
        let name = wire::string(&self.body, self.kind.spec().name_path);
        self.named(&name.unwrap().unwrap_or_default())
    }

    /// The change that makes it under another name.
    fn named(&self, name: &str) -> Change {
        let project = PROJECT.into();
        if self.kind == Kind::Infra {
            let body = self.body.clone();
            return Change::UpdateInfra { project, body };
        }
        let patch = Patch::default().set_string(self.kind.spec().name_path, name);
        let body = patch.apply(&self.body).unwrap();
        Change::Apply(Apply::new(self.kind, project, name, body))
    }
}

/// What requests call an object of a kind. Views share their names, so one of them is called as requests call everything.
pub(crate) fn name_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Project => PROJECT,
        Kind::StreamFeatureView => "stream",
        Kind::OnDemandFeatureView => "on_demand",
        Kind::LabelView => "label",
        _ => "it",
    }
}

/// Does something to a registry with all of them, and an object of every kind that is called as requests call it; then that
/// must be whole.
///
/// What left it as it was gets it again the next time: most inputs are refused.
pub(crate) async fn on_registry(work: impl AsyncFnOnce(&Registry)) {
    thread_local! {
        static UNTOUCHED: RefCell<Option<(Registry, Vec<Record>)>> = const { RefCell::new(None) };
    }
    let (registry, before) = match UNTOUCHED.take() {
        Some(untouched) => untouched,
        None => {
            let registry = registry().await;
            whole::check(&registry).await;
            let rows = registry.export_rows(None).await.unwrap();
            (registry, rows)
        }
    };
    work(&registry).await;
    if registry.export_rows(None).await.unwrap() == before {
        UNTOUCHED.set(Some((registry, before)));
    } else {
        whole::check(&registry).await;
    }
}

pub(crate) async fn registry() -> Registry {
    let store = Arc::new(MemoryStore::new());
    let opened = Registry::open(store, RegistryOptions::default()).await;
    let registry = opened.unwrap();
    let renamed = Kind::OBJECTS.map(|kind| {
        let mut examples = EXAMPLES.iter();
        let example = examples.find(|example| example.kind == kind).unwrap();
        example.named(name_of(kind))
    });
    let changes = EXAMPLES.iter().map(Example::change).chain(renamed);
    registry.commit(changes.collect()).await.unwrap();
    registry
}
