//! Bringing a snapshot up to date at a cost that grows with what changed.
//!
//! Feast's tables have no column that tells a reader what is new: a stamp is a whole second, set
//! before the commit by a clock that may be wrong, and Python rewrites rows that it has just
//! stamped. Some stores know for certain that nothing was committed at all; the others, and whenever
//! something was, are asked for their log of changes. Where none is kept, or it does not reach back far
//! enough, they are asked for figures of every kind and project (how many rows, the sum of their
//! stamps) and a refresh
//!
//! 1. reads again what was stamped lately, wherever something was: this finds nearly everything;
//! 2. reads those rows once more that changed some minutes ago ([`Recent`]), and have other stamps: this
//!    finds what Feast rewrites late;
//! 3. where the figures still differ from those of the snapshot, compares all keys and stamps:
//!    this finds deletions, late commits and writers whose clocks are wrong;
//! 4. now and then reads everything: this finds what left no trace at all.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Instant;

use futures::{StreamExt, TryStreamExt, stream};

use super::recent::{LATE, Recent};
use super::snapshot::{Area, Snapshot};
use crate::store::{Consistency, Position, ProbeEntry, Scan, Store};
use crate::{Key, Record, Result};

/// How long a stamp stays suspicious, in seconds: the row may be rewritten under the same stamp,
/// and a transaction may commit this much later than it stamps.
const MARGIN: i64 = 10;

/// So many refreshes after everything was read, everything is read again.
const FULL_EVERY: u32 = 100;

/// So many rows of one area are read by their keys, however few it has.
const AT_LEAST: usize = 64;

/// How many rows are read by their keys at a time.
const TOGETHER: usize = 1_000;

/// Reads that are under way at the same time.
const AT_ONCE: usize = 8;

/// What the refreshes so far say of the next.
#[derive(Clone, Debug, Default)]
pub(super) struct Watch {
    /// The second before figures were last asked for.
    asked: i64,
    /// What the store was called before that.
    version: Option<Arc<str>>,
    /// How far the log of changes was read before that, where one is kept.
    position: Option<Position>,
    /// Rows that had just changed under a stamp that was not recent: by the clock of their writer a
    /// rewrite may still have followed.
    suspects: Vec<Key>,
    /// Rows that changed some minutes ago, whatever their stamps.
    recent: Recent,
    /// How often only changes were read since everything was.
    since_full: u32,
}

/// What the store holds now, and what to know next time. The clock shows the second `asked`.
pub(super) async fn refresh(
    store: &dyn Store,
    old: Option<&Snapshot>,
    watch: &Watch,
    asked: i64,
) -> Result<(Snapshot, Watch)> {
    let started = Instant::now();
    // Before any row: what is committed from here on gives the store another one.
    let version = store.version().await?;
    let local = store.capabilities().local_rows;
    let changed = version.is_none() || version != watch.version;
    let mut seen = Watch {
        asked,
        version,
        recent: watch.recent.at(asked),
        ..Watch::default()
    };
    let Some(old) = old.filter(|_| watch.since_full < FULL_EVERY && !(local && changed)) else {
        return load(store, started, seen).await;
    };
    let mut next = old.clone();
    next.loaded = started;
    let mut doubtful = next.take_dirty();
    if !changed && doubtful.is_empty() {
        return Ok((next, watch.clone()));
    }
    seen.since_full = watch.since_full + 1;
    let mut found = Found::new(old, asked);
    // Before any row, too.
    if let Some(position) = &watch.position
        && let Some(logged) = store.logged(Some(position)).await?
    {
        seen.position = Some(logged.position);
        if let Some(keys) = logged.keys {
            doubtful.extend(keys);
            read_again(store, &mut next, doubtful, &mut found).await?;
            seen.recent.note(found.changed);
            return Ok((next, seen));
        }
    }
    doubtful.extend_from_slice(&watch.suspects);
    doubtful.extend(seen.recent.keys().cloned());
    by_figures(store, &mut next, watch, doubtful, &mut found).await?;
    seen.suspects = found.suspects;
    seen.recent.note(found.changed);
    Ok((next, seen))
}

/// Reads everything.
async fn load(store: &dyn Store, started: Instant, mut seen: Watch) -> Result<(Snapshot, Watch)> {
    seen.position = store.logged(None).await?.map(|logged| logged.position);
    // A replica may not have come as far as the log.
    let next = match seen.position.is_none() && store.capabilities().replica {
        true => load_from_replica(store, started, &mut seen).await?,
        false => Snapshot::load(store, started, Consistency::Primary).await?,
    };
    seen.recent.note_stamped(&next, seen.asked);
    Ok((next, seen))
}

/// Reads everything from the replica, and from the primary what that does not have yet: the version
/// that was noted is the primary's.
async fn load_from_replica(
    store: &dyn Store,
    started: Instant,
    seen: &mut Watch,
) -> Result<Snapshot> {
    let behind = Snapshot::load(store, started, Consistency::Replica).await?;
    let mut next = behind.clone();
    // As if the last refresh had been when the replica took over its newest row, and late rewrites
    // of what was stamped before had still to come.
    let watch = Watch {
        asked: behind.newest(seen.asked).saturating_sub(LATE),
        ..Watch::default()
    };
    let recent = seen.recent.keys().cloned().collect();
    let mut found = Found::new(&behind, seen.asked);
    by_figures(store, &mut next, &watch, recent, &mut found).await?;
    seen.suspects = found.suspects;
    seen.recent.note(found.changed);
    Ok(next)
}

/// What turned out to be another row than it was.
struct Found<'a> {
    old: &'a Snapshot,
    asked: i64,
    /// Those that may be rewritten without a trace, since their stamps are not recent.
    suspects: Vec<Key>,
    /// All of them, and when.
    changed: Vec<(Key, i64)>,
}

impl<'a> Found<'a> {
    fn new(old: &'a Snapshot, asked: i64) -> Self {
        Found {
            old,
            asked,
            suspects: Vec::new(),
            changed: Vec::new(),
        }
    }

    fn see(&mut self, rows: &[Record]) {
        for row in rows {
            if self.old.find(&row.key) == Some(row) {
                continue;
            }
            if row.stamp < self.asked.saturating_sub(MARGIN) {
                self.suspects.push(row.key.clone());
            }
            self.changed.push((row.key.clone(), self.asked));
        }
    }
}

/// Finds out what changed by figures of all kinds and projects.
async fn by_figures(
    store: &dyn Store,
    next: &mut Snapshot,
    watch: &Watch,
    doubtful: Vec<Key>,
    found: &mut Found<'_>,
) -> Result<()> {
    let probe = store.changes().await?;
    for area in found
        .old
        .areas()
        .filter(|area| !probe.entries.contains_key(area))
    {
        next.retain(&area, |_| false);
    }
    let moved: Vec<(&Area, Moved<'_>)> = probe
        .entries
        .iter()
        .filter_map(|(area, probed)| Some((area, Moved::new(next, watch, area, probed)?)))
        .collect();
    let news: Vec<_> = moved
        .iter()
        .map(|(area, moved)| news(store, area, moved.since))
        .collect();
    let mut news = stream::iter(news).buffered(AT_ONCE);
    let mut unread: HashSet<Key> = doubtful.into_iter().collect();
    while let Some(rows) = news.try_next().await? {
        found.see(&rows);
        for row in rows {
            unread.remove(&row.key);
            next.insert(row);
        }
    }
    drop(news);
    read_again(store, next, unread.into_iter().collect(), found).await?;
    for (area, moved) in &moved {
        if !next.agrees(area, moved.probed) {
            compare(store, next, area, found).await?;
        }
    }
    Ok(())
}

/// An area in which rows may be other ones than in the snapshot.
struct Moved<'a> {
    probed: &'a ProbeEntry,
    /// Rows with this stamp or a later one are read again.
    since: i64,
}

impl<'a> Moved<'a> {
    fn new(known: &Snapshot, watch: &Watch, area: &Area, probed: &'a ProbeEntry) -> Option<Self> {
        let lately = probed.stamp_max >= watch.asked.saturating_sub(MARGIN);
        if known.agrees(area, probed) && !lately {
            return None;
        }
        let since = match known.count(area) {
            0 => i64::MIN,
            _ => watch.asked.min(probed.stamp_max).saturating_sub(MARGIN),
        };
        Some(Moved { probed, since })
    }
}

/// The rows of an area that were stamped lately.
async fn news(store: &dyn Store, (kind, project): &Area, since: i64) -> Result<Vec<Record>> {
    let scan = Scan::project(*kind, Arc::clone(project)).updated_since(since);
    Ok(store.scan(&scan, Consistency::Primary).await?.records)
}

/// Makes the rows of an area those whose keys and stamps the store has.
async fn compare(
    store: &dyn Store,
    next: &mut Snapshot,
    area: &Area,
    found: &mut Found<'_>,
) -> Result<()> {
    let stamps: HashMap<Key, i64> = store.stamps(area.0, &area.1).await?.into_iter().collect();
    next.retain(area, |row| stamps.get(&row.key) == Some(&row.stamp));
    let missing = stamps.into_keys().filter(|key| next.find(key).is_none());
    let missing = missing.collect();
    read_again(store, next, missing, found).await
}

/// Reads rows by their keys, or whole areas where that is less work.
async fn read_again(
    store: &dyn Store,
    next: &mut Snapshot,
    mut keys: Vec<Key>,
    found: &mut Found<'_>,
) -> Result<()> {
    keys.sort_unstable();
    keys.dedup();
    let mut some = Vec::new();
    for keys in keys.chunk_by(|a, b| (a.kind, &a.project) == (b.kind, &b.project)) {
        let area = (keys[0].kind, Arc::clone(&keys[0].project));
        if keys.len() <= AT_LEAST || keys.len() < next.count(&area) / 2 {
            some.extend_from_slice(keys);
            continue;
        }
        let rows = news(store, &area, i64::MIN).await?;
        found.see(&rows);
        next.fill(&area, rows);
    }
    for keys in some.chunks(TOGETHER) {
        let rows = store.get_many(keys, Consistency::Primary).await?;
        let there: HashSet<Key> = rows.iter().map(|row| row.key.clone()).collect();
        let gone = keys.iter().filter(|key| !there.contains(*key));
        gone.for_each(|key| next.remove(key));
        found.see(&rows);
        rows.into_iter().for_each(|row| next.insert(row));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
