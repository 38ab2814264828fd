//! An object as a blob.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use feast_registry_core::{Error, ErrorKind, Result};
use futures::StreamExt;
use object_store::path::Path;
use object_store::{GetOptions, PutMode, PutOptions, UpdateVersion};

use super::answer::Trail;
use super::patience::Patience;
use super::place::Place;
use super::probe;
use super::transfer::{self, Progress};
use super::verdict::{Verdict, judge, unavailable, unknown};
use crate::{Blob, Loaded, Pace, Replaced, Version};

/// One object of a bucket.
#[derive(Clone, Debug)]
pub(super) struct ObjectBlob {
    place: Arc<Place>,
    key: Path,
    pace: Pace,
}

impl ObjectBlob {
    /// # Errors
    ///
    /// [`ErrorKind::Config`] for a key that cannot be asked for as it is written.
    pub(super) fn new(place: Arc<Place>, key: &str, pace: Pace) -> Result<Self> {
        // The library would strip a slash, and Feast would not.
        match Path::parse(key) {
            Ok(path) if path.as_ref() == key => Ok(ObjectBlob {
                place,
                key: path,
                pace,
            }),
            _ => Err(Error::new(
                ErrorKind::Config,
                format!("{}: `{key}` is no key for a registry", place.bucket()),
            )
            .with_hint(
                "a key has no empty, `.` or `..` part between its slashes, and none at its end",
            )),
        }
    }

    pub(super) fn place(&self) -> &Place {
        &self.place
    }

    /// The object that the store is asked about conditions with.
    pub(super) fn probe(&self) -> Self {
        self.named(probe::SUFFIX)
    }

    fn named(&self, suffix: &str) -> Self {
        ObjectBlob {
            // Both parts are keys, and so is what they make.
            key: Path::parse(format!("{}{suffix}", self.key)).unwrap_or_default(),
            ..self.clone()
        }
    }

    /// Reads what is asked for, as often as it takes.
    async fn read(&self, ask: GetOptions) -> Result<Loaded> {
        let mut patience = Patience::new(self.place.timing.patience);
        loop {
            match self.try_read(ask.clone()).await {
                Ok(loaded) => return Ok(loaded),
                Err(Verdict::Absent) => return Ok(Loaded::Absent),
                Err(Verdict::Unchanged) if ask.if_none_match.is_some() => {
                    return Ok(Loaded::Unchanged);
                }
                // The client has repeated these requests already.
                Err(Verdict::Unknown(why) | Verdict::Unreached(why)) => {
                    return Err(unavailable(&self.describe(), &why, patience.tries()));
                }
                Err(verdict) => {
                    self.place
                        .again(verdict, &mut patience, &self.describe())
                        .await?;
                }
            }
        }
    }

    async fn try_read(&self, mut ask: GetOptions) -> Result<Loaded, Verdict> {
        let trail = Trail::default();
        let only_the_head = ask.head;
        ask.extensions.insert(trail.clone());
        let reader = Arc::clone(&self.place.clients().reader);
        match reader.get_opts(&self.key, ask).await {
            Ok(found) => {
                let version = self.version_of(found.meta.e_tag.clone(), found.meta.version.clone());
                let bytes = match only_the_head {
                    true => Bytes::new(),
                    false => transfer::receive(found, self.place.timing, &self.describe()).await?,
                };
                Ok(Loaded::Content { bytes, version })
            }
            // An answer without content says no more than this, and 403 may mean the same.
            Err(_) if only_the_head && trail.has_status(&[403, 404]) => Err(Verdict::Absent),
            Err(error) => Err(self.judge(&trail, &error)),
        }
    }

    /// A put of bytes on a condition, or on none, without a look at what the store does with it. One that the
    /// store puts off is sent again, for a while; `while_it_holds` looks at the condition before that.
    pub(super) async fn put(
        &self,
        mode: PutMode,
        bytes: Bytes,
        while_it_holds: bool,
    ) -> Result<Replaced> {
        let mut patience = Patience::new(self.place.timing.patience);
        let progress =
            Progress::of_sending(&self.describe(), bytes.len(), self.place.timing.report);
        loop {
            let trail = Trail::of_sending(progress.sent());
            let mut options = PutOptions::from(mode.clone());
            options.extensions.insert(trail.clone());
            let writer = Arc::clone(&self.place.clients().writer);
            let put = writer.put_opts(&self.key, bytes.clone().into(), options);
            let error = match put.await {
                Ok(put) => return Ok(Replaced::Done(self.version_of(put.e_tag, put.version))),
                Err(error) => error,
            };
            match self.judge(&trail, &error) {
                // What was to be replaced is gone.
                Verdict::Conflict | Verdict::Unchanged | Verdict::Absent => {
                    return Ok(Replaced::Conflict);
                }
                Verdict::Unknown(why) => return Err(unknown(&self.describe(), &why)),
                verdict => {
                    self.place
                        .again(verdict, &mut patience, &self.describe())
                        .await?;
                }
            }
            if while_it_holds && !self.may_hold(&mode).await {
                return Ok(Replaced::Conflict);
            }
        }
    }

    /// Where only so many writes are taken, those of others are in the way, and what was to be replaced has gone
    /// with them.
    async fn may_hold(&self, mode: &PutMode) -> bool {
        match self.version().await {
            Ok(version) => *mode == PutMode::Overwrite || *mode == condition(version.as_ref()),
            // The put will tell.
            Err(_) => true,
        }
    }

    fn judge(&self, trail: &Trail, error: &object_store::Error) -> Verdict {
        let verdict = judge(&trail.last(), &self.describe(), self.place.source());
        // Its text may repeat what was signed.
        tracing::trace!(object = %self.describe(), ?verdict, %error, "failed");
        verdict
    }

    /// S3 numbers versions of a bucket that keeps them, and has conditions about tags only.
    fn version_of(&self, etag: Option<String>, generation: Option<String>) -> Version {
        Version {
            // What stands between may have weakened it; the store has strong ones.
            etag: etag.map(|tag| tag.strip_prefix("W/").map(str::to_owned).unwrap_or(tag)),
            generation: generation.filter(|_| self.place.has_generations()),
        }
    }
}

/// The condition of a put.
pub(super) fn condition(expected: Option<&Version>) -> PutMode {
    match expected {
        None => PutMode::Create,
        Some(version) => PutMode::Update(UpdateVersion {
            e_tag: version.etag.clone(),
            version: version.generation.clone(),
        }),
    }
}

#[async_trait]
impl Blob for ObjectBlob {
    fn describe(&self) -> String {
        format!("{}/{}", self.place.bucket(), self.key)
    }

    async fn load(&self, known: Option<&Version>) -> Result<Loaded> {
        self.read(GetOptions {
            if_none_match: known.and_then(|known| known.etag.clone()),
            ..GetOptions::default()
        })
        .await
    }

    /// Without the right to list, S3 answers 403 where there is no object.
    async fn version(&self) -> Result<Option<Version>> {
        let ask = GetOptions {
            head: true,
            ..GetOptions::default()
        };
        Ok(match self.read(ask).await? {
            Loaded::Content { version, .. } => Some(version),
            Loaded::Absent | Loaded::Unchanged | Loaded::Ahead { .. } => None,
        })
    }

    async fn replace(&self, expected: Option<&Version>, bytes: Bytes) -> Result<Replaced> {
        let mode = if probe::conditional(self).await? {
            condition(expected)
        } else {
            PutMode::Overwrite
        };
        self.put(mode, bytes, true).await
    }

    fn pace(&self) -> Pace {
        self.pace
    }

    async fn delete(&self) -> Result<()> {
        let reader = Arc::clone(&self.place.clients().reader);
        let key = self.key.clone();
        let mut gone = reader.delete_stream(futures::stream::iter([Ok(key)]).boxed());
        let why = match gone.next().await {
            None | Some(Ok(_) | Err(object_store::Error::NotFound { .. })) => return Ok(()),
            Some(Err(object_store::Error::PermissionDenied { .. })) => "it may not be deleted",
            Some(Err(object_store::Error::Unauthenticated { .. })) => {
                "the credentials are not good"
            }
            Some(Err(_)) => "it was not deleted",
        };
        Err(unavailable(&self.describe(), why, 1))
    }

    fn beside(&self, suffix: &str) -> Arc<dyn Blob> {
        Arc::new(self.named(suffix))
    }
}
