//! Which writes a registry file has seen lately.

use std::collections::VecDeque;

use uuid::Uuid;

/// How many writes a file remembers. Others may write so often before an answer that was lost can
/// be settled.
const LENGTH: usize = 64;

/// One write: the how-manieth of its file, and its `version_id`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct WriteId {
    pub(crate) number: u64,
    pub(crate) id: Uuid,
}

/// What has become of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trace {
    /// This content came from it.
    Kept,
    /// This content did not come from it.
    Lost,
    /// It would be too long ago to be remembered.
    TooOld,
}

/// The last writes of a file. Feast keeps them, as every field that it does not know, but adds none
/// of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ring {
    /// The number of the newest.
    newest: u64,
    /// Oldest first.
    ids: VecDeque<Uuid>,
}

impl Ring {
    /// The ring that a file holds: the number of the newest write, and 16 bytes for each.
    pub(crate) fn new(newest: u64, ids: &[u8]) -> Self {
        let (ids, _) = ids.as_chunks::<16>();
        let skipped = ids.len().saturating_sub(LENGTH);
        Ring {
            newest,
            ids: ids[skipped..]
                .iter()
                .copied()
                .map(Uuid::from_bytes)
                .collect(),
        }
    }

    /// The number of the newest write, and 16 bytes for each.
    pub(crate) fn parts(&self) -> (u64, Vec<u8>) {
        let ids = self.ids.iter().flat_map(|id| *id.as_bytes());
        (self.newest, ids.collect())
    }

    /// This ring with one more write.
    pub(crate) fn with(&self, id: Uuid) -> (Ring, WriteId) {
        let mut ring = self.clone();
        ring.newest = ring.newest.saturating_add(1);
        ring.ids.push_back(id);
        if ring.ids.len() > LENGTH {
            ring.ids.pop_front();
        }
        let write = WriteId {
            number: ring.newest,
            id,
        };
        (ring, write)
    }

    /// Whether a content with this ring came from a write.
    pub(crate) fn trace(&self, write: WriteId) -> Trace {
        let Some(since) = self.newest.checked_sub(write.number) else {
            return Trace::Lost;
        };
        let since = usize::try_from(since).unwrap_or(usize::MAX);
        match self.ids.iter().rev().nth(since) {
            Some(id) if *id == write.id => Trace::Kept,
            Some(_) => Trace::Lost,
            None if since < LENGTH => Trace::Lost,
            None => Trace::TooOld,
        }
    }

    /// How many writes there have been.
    pub(crate) fn newest(&self) -> u64 {
        self.newest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u128) -> Uuid {
        Uuid::from_u128(number)
    }

    fn ring(writes: u128) -> Ring {
        (0..writes).fold(Ring::default(), |ring, number| ring.with(id(number)).0)
    }

    #[test]
    fn a_write_is_remembered_until_there_were_too_many_others() {
        let (mut ring, write) = ring(5).with(id(1_000));
        for others in 0..LENGTH as u128 {
            assert_eq!(ring.trace(write), Trace::Kept, "after {others} others");
            ring = ring.with(id(2_000 + others)).0;
        }
        assert_eq!(ring.trace(write), Trace::TooOld);
    }

    #[test]
    fn a_write_that_another_one_took_the_place_of_is_lost() {
        let before = ring(5);
        let (_, mine) = before.with(id(1_000));
        assert_eq!(before.trace(mine), Trace::Lost);
        assert_eq!(before.with(id(2_000)).0.trace(mine), Trace::Lost);
        assert_eq!(Ring::default().trace(mine), Trace::Lost);
    }

    #[test]
    fn it_comes_back_from_its_parts_whatever_they_are() {
        let ring = ring(100);
        let (newest, ids) = ring.parts();
        assert_eq!(Ring::new(newest, &ids), ring);
        assert_eq!(Ring::new(7, &[1; 5]).ids.len(), 0);
        assert_eq!(Ring::new(u64::MAX, &[1; 16 * 200]).ids.len(), LENGTH);
        assert_eq!(Ring::new(u64::MAX, &[]).with(id(1)).1.number, u64::MAX);
    }
}
