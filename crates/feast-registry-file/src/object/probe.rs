//! Whether a store keeps to conditions. One that ignores them lets writers overwrite each other.

use bytes::Bytes;
use feast_registry_core::{Error, ErrorKind, Result};
use uuid::Uuid;

use super::blob::{ObjectBlob, condition};
use super::place::Careless;
use crate::{Blob, Replaced, Version};

/// What the key of the probe ends with.
pub(super) const SUFFIX: &str = ".feast-registry-probe";

/// Whether writes to the bucket of this blob are to be conditional; asked of the store before the
/// first write, on an object of its own beside this one, which stays there.
///
/// # Errors
///
/// [`ErrorKind::Unsupported`] if the store ignores conditions and that is not allowed.
pub(super) async fn conditional(blob: &ObjectBlob) -> Result<bool> {
    let place = blob.place();
    let found = place
        .conditional
        .get_or_try_init(|| async { keeps_conditions(&blob.probe()).await })
        .await?;
    if !*found && place.careless == Careless::Refuse {
        return Err(refused(&blob.describe()));
    }
    Ok(*found)
}

/// Two writes that a store must refuse. Each has bytes of its own: the tag of equal bytes may be
/// equal.
async fn keeps_conditions(probe: &ObjectBlob) -> Result<bool> {
    if put(probe, None).await? {
        // It was not there, so it must be the second time.
        if put(probe, None).await? {
            return Ok(ignored(probe));
        }
    }
    let never = Version {
        etag: Some(format!("\"{}\"", Uuid::new_v4().simple())),
        // Generations count up, or are times.
        generation: Some(i64::MAX.to_string()),
    };
    if put(probe, Some(&never)).await? {
        return Ok(ignored(probe));
    }
    Ok(true)
}

/// Whether a write with this condition was done.
async fn put(probe: &ObjectBlob, expected: Option<&Version>) -> Result<bool> {
    let bytes = Bytes::from(format!(
        "whether this store keeps conditions: {}",
        Uuid::new_v4()
    ));
    match probe.put(condition(expected), bytes, false).await {
        Ok(replaced) => Ok(replaced != Replaced::Conflict),
        // A store that does not know conditions may say so.
        Err(error) if error.kind() == ErrorKind::Unsupported => Ok(true),
        Err(error) => {
            Err(error
                .context("before the first write, the store is asked whether it keeps conditions"))
        }
    }
}

fn ignored(probe: &ObjectBlob) -> bool {
    tracing::warn!(object = %probe.describe(), "the store ignores the conditions of writes");
    false
}

fn refused(object: &str) -> Error {
    Error::new(
        ErrorKind::Unsupported,
        format!("{object}: the store ignores the conditions of writes, so writers would overwrite each other; nothing was written"),
    )
    .with_hint("use a store with conditional writes, or a database; `allow_lost_updates: true` writes all the same, and loses updates")
}
