//! The conformance suite on a fake of GCS, which keeps to conditions as GCS says that it does, or on whatever
//! speaks the XML API at `FEAST_REGISTRY_CONFORMANCE_URL`; run by `cargo xtask conformance`.

mod fake;

use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use feast_registry_conformance::{Harness, Opened, conformance_main};
use feast_registry_core::{Error, ErrorKind, Result, Store};
use feast_registry_file::{FileOptions, FileStore};
use uuid::Uuid;

use self::fake::{Fake, Kind};

/// The process of the suite has the store, its workers come in by URL.
#[derive(Default)]
struct GcsHarness(OnceLock<Fake>);

/// The one that is there, or one of its own.
fn fake() -> Fake {
    match std::env::var("FEAST_REGISTRY_CONFORMANCE_URL") {
        Ok(url) => Fake::at(Kind::Gcs, &url),
        Err(_) => Fake::start(Kind::Gcs),
    }
}

fn at(fake: &Fake, key: &str) -> Result<FileStore> {
    let blob = fake.bucket().blob(key)?;
    Ok(FileStore::new(blob, FileOptions::default()))
}

fn found(location: &str) -> Result<(Fake, &str)> {
    let (url, key) = location.split_once(' ').ok_or_else(|| {
        let message = format!("`{location}` is no URL and key");
        Error::new(ErrorKind::Internal, message)
    })?;
    Ok((Fake::at(Kind::Gcs, url), key))
}

#[async_trait]
impl Harness for GcsHarness {
    fn name(&self) -> &str {
        "gcs"
    }

    async fn open(&self) -> Result<Opened> {
        let fake = self.0.get_or_init(fake);
        let key = format!("{}/registry.pb", Uuid::new_v4());
        let location = format!("{} {key}", fake.url);
        Ok(Opened::new(at(fake, &key)?, location))
    }

    async fn reopen(&self, location: &str) -> Result<Arc<dyn Store>> {
        let (fake, key) = found(location)?;
        Ok(Arc::new(at(&fake, key)?))
    }

    async fn discard(&self, location: &str) -> Result<()> {
        let (fake, key) = found(location)?;
        let blob = fake.blob(key);
        blob.beside(".feast-registry-probe").delete().await?;
        blob.delete().await
    }
}

conformance_main!(GcsHarness::default());
