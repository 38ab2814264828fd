//! What a transaction reads, and what it read.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use hashbrown::DefaultHashBuilder;

use crate::{Key, Kind, Record};

/// How strongly a transaction holds what it reads. Ordered by strength.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lock {
    /// Not at all: another transaction may change it before this one commits.
    #[default]
    Plain,
    /// Others may read and share it, nobody may change it.
    Share,
    /// Nobody else may lock or change it.
    Update,
}

/// Rows of one kind: all of them, those of one project, or the versions of one view.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Range {
    /// The kind.
    pub kind: Kind,
    /// The project; `None` for all.
    pub project: Option<Arc<str>>,
    /// The name; `None` for all. Only useful for versions.
    pub name: Option<Arc<str>>,
    /// Only the key of the row with the highest number; its other columns are not read.
    pub last: bool,
}

impl Range {
    /// All rows of a kind in a project.
    pub fn project(kind: Kind, project: impl Into<Arc<str>>) -> Self {
        Range {
            kind,
            project: Some(project.into()),
            name: None,
            last: false,
        }
    }

    /// The versions of a view.
    pub fn versions(project: impl Into<Arc<str>>, view: impl Into<Arc<str>>) -> Self {
        Range {
            kind: Kind::Version,
            project: Some(project.into()),
            name: Some(view.into()),
            last: false,
        }
    }

    /// The newest version of a view.
    pub fn last_version(project: impl Into<Arc<str>>, view: impl Into<Arc<str>>) -> Self {
        Range {
            last: true,
            ..Range::versions(project, view)
        }
    }

    /// Whether a key lies in the range (`last` aside).
    pub fn contains(&self, key: &Key) -> bool {
        self.kind == key.kind
            && self
                .project
                .as_ref()
                .is_none_or(|project| *project == key.project)
            && self.name.as_ref().is_none_or(|name| *name == key.name)
    }
}

/// One thing to read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Target {
    /// The row with a key.
    Key(Key),
    /// The rows of a range.
    Range(Range),
}

/// One thing to read, and how to hold it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Read {
    /// What.
    pub target: Target,
    /// How.
    pub lock: Lock,
}

/// What a transaction reads, each thing once, in lock order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReadSet {
    reads: BTreeMap<Target, Lock>,
}

impl ReadSet {
    /// Nothing.
    pub fn new() -> Self {
        ReadSet::default()
    }

    /// Adds the row with a key; the stronger lock wins.
    pub fn key(&mut self, key: Key, lock: Lock) -> &mut Self {
        self.add(Target::Key(key), lock)
    }

    /// Adds a range; the stronger lock wins.
    pub fn range(&mut self, range: Range, lock: Lock) -> &mut Self {
        self.add(Target::Range(range), lock)
    }

    fn add(&mut self, target: Target, lock: Lock) -> &mut Self {
        let held = self.reads.entry(target).or_default();
        *held = lock.max(*held);
        self
    }

    /// Adds everything of another set.
    pub fn union(&mut self, other: &ReadSet) -> &mut Self {
        for (target, lock) in &other.reads {
            self.add(target.clone(), *lock);
        }
        self
    }

    /// Adds everything of another set, which is used up.
    pub(crate) fn append(&mut self, mut other: ReadSet) {
        for (target, lock) in &mut other.reads {
            if let Some(held) = self.reads.get(target) {
                *lock = (*lock).max(*held);
            }
        }
        self.reads.append(&mut other.reads);
    }

    /// Whether this set reads all of another one, at least as strongly.
    pub fn covers(&self, other: &ReadSet) -> bool {
        other
            .reads
            .iter()
            .all(|(target, lock)| self.reads.get(target).is_some_and(|held| held >= lock))
    }

    /// What to read, in lock order.
    pub fn iter(&self) -> impl Iterator<Item = (&Target, Lock)> {
        self.reads.iter().map(|(target, lock)| (target, *lock))
    }

    /// How the row with a key is held, if it is read by key.
    pub fn lock_of(&self, key: &Key) -> Option<Lock> {
        self.reads.get(&Target::Key(key.clone())).copied()
    }

    /// Whether nothing is locked.
    pub fn is_plain(&self) -> bool {
        self.reads.values().all(|lock| *lock == Lock::Plain)
    }

    /// Whether nothing is read.
    pub fn is_empty(&self) -> bool {
        self.reads.is_empty()
    }

    /// How many things are read.
    pub fn len(&self) -> usize {
        self.reads.len()
    }
}

/// What a transaction read.
#[derive(Debug, Default)]
pub struct View {
    rows: HashMap<Key, (Lock, Option<Record>), DefaultHashBuilder>,
    ranges: HashMap<Range, Vec<Record>, DefaultHashBuilder>,
}

impl View {
    /// An empty view of what is about to be read.
    pub fn new() -> Self {
        View::default()
    }

    /// An empty view of about so many things that are about to be read.
    pub fn with_capacity(reads: usize) -> Self {
        View {
            rows: HashMap::with_capacity_and_hasher(reads, DefaultHashBuilder::default()),
            ranges: HashMap::default(),
        }
    }

    /// Notes that a key was read, and the row that was found.
    pub fn put_key(&mut self, key: Key, lock: Lock, row: Option<Record>) {
        self.rows.insert(key, (lock, row));
    }

    /// Notes the rows that were found in a range.
    pub fn put_range(&mut self, range: Range, rows: Vec<Record>) {
        self.ranges.insert(range, rows);
    }

    /// The row with a key: `None` if the key was not read at least this strongly, `Some(None)`
    /// if it was and there is no such row.
    pub fn key(&self, key: &Key, lock: Lock) -> Option<Option<&Record>> {
        let (held, row) = self.rows.get(key)?;
        (*held >= lock).then_some(row.as_ref())
    }

    /// The rows of a range; `None` if it was not read.
    pub fn range(&self, range: &Range) -> Option<&[Record]> {
        self.ranges.get(range).map(Vec::as_slice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stronger_lock_wins_and_reads_come_in_lock_order() {
        let mut reads = ReadSet::new();
        let view = Key::new(Kind::FeatureView, "p", "v");
        reads
            .key(view.clone(), Lock::Update)
            .key(Key::project("p"), Lock::Share)
            .key(view.clone(), Lock::Plain);
        let order: Vec<_> = reads
            .iter()
            .map(|(target, lock)| (target.clone(), lock))
            .collect();
        assert_eq!(order[0], (Target::Key(Key::project("p")), Lock::Share));
        assert_eq!(order[1], (Target::Key(view), Lock::Update));
    }

    #[test]
    fn a_row_read_too_weakly_counts_as_not_read() {
        let mut view = View::new();
        view.put_key(Key::project("p"), Lock::Share, None);
        assert_eq!(view.key(&Key::project("p"), Lock::Share), Some(None));
        assert_eq!(view.key(&Key::project("p"), Lock::Update), None);
    }
}
