//! The conformance suite on a server that speaks S3; run by `cargo xtask conformance`.

mod server;

use std::sync::Arc;

use async_trait::async_trait;
use feast_registry_conformance::{Harness, Opened, conformance_main};
use feast_registry_core::{Result, Store};
use feast_registry_file::object::{Bucket, Careless};
use feast_registry_file::{FileOptions, FileStore};
use uuid::Uuid;

struct S3Harness {
    name: String,
}

impl S3Harness {
    fn from_env() -> Self {
        let name = std::env::var("FEAST_REGISTRY_CONFORMANCE_NAME");
        S3Harness {
            name: name.unwrap_or_else(|_| "s3".to_owned()),
        }
    }
}

/// The bucket, and what the keys of the suite start with.
fn bucket() -> Result<(Bucket, String)> {
    let settings = server::settings()?;
    let bucket = Bucket::s3(&settings, Careless::Refuse)?;
    Ok((bucket, settings.key))
}

fn store(location: &str) -> Result<FileStore> {
    let (bucket, _) = bucket()?;
    Ok(FileStore::new(
        bucket.blob(location)?,
        FileOptions::default(),
    ))
}

#[async_trait]
impl Harness for S3Harness {
    fn name(&self) -> &str {
        &self.name
    }

    async fn open(&self) -> Result<Opened> {
        let (_, prefix) = bucket()?;
        let location = format!("{prefix}/{}/registry.pb", Uuid::new_v4());
        Ok(Opened::new(store(&location)?, location))
    }

    async fn reopen(&self, location: &str) -> Result<Arc<dyn Store>> {
        Ok(Arc::new(store(location)?))
    }

    async fn discard(&self, location: &str) -> Result<()> {
        let blob = bucket()?.0.blob(location)?;
        blob.beside(".feast-registry-probe").delete().await?;
        blob.delete().await
    }
}

conformance_main!(S3Harness::from_env());
