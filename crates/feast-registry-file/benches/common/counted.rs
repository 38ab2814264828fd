//! A file that counts what is done with it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use async_trait::async_trait;
use bytes::Bytes;
use feast_registry_core::Result;
use feast_registry_file::{Blob, Loaded, Pace, Replaced, Turn, Version};

/// Contents that were put or refused, and bytes in both directions.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    pub(crate) puts: u64,
    pub(crate) conflicts: u64,
    pub(crate) sent: u64,
    pub(crate) received: u64,
}

/// A blob whose uses are counted.
#[derive(Debug)]
pub(crate) struct Counted {
    blob: Arc<dyn Blob>,
    counts: [AtomicU64; 4],
}

impl Counted {
    pub(crate) fn new(blob: Arc<dyn Blob>) -> Arc<Self> {
        Arc::new(Counted {
            blob,
            counts: Default::default(),
        })
    }

    pub(crate) fn counts(&self) -> Counts {
        let [puts, conflicts, sent, received] =
            self.counts.each_ref().map(|count| count.load(Relaxed));
        Counts {
            puts,
            conflicts,
            sent,
            received,
        }
    }

    fn add(&self, what: usize, count: usize) {
        self.counts[what].fetch_add(count as u64, Relaxed);
    }
}

#[async_trait]
impl Blob for Counted {
    fn describe(&self) -> String {
        self.blob.describe()
    }

    async fn load(&self, known: Option<&Version>) -> Result<Loaded> {
        let loaded = self.blob.load(known).await?;
        if let Loaded::Content { bytes, .. } = &loaded {
            self.add(3, bytes.len());
        }
        Ok(loaded)
    }

    async fn replace(&self, expected: Option<&Version>, bytes: Bytes) -> Result<Replaced> {
        self.add(2, bytes.len());
        let replaced = self.blob.replace(expected, bytes).await?;
        self.add(usize::from(replaced == Replaced::Conflict), 1);
        Ok(replaced)
    }

    async fn load_to_write(&self, known: Option<&Version>) -> Result<Loaded> {
        let loaded = self.blob.load_to_write(known).await?;
        if let Loaded::Content { bytes, .. } | Loaded::Ahead { bytes, .. } = &loaded {
            self.add(3, bytes.len());
        }
        Ok(loaded)
    }

    async fn settle(&self, version: &Version) -> Result<bool> {
        self.blob.settle(version).await
    }

    fn is_same(&self, one: &Version, other: &Version) -> bool {
        self.blob.is_same(one, other)
    }

    async fn version(&self) -> Result<Option<Version>> {
        self.blob.version().await
    }

    async fn was_emptied(&self) -> Result<bool> {
        self.blob.was_emptied().await
    }

    async fn turn(&self, alone: bool) -> Result<Option<Turn>> {
        self.blob.turn(alone).await
    }

    fn blocks(&self) -> bool {
        self.blob.blocks()
    }

    fn pace(&self) -> Pace {
        self.blob.pace()
    }

    async fn delete(&self) -> Result<()> {
        self.blob.delete().await
    }

    fn beside(&self, suffix: &str) -> Arc<dyn Blob> {
        self.blob.beside(suffix)
    }
}
