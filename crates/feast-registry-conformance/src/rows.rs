//! Rows for trials of the store itself, where no rule of Feast is in between.
//!
//! Their bodies are messages that say the same as their keys and stamps, since a store may keep
//! keys in the messages. What a trial writes and reads back stands in an unknown field.

use std::sync::Arc;

use feast_registry_core::store::{
    Consistency, Context, Decision, Lock, ReadSet, Scan, View, Write,
};
use feast_registry_core::wire::{self, Patch};
use feast_registry_core::{
    Error, Extra, INFRA_NAME, Key, Kind, Record, Registry, Result, Store, StoreExt, VersionExtra,
};
use futures::StreamExt;
use prost_types::Timestamp;

use crate::samples::UNKNOWN_FIELD;

/// The stamp of a row that does not care.
pub(crate) const STAMP: i64 = 1_700_000_000;

/// A row of any kind. A project is named `project`, infrastructure as Feast names it.
pub(crate) fn row(kind: Kind, project: &str, name: &str) -> Record {
    let key = match kind {
        Kind::Project => Key::project(project),
        Kind::Infra => Key::infra(project),
        Kind::Version => Key::version(project, name, 0),
        _ => Key::new(kind, project, name),
    };
    at(key, name, STAMP)
}

/// An entity.
pub(crate) fn entity(project: &str, name: &str) -> Record {
    row(Kind::Entity, project, name)
}

/// A row with a text and a stamp.
pub(crate) fn at(key: Key, text: &str, stamp: i64) -> Record {
    let body = body(&key, text, stamp);
    let extra = match key.kind {
        Kind::Version => Extra::Version(Box::new(VersionExtra {
            view_type: "feature_view".into(),
            version_id: format!("00000000-0000-4000-8000-{:012}", key.number),
            description: String::new(),
        })),
        _ => Extra::None,
    };
    Record {
        extra,
        ..Record::new(key, body, stamp)
    }
}

/// A message that agrees with a key and a stamp.
fn body(key: &Key, text: &str, stamp: i64) -> Vec<u8> {
    if key.kind == Kind::Metadata {
        return text.as_bytes().to_vec();
    }
    let spec = match key.kind {
        Kind::Version => Kind::FeatureView.spec(),
        kind => kind.spec(),
    };
    let mut patch = Patch::default()
        .set_string(spec.name_path, &key.name)
        .set_string(&[UNKNOWN_FIELD], text);
    if let Some(path) = spec.project_path {
        patch = patch.set_string(path, &key.project);
    }
    if let Some(path) = spec.updated_path {
        let stamp = Timestamp {
            seconds: stamp,
            nanos: 0,
        };
        patch = patch.set_timestamp(path, &stamp);
    }
    patch.apply(&[]).unwrap_or_default()
}

/// The text in a row.
pub(crate) fn text(row: &Record) -> String {
    if row.key.kind == Kind::Metadata {
        return String::from_utf8_lossy(&row.body).into_owned();
    }
    let text = wire::string(&row.body, &[UNKNOWN_FIELD]);
    text.ok().flatten().unwrap_or_default().into_owned()
}

/// The number in a row's text.
pub(crate) fn number(row: &Record) -> i64 {
    text(row).parse().unwrap_or(i64::MIN)
}

/// The write that gives a row another text.
pub(crate) fn update(key: &Key, text: &str, stamp: i64) -> Write {
    Write::Update {
        key: key.clone(),
        body: body(key, text, stamp).into(),
        stamp,
    }
}

/// One row of every kind in a project. Projects are rows too.
pub(crate) fn one_of_each(project: &str) -> Vec<Record> {
    let name = |kind| {
        if kind == Kind::Infra {
            INFRA_NAME
        } else {
            "it"
        }
    };
    Kind::ALL.map(|kind| row(kind, project, name(kind))).into()
}

/// Commits writes, having looked at the rows that they are about.
pub(crate) async fn write(store: &dyn Store, writes: Vec<Write>) -> Result<()> {
    let mut reads = ReadSet::new();
    for write in &writes {
        match write {
            Write::Insert(row) => reads.key(row.key.clone(), Lock::Update),
            Write::Update { key, .. } | Write::SetUserMetadata { key, .. } | Write::Delete(key) => {
                reads.key(key.clone(), Lock::Update)
            }
            Write::DeleteRange(range) => reads.range(range.clone(), Lock::Update),
        };
    }
    commit(store, reads, writes).await
}

/// Commits writes without having looked at anything.
pub(crate) async fn write_blindly(store: &dyn Store, writes: Vec<Write>) -> Result<()> {
    commit(store, ReadSet::new(), writes).await
}

async fn commit(store: &dyn Store, reads: ReadSet, writes: Vec<Write>) -> Result<()> {
    let decide = move |_: &View, _: &Context| {
        let writes = writes.clone();
        Ok(Decision::Commit { writes, answer: () })
    };
    store.transact_typed(reads, decide).await
}

/// Creates rows.
pub(crate) async fn insert(store: &dyn Store, rows: &[Record]) -> Result<()> {
    write(store, rows.iter().cloned().map(Write::Insert).collect()).await
}

/// The row with a key.
pub(crate) async fn get(store: &dyn Store, key: &Key) -> Result<Option<Record>> {
    store.get(key, Consistency::Primary).await
}

/// All rows of a scan.
pub(crate) async fn scan(store: &dyn Store, scan: Scan) -> Result<Vec<Record>> {
    Ok(store.scan(&scan, Consistency::Primary).await?.records)
}

/// Every row, in key order.
pub(crate) async fn everything(store: &dyn Store) -> Result<Vec<Record>> {
    let mut rows = Vec::new();
    let mut chunks = store.snapshot(Consistency::Primary).await?;
    while let Some(chunk) = chunks.next().await {
        rows.extend(chunk?);
    }
    rows.sort_unstable_by(|a, b| a.key.cmp(&b.key));
    Ok(rows)
}

/// The names of rows.
pub(crate) fn names(rows: &[Record]) -> Vec<&str> {
    rows.iter().map(|row| &*row.key.name).collect()
}

/// What a trial's decision says when it gives up.
pub(crate) fn refusal() -> Error {
    Error::invalid("the trial gives up")
}

/// Reads some keys under a lock and hands what was found to a closure that decides.
pub(crate) async fn with_keys<T, F>(
    store: &Arc<dyn Store>,
    keys: Vec<Key>,
    lock: Lock,
    decide: F,
) -> Result<T>
where
    T: Send + 'static,
    F: Fn(&[Option<Record>], &Context) -> Result<Decision<T>> + Send + Sync + 'static,
{
    let mut reads = ReadSet::new();
    for key in &keys {
        reads.key(key.clone(), lock);
    }
    store
        .transact_typed(reads, move |view, context| {
            let found: Vec<Option<Record>> = keys
                .iter()
                .map(|key| view.key(key, lock).flatten().cloned())
                .collect();
            decide(&found, context)
        })
        .await
}

/// Every row of a registry, in key order.
pub(crate) async fn all(registry: &Registry) -> Result<Vec<Record>> {
    everything(&**registry.store()).await
}

/// Every row of a project, in key order.
pub(crate) async fn of(registry: &Registry, project: &str) -> Result<Vec<Record>> {
    let mut rows = registry.export_rows(Some(project)).await?;
    rows.sort_unstable_by(|a, b| a.key.cmp(&b.key));
    Ok(rows)
}
