//! rusqlite alone.

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use feast_registry_core::{Registry, RegistryOptions, Store};
use feast_registry_sqlite::{SqliteSettings, open};

// The same statements as in the benchmark of single writes and reads.
#[path = "../../../crates/feast-registry-sqlite/benches/ratio/raw.rs"]
mod rusqlite_alone;

use self::rusqlite_alone::Raw as Connection;
use crate::Target;
use crate::raw::{Raw, RawConnection, Row};

pub(crate) struct Sqlite {
    file: PathBuf,
    _folder: tempfile::TempDir,
}

/// The registry in one file, the raw driver in another one with the same tables.
pub(crate) async fn target() -> Target<Sqlite> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("raw.db");
    registry(&file).await.close().await.unwrap();
    Target {
        name: "SQLite",
        registry: registry(&folder.path().join("ours.db")).await,
        raw: Sqlite {
            file,
            _folder: folder,
        },
    }
}

async fn registry(file: &std::path::Path) -> Registry {
    let store: Arc<dyn Store> = Arc::new(open(&SqliteSettings::file(file)).unwrap());
    Registry::open(store, RegistryOptions::default())
        .await
        .unwrap()
}

#[async_trait]
impl Raw for Sqlite {
    type Connection = Connection;

    async fn connect(&self) -> Connection {
        Connection::open(&self.file)
    }
}

#[async_trait]
impl RawConnection for Connection {
    async fn update(&mut self, row: Row<'_>) {
        match row.version {
            Some(version) => self.update_with_history(row.name, row.body, version),
            None => Connection::update(self, row.name, row.body),
        }
    }

    async fn append(&mut self, name: &str, bytes: &[u8]) {
        let mut body = Connection::get(self, name).3;
        body.extend_from_slice(bytes);
        Connection::update(self, name, &body);
    }

    async fn write_all(&mut self, views: &[(String, Vec<u8>)], version: i32) {
        match version {
            0 => self.insert(views),
            _ => self.update_all(views, version),
        }
    }

    async fn get(&mut self, name: &str) -> usize {
        Connection::get(self, name).3.len()
    }

    async fn list(&mut self) -> usize {
        Connection::list(self).iter().map(|row| row.3.len()).sum()
    }
}
