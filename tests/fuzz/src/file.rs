//! A registry file, read, written and read again.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use feast_registry_core::message::{self, Overview};
use feast_registry_core::{
    Apply, Change, ErrorKind, Kind, Record, Registry, RegistryOptions, Result,
};
use feast_registry_file::{Blob, FileOptions, FileStore, Loaded, Replaced, Version};

use crate::examples::{self, EXAMPLES, PROJECT};
use crate::{block_on, whole};

pub(crate) fn run(input: &[u8]) {
    let bytes = Bytes::copy_from_slice(input);
    imported(&bytes);
    block_on(async {
        let blob = Held::new(bytes);
        match written(&blob).await {
            Ok(before) => {
                let after = open(&blob).await.unwrap().export_rows(None).await.unwrap();
                let lost = before.iter().find(|row| !after.contains(row));
                assert!(lost.is_none(), "{lost:?} is gone");
            }
            Err(error) if error.kind() == ErrorKind::Corrupt => {}
            Err(error) => whole::is_refused(&error),
        }
    });
}

/// A file that is read piece by piece has the rows that it has when it is read whole.
fn imported(bytes: &Bytes) {
    let split = message::split(bytes, Some(PROJECT));
    if let Ok(read) = Overview::read(&bytes[..], Some(PROJECT)) {
        let rows = read.rows + u64::from(read.infra.is_some());
        assert_eq!(split.unwrap().len() as u64, rows);
    }
}

async fn open(blob: &Arc<Held>) -> Result<Registry> {
    let blob = Arc::clone(blob) as Arc<dyn Blob>;
    let store = FileStore::new(blob, FileOptions::default());
    Registry::open(Arc::new(store), RegistryOptions::default()).await
}

/// Adds an object; answers the rows that have nothing to do with it.
async fn written(blob: &Arc<Held>) -> Result<Vec<Record>> {
    const OWN: &str = "made by the fuzzer";
    let registry = open(blob).await?;
    let mut rows = registry.export_rows(None).await?;
    rows.retain(|row| *row.key.project != *OWN);
    let entity = feast_registry_core::json::from_json(
        Kind::Entity.spec().message,
        serde_json::json!({"spec": {"name": "it"}}),
    )?;
    let apply = Apply::new(Kind::Entity, OWN, "it", entity);
    registry.commit(vec![Change::Apply(apply)]).await?;
    Ok(rows)
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let all = block_on(async {
        let registry = examples::registry().await;
        let blob = Held::new(Bytes::new());
        let own = open(&blob).await.unwrap();
        let rows = registry.export_rows(None).await.unwrap();
        own.import_rows(rows).await.unwrap();
        let (own, _) = blob.0.lock().unwrap().clone();
        [registry.message().await.unwrap(), own.to_vec()]
    });
    let alone = EXAMPLES.iter().map(|example| {
        let mut file = Vec::new();
        let field = example.kind.spec().registry_field;
        feast_registry_core::wire::put_len(field, &example.body, &mut file);
        file
    });
    alone.chain(all).collect()
}

/// A file in memory, and how often it was written.
#[derive(Debug)]
struct Held(Mutex<(Bytes, u64)>);

impl Held {
    fn new(bytes: Bytes) -> Arc<Self> {
        Arc::new(Held(Mutex::new((bytes, 0))))
    }
}

fn version(number: u64) -> Version {
    Version {
        etag: Some(number.to_string()),
        generation: None,
    }
}

#[async_trait]
impl Blob for Held {
    fn describe(&self) -> String {
        "memory".to_owned()
    }

    async fn load(&self, known: Option<&Version>) -> Result<Loaded> {
        let (bytes, number) = self.0.lock().unwrap().clone();
        let version = version(number);
        Ok(match known == Some(&version) {
            true => Loaded::Unchanged,
            false => Loaded::Content { bytes, version },
        })
    }

    async fn replace(&self, expected: Option<&Version>, bytes: Bytes) -> Result<Replaced> {
        let mut held = self.0.lock().unwrap();
        if expected != Some(&version(held.1)) {
            return Ok(Replaced::Conflict);
        }
        *held = (bytes, held.1 + 1);
        Ok(Replaced::Done(version(held.1)))
    }

    async fn delete(&self) -> Result<()> {
        *self.0.lock().unwrap() = (Bytes::new(), 0);
        Ok(())
    }

    fn beside(&self, _: &str) -> Arc<dyn Blob> {
        Held::new(Bytes::new())
    }
}
