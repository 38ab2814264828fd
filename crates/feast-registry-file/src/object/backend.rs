//! The backends: what the facade knows of registries on object stores.

use std::sync::Arc;

use async_trait::async_trait;
use feast_registry_core::Result;
use feast_registry_core::backend::{Backend, Opening, StoreOptions};

use super::{Bucket, Careless, Environment};
use crate::{FileOptions, FileStore};

/// Serves `s3:` URLs.
#[cfg(feature = "s3")]
#[derive(Clone, Copy, Debug, Default)]
pub struct S3Backend;

#[cfg(feature = "s3")]
#[async_trait]
impl Backend for S3Backend {
    fn name(&self) -> &'static str {
        "s3"
    }

    fn schemes(&self) -> &'static [&'static str] {
        &["s3"]
    }

    async fn open(&self, options: &StoreOptions) -> Result<Opening> {
        let environment = Environment::of_process();
        let settings = super::S3Settings::new(&options.url, &options.object, environment)?;
        let bucket = Bucket::s3(&settings, careless(options))?;
        store(&bucket, &settings.key, options)
    }
}

/// Serves `gs:` URLs.
#[cfg(feature = "gcs")]
#[derive(Clone, Copy, Debug, Default)]
pub struct GcsBackend;

#[cfg(feature = "gcs")]
#[async_trait]
impl Backend for GcsBackend {
    fn name(&self) -> &'static str {
        "gcs"
    }

    fn schemes(&self) -> &'static [&'static str] {
        &["gs"]
    }

    async fn open(&self, options: &StoreOptions) -> Result<Opening> {
        let settings = super::GcsSettings::new(&options.url, &Environment::of_process())?;
        let bucket = Bucket::gcs(&settings, careless(options))?;
        store(&bucket, &settings.key, options)
    }
}

fn careless(options: &StoreOptions) -> Careless {
    match options.object.allow_lost_updates {
        true => Careless::LoseUpdates,
        false => Careless::Refuse,
    }
}

fn store(bucket: &Bucket, key: &str, options: &StoreOptions) -> Result<Opening> {
    let file = FileOptions::default().with_backup_versions(options.backup_versions);
    let store = FileStore::new(bucket.blob(key)?, file);
    Ok(Opening::Store(Arc::new(store)))
}
