//! Earlier versions, kept beside the file.
//!
//! They stand in a ring of names that needs no listing: which one is next follows from the number
//! of the write.

use std::sync::Arc;
use std::time::Instant;

use async_trait::async_trait;
use bytes::Bytes;
use feast_registry_core::message::{UPDATED, VERSION_ID};
use feast_registry_core::store::{Backup, Backups};
use feast_registry_core::{Error, ErrorKind, Result, wire};

use crate::FileStore;
use crate::blob::{Blob, Loaded, Replaced, Version};
use crate::codec;
use crate::commit::encode;
use crate::current::{Held, blocking};
use crate::put::Put;
use crate::state::State;
use crate::store::Inner;

/// How often a backup is tried that others are in the way of.
const ATTEMPTS: u32 = 16;

/// What a content is kept under that nobody can read.
const UNREADABLE: &str = ".unreadable";

impl Inner {
    /// Keeps the content that is about to be replaced; whether that is still the one that is held.
    /// If others were faster, no backup is touched: what is there now is not the version that this
    /// one's place is for.
    pub(crate) async fn back_up(&self, held: &Held) -> Result<bool> {
        let versions = u64::from(self.options.backup_versions);
        let Some(version) = held.version.as_ref().filter(|_| versions > 0) else {
            return Ok(true);
        };
        let slot = self.slot(held.state.ring.newest() % versions);
        let keep = overwrite(&*slot, || self.still(version));
        keep.await.map_err(|error| {
            error.context("the version before could not be kept, so nothing was written")
        })
    }

    /// The content of this version, if it still is the present one.
    async fn still(&self, version: &Version) -> Result<Option<Bytes>> {
        Ok(match self.blob.load(None).await? {
            Loaded::Content {
                bytes,
                version: now,
            } if self.blob.is_same(version, &now) => Some(bytes),
            _ => None,
        })
    }

    /// Keeps a content that nobody can read, for whoever may mend it.
    async fn put_aside(&self, bytes: &Bytes) -> Result<bool> {
        let aside = self.blob.beside(UNREADABLE);
        let keep = overwrite(&*aside, || async { Ok(Some(bytes.clone())) });
        keep.await.map_err(|error| {
            error.context("what cannot be read could not be kept, so nothing was written")
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

    /// What is there now, and its bytes if nobody can read them.
    async fn whatever_is_there(&self) -> Result<(Held, Option<Bytes>)> {
        Ok(match self.blob.load(None).await? {
            Loaded::Content { bytes, version } => {
                let decoded = decode(bytes.clone()).await;
                let unreadable = decoded.is_err().then_some(bytes);
                let held = Held {
                    state: decoded.unwrap_or_default(),
                    version: Some(version),
                    settled: false,
                };
                (held, unreadable)
            }
            Loaded::Absent | Loaded::Unchanged | Loaded::Ahead { .. } => (Held::default(), None),
        })
    }
}

fn suffix(number: u64) -> String {
    format!(".backup-{number:03}")
}

async fn decode(bytes: Bytes) -> Result<State> {
    blocking(move || codec::decode(&bytes)).await?
}

/// Puts a content in place of whatever is there, unless there is none to put; whether there was.
///
/// The blob is looked at before the content is: so if somebody puts a later content there meanwhile,
/// that stays. An answer that was lost makes no difference, since the same is put again.
async fn overwrite<C>(blob: &dyn Blob, content: impl Fn() -> C + Send + Sync) -> Result<bool>
where
    C: Future<Output = Result<Option<Bytes>>> + Send,
{
    let start = Instant::now();
    for _ in 0..ATTEMPTS {
        let there = blob.version().await?;
        let Some(bytes) = content().await? else {
            return Ok(false);
        };
        // Something was cut off there; it would take the place of something good.
        if bytes.is_empty() {
            return Ok(true);
        }
        match blob.replace(there.as_ref(), bytes).await {
            Ok(Replaced::Done(_) | Replaced::Covered(_)) => return Ok(true),
            Ok(Replaced::Conflict) => {}
            Err(error) if error.kind() != ErrorKind::UnknownOutcome => return Err(error),
            Err(error) if start.elapsed() > blob.pace().patience => {
                // Whatever became of it, the registry is as it was.
                return Err(Error::new(ErrorKind::Unavailable, error.message()));
            }
            Err(_) => {}
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
        let mut unread = None;
        for number in 0..u64::from(inner.options.backup_versions) {
            match inner.backup(number).await {
                Ok(backup) => found.extend(backup.map(|(backup, _)| backup)),
                // The others are all the more wanted.
                Err(error) => {
                    tracing::warn!(%error, "a backup cannot be read");
                    unread = Some(error);
                }
            }
        }
        if let (Some(error), true) = (unread, found.is_empty()) {
            return Err(error);
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
            let (held, unreadable) = inner.whatever_is_there().await?;
            let kept = match &unreadable {
                Some(bytes) => inner.put_aside(bytes).await?,
                None => inner.back_up(&held).await?,
            };
            if !kept {
                continue;
            }
            // What was written lately stays known, so that nobody takes this for a loss.
            let rings = [&state.ring, &held.state.ring];
            let ring = rings.into_iter().max_by_key(|ring| ring.newest());
            let next = state.clone().with_ring(ring.cloned().unwrap_or_default());
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
