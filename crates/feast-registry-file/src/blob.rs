//! What holds the bytes of a registry: read whole, and replaced whole on a condition.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use feast_registry_core::Result;

/// Names one content of a blob, as whatever holds the blob tells them apart: an ETag, a generation,
/// a digest. Compared for equality only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// The entity tag, with its quotes.
    pub etag: Option<String>,
    /// The generation (GCS).
    pub generation: Option<String>,
}

/// What [`Blob::load`] found.
#[derive(Clone, Debug)]
pub enum Loaded {
    /// There is no blob. Only what is certainly so: a place that refuses to say is an error.
    Absent,
    /// It is still the version that the caller knows; no byte of it was moved.
    Unchanged,
    /// Its whole content.
    Content {
        /// All of it.
        bytes: Bytes,
        /// What it is called.
        version: Version,
    },
    /// What another writer has decided on, and nobody reads before it is durable: only for
    /// [`Blob::load_to_write`].
    Ahead {
        /// All of it.
        bytes: Bytes,
        /// What it is called.
        version: Version,
    },
}

/// What became of [`Blob::replace`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Replaced {
    /// The new content is there, durably.
    Done(Version),
    /// The new content was there, durably, and others have written on top of it since.
    Covered(Version),
    /// The condition does not hold (any more); nothing was written.
    Conflict,
}

/// The right to write, where writers queue: others wait until it is dropped, or used for
/// [`Blob::replace`].
pub type Turn = Box<dyn Send>;

/// What writers of a place must be prepared for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// The least time between two puts of one blob.
    pub between: Duration,
    /// What a writer that was overtaken waits, about; twice as long after each of the next times.
    pub pause: Duration,
    /// How long a change is tried at all.
    pub patience: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Pace {
            between: Duration::ZERO,
            pause: Duration::from_millis(2),
            patience: Duration::from_secs(30),
        }
    }
}

/// A file, or an object of an object store.
#[async_trait]
pub trait Blob: Debug + Send + Sync + 'static {
    /// Where it is, for people: a path or a URL without secrets.
    fn describe(&self) -> String;

    /// Its content, unless that is the one which the caller knows.
    async fn load(&self, known: Option<&Version>) -> Result<Loaded>;

    /// The content to decide on, in a turn. It may be one that is not durable yet: what is decided on it comes
    /// after it, or not at all.
    async fn load_to_write(&self, known: Option<&Version>) -> Result<Loaded> {
        self.load(known).await
    }

    /// What its content is called, without the content where the place can do that. `None` where there
    /// seems to be no blob: whoever puts one there on that condition learns whether it was so.
    async fn version(&self) -> Result<Option<Version>> {
        Ok(match self.load(None).await? {
            Loaded::Content { version, .. } => Some(version),
            Loaded::Absent | Loaded::Unchanged | Loaded::Ahead { .. } => None,
        })
    }

    /// Whether two versions are of one content, as far as they tell.
    fn is_same(&self, one: &Version, other: &Version) -> bool {
        one == other
    }

    /// Puts a new content in place of the expected one, atomically; with `None` only where there is
    /// no blob. An answer that was lost is
    /// [`ErrorKind::UnknownOutcome`](feast_registry_core::ErrorKind::UnknownOutcome).
    async fn replace(&self, expected: Option<&Version>, bytes: Bytes) -> Result<Replaced>;

    /// Waits until a content that was loaded is durable; whether it is, which it may not become: then what was
    /// decided on it does not hold. Only where contents are shown before they are durable.
    async fn settle(&self, _version: &Version) -> Result<bool> {
        Ok(true)
    }

    /// Waits until the caller is the only one who decides, where the place can do that: then nobody overtakes
    /// it between [`Blob::load_to_write`] and [`Blob::replace`]. `None` where writers can only find out
    /// afterwards. Who is `alone` is the only writer, too: what it loads is durable.
    async fn turn(&self, _alone: bool) -> Result<Option<Turn>> {
        Ok(None)
    }

    /// Whether it is known that there was something in one that is empty.
    async fn was_emptied(&self) -> Result<bool> {
        Ok(false)
    }

    /// Whether using it blocks a thread, as a file does: a writer gets one of its own then.
    fn blocks(&self) -> bool {
        false
    }

    /// What writers must be prepared for.
    fn pace(&self) -> Pace {
        Pace::default()
    }

    /// Removes it; that it was not there is no error.
    async fn delete(&self) -> Result<()>;

    /// A blob of its own beside this one, whose name is this one's with `suffix` behind it.
    fn beside(&self, suffix: &str) -> Arc<dyn Blob>;
}
