//! Blobs on a fake of S3 and of GCS: what becomes of reads and writes when things go wrong.

#[path = "../fake/mod.rs"]
mod fake;

mod backups;
mod conditions;
mod credentials;
mod errors;
mod logged;
mod pace;
mod progress;
mod reading;
mod registry;
mod rights;
mod tls;
mod undone;
mod writing;

use bytes::Bytes;
use feast_registry_file::{Blob, Loaded, Replaced, Version};

/// Writes where nothing is yet.
async fn create(blob: &dyn Blob, content: &'static str) -> Version {
    match blob.replace(None, Bytes::from(content)).await {
        Ok(Replaced::Done(version)) => version,
        other => panic!("{other:?}"),
    }
}

async fn content(blob: &dyn Blob) -> Bytes {
    match blob.load(None).await {
        Ok(Loaded::Content { bytes, .. }) => bytes,
        other => panic!("{other:?}"),
    }
}
