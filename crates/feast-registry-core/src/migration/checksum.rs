//! One figure for many rows, whatever order they come in.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use futures::StreamExt;

use super::Digest;
use crate::store::{Store, StoreExt};
use crate::{Kind, Record, Result};

/// A checksum over rows: the sum of their digests. The order in which they were added does not
/// matter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Checksum {
    /// How many rows.
    pub objects: u64,
    sum: [u128; 2],
}

impl Checksum {
    /// Adds a row.
    pub fn add(&mut self, digest: &Digest) {
        self.objects = self.objects.wrapping_add(1);
        for (sum, half) in self.sum.iter_mut().zip(digest.halves()) {
            *sum = sum.wrapping_add(half);
        }
    }

    fn merge(&mut self, other: &Checksum) {
        self.objects = self.objects.wrapping_add(other.objects);
        for (sum, half) in self.sum.iter_mut().zip(other.sum) {
            *sum = sum.wrapping_add(half);
        }
    }
}

impl fmt::Display for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [high, low] = self.sum;
        write!(f, "{high:032x}{low:032x}")
    }
}

/// The checksums of a registry: of each kind in each project, and of the whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checksums {
    parts: BTreeMap<(Arc<str>, Kind), Checksum>,
}

impl Checksums {
    /// Those of the rows of a store, or of one project in it.
    ///
    /// # Errors
    ///
    /// Those of [`Store::snapshot`].
    pub async fn read(store: &dyn Store, project: Option<&str>) -> Result<Self> {
        let mut sums = Checksums::default();
        let mut chunks = store.rows(project).await?;
        while let Some(chunk) = chunks.next().await {
            for row in chunk? {
                sums.add(&row, &Digest::of(&row));
            }
        }
        Ok(sums)
    }

    pub(super) fn add(&mut self, row: &Record, digest: &Digest) {
        let part = (Arc::clone(&row.key.project), row.key.kind);
        self.parts.entry(part).or_default().add(digest);
    }

    /// The checksum of one kind in one project.
    pub fn part(&self, project: &Arc<str>, kind: Kind) -> Checksum {
        let part = (Arc::clone(project), kind);
        self.parts.get(&part).copied().unwrap_or_default()
    }

    /// Every kind in every project that has rows, by project.
    pub fn parts(&self) -> impl Iterator<Item = (&Arc<str>, Kind, &Checksum)> {
        let parts = self.parts.iter();
        parts.map(|((project, kind), sum)| (project, *kind, sum))
    }

    /// The checksum of the whole.
    pub fn whole(&self) -> Checksum {
        let mut whole = Checksum::default();
        self.parts.values().for_each(|part| whole.merge(part));
        whole
    }
}
