//! Earlier versions, kept beside the file.
//!
//! They stand in a ring of names that needs no listing: which one is next follows from the number
//! of the write.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use feast_registry_core::message::{UPDATED, VERSION_ID};
use feast_registry_core::store::{Backup, Backups};
use feast_registry_core::{Error, ErrorKind, Result, wire};

use crate::FileStore;
use crate::blob::{Blob, Loaded, Replaced};
use crate::codec;
use crate::commit::encode;
use crate::current::{Held, blocking};
use crate::put::Put;
use crate::state::State;
use crate::store::Inner;

/// How often a backup is tried that others are in the way of.
const ATTEMPTS: u32 = 16;

impl Inner {
    /// Keeps the content that is about to be replaced.
    pub(crate) async fn back_up(&self, held: &Held) -> Result<()> {
        let versions = u64::from(self.options.backup_versions);
        if versions == 0 || held.version.is_none() {
            return Ok(());
        }
        let Loaded::Content { bytes, .. } = self.blob.load(None).await? else {
            return Ok(());
        };
        let slot = self.slot(held.state.ring.newest() % versions);
        overwrite(&*slot, bytes).await.map_err(|error| {
            error.context("the version before could not be kept, so nothing was written")
        })
    }

    fn slot(&self, number: u64) -> Arc<dyn Blob> {
        self.blob.beside(&suffix(number))
    }

    async fn backup(&self, number: u64) -> Result<Option<(Backup, State)>> {
        let Loaded::Content { bytes, .. } = self.slot(number).load(None).await? else {
            return Ok(None);
        };
        let state = decode(bytes.clone()).await?;
        let version_id = wire::string(&bytes, &[VERSION_ID]).ok().flatten();
        let backup = Backup {
            name: suffix(number).trim_start_matches('.').to_owned(),
            updated: wire::timestamp(&bytes, &[UPDATED]).ok().flatten(),
            version_id: version_id.unwrap_or_default().into_owned(),
            bytes: bytes.len(),
            rows: state.rows.size(),
        };
        Ok(Some((backup, state)))
    }

    /// What is there now, readable or not.
    async fn whatever_is_there(&self) -> Result<(Held, bool)> {
        Ok(match self.blob.load(None).await? {
            Loaded::Content { bytes, version } => {
                let decoded = decode(bytes).await;
                let readable = decoded.is_ok();
                let version = Some(version);
                let state = decoded.unwrap_or_default();
                let held = Held {
                    state,
                    version,
                    settled: false,
                };
                (held, readable)
            }
            Loaded::Absent | Loaded::Unchanged | Loaded::Ahead { .. } => (Held::default(), true),
        })
    }
}

fn suffix(number: u64) -> String {
    format!(".backup-{number:03}")
}

async fn decode(bytes: Bytes) -> Result<State> {
    blocking(move || codec::decode(&bytes)).await?
}

async fn overwrite(blob: &dyn Blob, bytes: Bytes) -> Result<()> {
    for _ in 0..ATTEMPTS {
        let expected = match blob.load(None).await? {
            Loaded::Content { version, .. } => Some(version),
            _ => None,
        };
        if let Replaced::Done(_) = blob.replace(expected.as_ref(), bytes.clone()).await? {
            return Ok(());
        }
    }
    Err(busy(&blob.describe()))
}

fn busy(what: &str) -> Error {
    let message = format!("others wrote {what} at every attempt");
    Error::new(ErrorKind::Contention, message).with_hint("try again")
}

#[async_trait]
impl Backups for FileStore {
    async fn list(&self) -> Result<Vec<Backup>> {
        let inner = self.open()?;
        let mut found = Vec::new();
        for number in 0..u64::from(inner.options.backup_versions) {
            found.extend(inner.backup(number).await?.map(|(backup, _)| backup));
        }
        let age = |backup: &Backup| backup.updated.map(|time| (time.seconds, time.nanos));
        found.sort_by_key(|backup| std::cmp::Reverse(age(backup)));
        Ok(found)
    }

    async fn restore(&self, name: &str) -> Result<Backup> {
        let inner = self.open()?;
        let _working = inner.working.lock().await;
        let mut numbers = 0..u64::from(inner.options.backup_versions);
        let number = numbers.find(|number| suffix(*number).trim_start_matches('.') == name);
        let found = match number {
            Some(number) => inner.backup(number).await?,
            None => None,
        };
        let (backup, state) = found.ok_or_else(|| unknown(name))?;
        for _ in 0..ATTEMPTS {
            let _turn = inner.blob.turn(true).await?;
            let (held, readable) = inner.whatever_is_there().await?;
            // What was written lately stays known, so that nobody takes this for a loss.
            let next = state.clone().with_ring(held.state.ring.clone());
            if readable {
                inner.back_up(&held).await?;
            }
            let encoded = encode(&next)?;
            let write = encoded.write;
            match inner.put(held.version.as_ref(), encoded, next).await {
                Put::Landed(held) => {
                    inner.current.publish(held, Some(write)).await;
                    return Ok(backup);
                }
                Put::Covered(held) => {
                    inner.current.publish_covered(held, write).await;
                    return Ok(backup);
                }
                Put::Overtaken => {}
                Put::Failed(error) => return Err(error),
            }
        }
        Err(busy(&inner.blob.describe()))
    }
}

fn unknown(name: &str) -> Error {
    let message = format!("there is no backup `{name}`");
    Error::new(ErrorKind::Invalid, message).with_hint("`feast-registry backups list` shows them")
}
