//! What two registries do not have in common.

use futures::{StreamExt, TryStreamExt, stream};

use super::Digest;
use super::index::Index;
use crate::store::{Consistency, Store, StoreExt};
use crate::{Key, Record, Result};

/// Rows that are looked up at a time.
const AT_ONCE: usize = 8;

/// A row in each of two registries, where it is there.
pub type Pair = (Option<Record>, Option<Record>);

/// The keys of the rows that are in one of two stores only, or are not the same in both, in order.
///
/// Of rows that are equal nothing is kept but 32 bytes.
///
/// # Errors
///
/// Those of [`Store::snapshot`].
pub async fn differing_keys(
    a: &dyn Store,
    b: &dyn Store,
    project: Option<&str>,
) -> Result<Vec<Key>> {
    let mut index = Index::read(a, project).await?;
    let mut keys = Vec::new();
    let mut chunks = b.rows(project).await?;
    while let Some(chunk) = chunks.next().await {
        for row in chunk? {
            if index.take(&row.key) != Some(Digest::of(&row).half()) {
                keys.push(row.key);
            }
        }
    }
    drop(chunks);
    let only_in_a = index.find(a, project).await?;
    keys.extend(only_in_a.into_iter().map(|(key, _)| key));
    keys.sort_unstable();
    Ok(keys)
}

/// The rows with some keys in two stores as they are now, but for those that have become the same.
///
/// # Errors
///
/// Those of [`Store::get`].
pub async fn look_up(a: &dyn Store, b: &dyn Store, keys: &[Key]) -> Result<Vec<(Key, Pair)>> {
    let get = |key: Key| async move {
        let of_a = a.get(&key, Consistency::Primary).await?;
        let of_b = b.get(&key, Consistency::Primary).await?;
        Ok::<_, crate::Error>((key, (of_a, of_b)))
    };
    let pairs = stream::iter(keys.to_vec()).map(get).buffered(AT_ONCE);
    let differs = |pair: &(Key, Pair)| {
        let digest = |row: &Option<Record>| row.as_ref().map(Digest::of);
        std::future::ready(digest(&pair.1.0) != digest(&pair.1.1))
    };
    pairs.try_filter(differs).try_collect().await
}
