//! What a store holds, in 32 bytes a row.

use std::collections::HashMap;

use futures::StreamExt;

use super::Digest;
use crate::store::{Store, StoreExt};
use crate::{Key, Record, Result};

/// Half of a digest of a row. Of two rows with equal halves nobody will ever see an example.
pub(super) type Short = u128;

/// What a store held at one moment: of each row half a digest of its key and half a digest of
/// what it says.
#[derive(Clone, Debug, Default)]
pub(super) struct Index {
    rows: HashMap<u128, Short>,
}

impl Index {
    pub(super) async fn read(store: &dyn Store, project: Option<&str>) -> Result<Self> {
        let mut index = Index::default();
        let mut chunks = store.rows(project).await?;
        while let Some(chunk) = chunks.next().await {
            for row in chunk? {
                let key = Digest::of_key(&row.key).half();
                index.rows.insert(key, Digest::of(&row).half());
            }
        }
        Ok(index)
    }

    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// What a row with this key says, and forgets it.
    pub(super) fn take(&mut self, key: &Key) -> Option<Short> {
        self.rows.remove(&Digest::of_key(key).half())
    }

    /// The rows of the store that the index still knows, found by reading it once more.
    pub(super) async fn find(
        &self,
        store: &dyn Store,
        project: Option<&str>,
    ) -> Result<Vec<(Key, Short)>> {
        let mut found = Vec::new();
        if self.rows.is_empty() {
            return Ok(found);
        }
        let known = |row: Record| {
            let short = self.rows.get(&Digest::of_key(&row.key).half())?;
            Some((row.key, *short))
        };
        let mut chunks = store.rows(project).await?;
        while let Some(chunk) = chunks.next().await {
            found.extend(chunk?.into_iter().filter_map(known));
        }
        Ok(found)
    }
}
