//! A folder for each test, and what they put into it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use feast_registry_core::store::{Consistency, Decision, Lock, ReadSet, Write};
use feast_registry_core::wire::Patch;
use feast_registry_core::{Key, Kind, Record, Result, Store, StoreExt};
use feast_registry_file::{Blob, FileOptions, FileStore, LocalFile};
use tempfile::TempDir;

pub(crate) struct World {
    folder: TempDir,
}

impl World {
    pub(crate) fn new() -> Self {
        World {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The file of the registry.
    pub(crate) fn file(&self) -> PathBuf {
        self.path("registry.db")
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        std::fs::read(self.file()).unwrap()
    }

    /// What is in the folder.
    pub(crate) fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.folder.path()).unwrap();
        let name = |entry: std::io::Result<std::fs::DirEntry>| entry.unwrap().file_name();
        let mut names: Vec<String> = entries
            .map(|entry| name(entry).into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    /// A store as another process would have it.
    pub(crate) fn store(&self) -> FileStore {
        at(&self.file())
    }
}

/// A store on a file.
pub(crate) fn at(path: &Path) -> FileStore {
    on(Arc::new(LocalFile::new(path)))
}

/// A store on a blob.
pub(crate) fn on(blob: Arc<dyn Blob>) -> FileStore {
    FileStore::new(blob, FileOptions::default())
}

pub(crate) fn key(name: &str) -> Key {
    Key::new(Kind::Entity, "p", name)
}

/// An entity with a text in its description.
pub(crate) fn entity(name: &str, text: &str) -> Record {
    let body = Patch::default()
        .set_string(&[1, 1], name)
        .set_string(&[1, 3], text)
        .set_string(&[1, 9], "p")
        .apply(&[])
        .unwrap();
    Record::new(key(name), body, 0)
}

/// Puts an entity, whether it is there or not.
pub(crate) async fn put(store: &FileStore, name: &str, text: &str) -> Result<()> {
    let row = entity(name, text);
    let mut reads = ReadSet::new();
    reads.key(row.key.clone(), Lock::Update);
    let decide = move |view: &feast_registry_core::store::View, _: &_| {
        let write = match view.key(&row.key, Lock::Update).flatten() {
            None => Write::Insert(row.clone()),
            Some(_) => Write::Update {
                key: row.key.clone(),
                body: row.body.clone(),
                stamp: row.stamp,
            },
        };
        Ok(Decision::Commit {
            writes: vec![write],
            answer: (),
        })
    };
    store.transact_typed(reads, decide).await
}

/// The text of an entity.
pub(crate) async fn text(store: &FileStore, name: &str) -> Option<String> {
    let row = store.get(&key(name), Consistency::Primary).await.unwrap();
    row.map(|row| text_of(&row))
}

pub(crate) fn text_of(row: &Record) -> String {
    let text = feast_registry_core::wire::string(&row.body, &[1, 3]).unwrap();
    text.unwrap_or_default().into_owned()
}

/// Adds one to the number that is the text of an entity; the number then.
pub(crate) async fn increment(store: &FileStore, name: &str) -> Result<u32> {
    let mut reads = ReadSet::new();
    let name = name.to_owned();
    reads.key(key(&name), Lock::Update);
    let increment = move |view: &feast_registry_core::store::View, _: &_| {
        let found = view.key(&key(&name), Lock::Update).flatten();
        let next = found.map_or(0, |row| text_of(row).parse::<u32>().unwrap()) + 1;
        let row = entity(&name, &next.to_string());
        let write = match found {
            None => Write::Insert(row),
            Some(_) => Write::Update {
                key: row.key,
                body: row.body,
                stamp: 0,
            },
        };
        Ok(Decision::Commit {
            writes: vec![write],
            answer: next,
        })
    };
    store.transact_typed(reads, increment).await
}
