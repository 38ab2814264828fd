//! The registry as a rule sees it: what was read, with the changes of the batch on top.

mod history;
mod part;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use prost_types::Timestamp;

pub(super) use self::part::Part;
use super::{Rule, Seen, Settings, Stamped, Stop};
use crate::cache::Publication;
use crate::store::{Context, Lock, Range, ReadSet, View, Write};
use crate::{Error, ErrorKind, Key, Kind, LAST_UPDATED, Record};

/// What was read, with the changes of the batch on top.
pub(crate) struct Draft<'a> {
    view: &'a View,
    context: &'a Context,
    settings: &'a Settings,
    stamped: &'a Stamped,
    /// The draft that this one goes on from, without changing it.
    below: Option<&'a Draft<'a>>,
    needs: ReadSet,
    /// Rows that the batch has set or removed so far.
    changed: BTreeMap<Key, Option<Record>>,
    /// Rows that the batch has removed, whether they came back or not.
    removed: HashSet<Key>,
    /// Ranges that the batch has emptied.
    emptied: BTreeSet<Range>,
    /// Projects in which something changed that Feast counts as a change.
    touched: Vec<Arc<str>>,
}

impl<'a> Draft<'a> {
    pub(super) fn new(
        view: &'a View,
        context: &'a Context,
        settings: &'a Settings,
        stamped: &'a Stamped,
    ) -> Self {
        Draft {
            view,
            context,
            settings,
            stamped,
            below: None,
            needs: ReadSet::new(),
            changed: BTreeMap::new(),
            removed: HashSet::new(),
            emptied: BTreeSet::new(),
            touched: Vec::new(),
        }
    }

    pub(super) fn settings(&self) -> &'a Settings {
        self.settings
    }

    /// The time of this attempt.
    pub(super) fn now(&self) -> Timestamp {
        self.context.now
    }

    /// The second of this attempt.
    pub(super) fn second(&self) -> i64 {
        self.context.now.seconds
    }

    /// A random-looking UUID that stays the same over attempts.
    pub(super) fn uuid(&self, purpose: &str) -> String {
        self.context.ids.uuid(purpose).to_string()
    }

    /// Whether a rule has asked for something that was not read.
    pub(super) fn lacks_reads(&self) -> bool {
        !self.needs.is_empty()
    }

    /// The row with a key, as the batch has it so far.
    pub(super) fn get(&mut self, key: &Key, lock: Lock) -> Rule<Option<Record>> {
        if let Some(changed) = self.drafted(key) {
            return Ok(changed.clone());
        }
        if self.is_emptied(key) {
            return Ok(None);
        }
        match self.view.key(key, lock) {
            Some(row) => Ok(row.cloned()),
            None => {
                self.needs.key(key.clone(), lock);
                Err(Stop::Unread)
            }
        }
    }

    /// Those of several rows that there are, in the order of the keys. If they are not read yet, one
    /// more round of reads serves all of them.
    pub(super) fn get_present(
        &mut self,
        keys: impl IntoIterator<Item = Key>,
        lock: Lock,
    ) -> Rule<Vec<Record>> {
        let mut rows = Vec::new();
        let mut unread = false;
        for key in keys {
            match self.get(&key, lock) {
                Ok(found) => rows.extend(found),
                Err(Stop::Unread) => unread = true,
                Err(stop) => return Err(stop),
            }
        }
        if unread { Err(Stop::Unread) } else { Ok(rows) }
    }

    fn is_emptied(&self, key: &Key) -> bool {
        self.empties(key) || self.below.is_some_and(|below| below.is_emptied(key))
    }

    fn empties(&self, key: &Key) -> bool {
        // Nearly no batch empties anything.
        if self.emptied.is_empty() {
            return false;
        }
        let everywhere = Range {
            kind: key.kind,
            project: None,
            name: None,
            last: false,
        };
        let project = Range {
            project: Some(Arc::clone(&key.project)),
            ..everywhere.clone()
        };
        let name = Range {
            name: Some(Arc::clone(&key.name)),
            ..project.clone()
        };
        [everywhere, project, name]
            .iter()
            .any(|range| self.emptied.contains(range))
    }

    /// Sets a row.
    pub(super) fn put(&mut self, row: Record) -> Result<(), Error> {
        if let Some(limit) = self
            .settings
            .object_bytes
            .filter(|limit| row.body.len() > *limit)
        {
            let message = format!(
                "{} would have {} bytes; this backend takes at most {limit}",
                row.key,
                row.body.len()
            );
            return Err(Error::new(ErrorKind::TooLarge, message));
        }
        self.changed.insert(row.key.clone(), Some(row));
        Ok(())
    }

    /// Whether the batch itself has set a row.
    pub(super) fn has_put(&self, key: &Key) -> bool {
        self.drafted(key).is_some_and(Option::is_some)
    }

    /// Removes a row.
    pub(super) fn remove(&mut self, key: Key) {
        self.removed.insert(key.clone());
        self.changed.insert(key, None);
    }

    /// Removes the rows of a range.
    pub(super) fn empty(&mut self, range: Range) {
        let doomed: Vec<Key> = self.within(&range).map(|(key, _)| key.clone()).collect();
        for key in doomed {
            self.changed.remove(&key);
        }
        self.emptied.insert(range);
    }

    /// The changed rows of a range, without looking at the others.
    fn within(&self, range: &Range) -> impl Iterator<Item = (&Key, &Option<Record>)> {
        let first = Key {
            kind: range.kind,
            project: range.project.clone().unwrap_or_else(|| Arc::from("")),
            name: range.name.clone().unwrap_or_else(|| Arc::from("")),
            number: i32::MIN,
        };
        self.changed
            .range(first..)
            .take_while(|(key, _)| range.contains(key))
    }

    /// Notes that a project has changed, for its row of metadata.
    pub(super) fn touch(&mut self, project: &Arc<str>) {
        if !self.touched.contains(project) {
            self.touched.push(Arc::clone(project));
        }
    }

    /// A project that is gone need not be told of changes.
    pub(super) fn untouch(&mut self, project: &str) {
        self.touched.retain(|touched| **touched != *project);
    }

    /// Whether a project is known to have the stamp of this second already. One that the batch itself
    /// creates has none, even if another one of its name had.
    pub(super) fn is_stamped(&self, project: &Arc<str>) -> bool {
        self.stamped.covers(project, self.second())
            && !self.has_put(&Key::project(Arc::clone(project)))
    }

    /// The writes of the batch and what they mean, or what must be read first.
    pub(super) fn finish(mut self) -> Result<Finished, ReadSet> {
        let touched = std::mem::take(&mut self.touched);
        for project in &touched {
            // A failure here can only be a missing read, which `needs` holds: the rows are small.
            let _ = super::metadata::bump(&mut self, project);
        }
        if self.lacks_reads() {
            return Err(self.needs);
        }
        let seen = self.seen(touched);
        let mut writes: Vec<Write> = self
            .emptied
            .iter()
            .cloned()
            .map(Write::DeleteRange)
            .collect();
        let mut publications: Vec<Publication> = self
            .emptied
            .iter()
            .cloned()
            .map(Publication::Emptied)
            .collect();
        for (key, after) in std::mem::take(&mut self.changed) {
            let emptied = self.is_emptied(&key);
            let before = if emptied {
                None
            } else {
                self.view.key(&key, Lock::Plain).flatten()
            };
            publications.push(Publication::Row {
                key: key.clone(),
                before: before.cloned().map(Arc::new),
                after: after.clone().map(Arc::new),
            });
            let replaced = self.removed.contains(&key);
            difference(before, key, after, replaced, &mut writes);
        }
        Ok(Finished {
            writes,
            publications,
            seen,
        })
    }

    /// The projects that have changed, or whose stamp has: whether they now have that of this second.
    fn seen(&self, touched: Vec<Arc<str>>) -> Seen {
        let second = self.second();
        let metadata = self.changed.iter().rev();
        let stamps = metadata
            .take_while(|(key, _)| key.kind == Kind::Metadata)
            .filter(|(key, _)| *key.name == *LAST_UPDATED);
        let set = stamps.map(|(key, row)| {
            let stamped = row.as_ref().is_some_and(|row| row.stamp >= second);
            (Arc::clone(&key.project), stamped)
        });
        // What the batch has set counts more than that it has changed something: so it comes last.
        let touched = touched.into_iter().map(|project| (project, true));
        Seen {
            second,
            projects: touched.chain(set).collect(),
        }
    }
}

/// What a batch comes to.
pub(super) struct Finished {
    pub(super) writes: Vec<Write>,
    /// For the cache.
    pub(super) publications: Vec<Publication>,
    pub(super) seen: Seen,
}

/// The writes that turn one row into another. A row that was removed and came back is a new one.
fn difference(
    before: Option<&Record>,
    key: Key,
    after: Option<Record>,
    replaced: bool,
    writes: &mut Vec<Write>,
) {
    match (before, after) {
        (None, Some(row)) => writes.push(Write::Insert(row)),
        (Some(_), None) => writes.push(Write::Delete(key)),
        (None, None) => {}
        (Some(before), Some(after)) if *before == after => {}
        // Everything in a row of the history may differ.
        (Some(_), Some(after)) if replaced || key.kind == Kind::Version => {
            writes.push(Write::Delete(key));
            writes.push(Write::Insert(after));
        }
        (Some(before), Some(after)) => {
            if let Some(user_metadata) = after
                .user_metadata()
                .filter(|_| before.extra != after.extra)
            {
                let user_metadata = user_metadata.clone();
                writes.push(Write::SetUserMetadata {
                    key: key.clone(),
                    user_metadata,
                    stamp: after.stamp,
                });
            }
            if before.body != after.body || before.stamp != after.stamp {
                writes.push(Write::Update {
                    key,
                    body: after.body,
                    stamp: after.stamp,
                });
            }
        }
    }
}
