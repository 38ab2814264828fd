//! Writers of one object wait for each other here, before they take a connection.
//!
//! Without it, writers of one hot object would each hold a connection while they wait for the
//! row, and nobody else would get one. It is for speed only: what keeps writers apart is the
//! database, which other processes write to as well.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::OwnedMutexGuard;

use feast_registry_core::Key;
use feast_registry_core::store::{Lock, ReadSet, Target};

/// Transactions over more objects than this do not queue: they are batches, rare, and would keep
/// everybody out for long.
const KEYS: usize = 4;

const SHARDS: usize = 16;

type Turns = HashMap<Key, Arc<tokio::sync::Mutex<()>>>;

/// The queues of all objects that are being written.
#[derive(Debug)]
pub(crate) struct Queues {
    shards: [Mutex<Turns>; SHARDS],
    hasher: RandomState,
}

/// The right to write some objects, as far as this process is concerned.
#[derive(Debug)]
pub(crate) struct Turn<'a> {
    queues: &'a Queues,
    held: Vec<(Key, Option<OwnedMutexGuard<()>>)>,
}

impl Queues {
    pub(crate) fn new() -> Self {
        Queues {
            shards: std::array::from_fn(|_| Mutex::default()),
            hasher: RandomState::new(),
        }
    }

    /// Waits until nobody else in this process writes what these reads hold.
    ///
    /// Keys are taken in their order, so that no two wait for each other.
    pub(crate) async fn turn(&self, reads: &ReadSet) -> Turn<'_> {
        let keys: Vec<&Key> = reads
            .iter()
            .filter_map(|(target, lock)| match target {
                Target::Key(key) if lock == Lock::Update => Some(key),
                _ => None,
            })
            .take(KEYS + 1)
            .collect();
        let mut turn = Turn {
            queues: self,
            held: Vec::with_capacity(keys.len()),
        };
        if keys.len() > KEYS {
            return turn;
        }
        for key in keys {
            let queue = Arc::clone(self.shard(key).entry(key.clone()).or_default());
            // Noted first: whoever gives up while waiting must still clear the queue away.
            turn.held.push((key.clone(), None));
            let guard = queue.lock_owned().await;
            if let Some((_, held)) = turn.held.last_mut() {
                *held = Some(guard);
            }
        }
        turn
    }

    fn shard(&self, key: &Key) -> MutexGuard<'_, Turns> {
        let index = self.hasher.hash_one(key) % SHARDS as u64;
        // Below the number of shards.
        let shard = &self.shards[usize::try_from(index).unwrap_or_default()];
        shard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        while let Some((key, guard)) = self.held.pop() {
            drop(guard);
            let mut shard = self.queues.shard(&key);
            // Only the map itself knows the queue: nobody waits, and nobody can come meanwhile.
            if shard
                .get(&key)
                .is_some_and(|queue| Arc::strong_count(queue) == 1)
            {
                shard.remove(&key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use feast_registry_core::Kind;

    fn reads(names: &[&str]) -> ReadSet {
        let mut reads = ReadSet::new();
        for name in names {
            reads.key(Key::new(Kind::FeatureView, "p", *name), Lock::Update);
        }
        reads
    }

    fn waiting(queues: &Queues) -> usize {
        let shards = queues.shards.iter();
        shards
            .map(|shard| shard.lock().map_or(0, |turns| turns.len()))
            .sum()
    }

    #[tokio::test]
    async fn writers_of_one_object_take_turns_and_leave_nothing_behind() {
        let queues = Queues::new();
        let first = queues.turn(&reads(&["a"])).await;
        let mut second = Box::pin(queues.turn_of(&["a"]));
        assert!(futures::poll!(&mut second).is_pending());
        let other = queues.turn(&reads(&["b"])).await;
        drop((first, other));
        drop(second.await);
        assert_eq!(waiting(&queues), 0);
    }

    #[tokio::test]
    async fn whoever_gives_up_leaves_the_queue() {
        let queues = Queues::new();
        let first = queues.turn(&reads(&["a", "b"])).await;
        {
            let mut second = Box::pin(queues.turn_of(&["a", "b"]));
            assert!(futures::poll!(&mut second).is_pending());
        }
        drop(first);
        assert_eq!(waiting(&queues), 0);
    }

    #[tokio::test]
    async fn batches_do_not_queue() {
        let queues = Queues::new();
        let _first = queues.turn(&reads(&["a"])).await;
        let _batch = queues.turn(&reads(&["a", "b", "c", "d", "e"])).await;
    }

    impl Queues {
        async fn turn_of(&self, names: &[&str]) -> Turn<'_> {
            let reads = reads(names);
            self.turn(&reads).await
        }
    }
}
