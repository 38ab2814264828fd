//! Reading many rows, and asking whether any changed.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::{Key, Kind, Record};

/// Which rows of one kind to read.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Scan {
    /// The kind.
    pub kind: Kind,
    /// The project; `None` for all.
    pub project: Option<Arc<str>>,
    /// Only rows with this name: the versions of one view.
    pub name: Option<Arc<str>>,
    /// Only names that begin with this.
    pub name_prefix: Option<Arc<str>>,
    /// Only rows stamped in this Unix second or later.
    pub updated_since: Option<i64>,
    /// Only rows behind this key.
    pub after: Option<Key>,
    /// At most this many rows.
    pub limit: usize,
}

impl Scan {
    /// All rows of a kind.
    pub fn all(kind: Kind) -> Self {
        Scan {
            kind,
            project: None,
            name: None,
            name_prefix: None,
            updated_since: None,
            after: None,
            limit: usize::MAX,
        }
    }

    /// All rows of a kind in a project.
    pub fn project(kind: Kind, project: impl Into<Arc<str>>) -> Self {
        Scan {
            project: Some(project.into()),
            ..Scan::all(kind)
        }
    }

    /// Only rows with this name.
    #[must_use]
    pub fn name(mut self, name: impl Into<Arc<str>>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Only names that begin with `prefix`.
    #[must_use]
    pub fn name_prefix(mut self, prefix: impl Into<Arc<str>>) -> Self {
        self.name_prefix = Some(prefix.into());
        self
    }

    /// Only rows stamped in this Unix second or later.
    #[must_use]
    pub fn updated_since(mut self, second: i64) -> Self {
        self.updated_since = Some(second);
        self
    }

    /// Only rows behind this key.
    #[must_use]
    pub fn after(mut self, key: Key) -> Self {
        self.after = Some(key);
        self
    }

    /// At most `limit` rows.
    #[must_use]
    pub fn limit(mut self, limit: usize) -> Self {
        self.limit = limit;
        self
    }

    /// Whether a row belongs to the scan (its limit aside).
    pub fn matches(&self, row: &Record) -> bool {
        row.key.kind == self.kind
            && self
                .project
                .as_ref()
                .is_none_or(|project| *project == row.key.project)
            && self.name.as_ref().is_none_or(|name| *name == row.key.name)
            && self
                .name_prefix
                .as_ref()
                .is_none_or(|prefix| row.key.name.starts_with(&**prefix))
            && self.updated_since.is_none_or(|second| row.stamp >= second)
            && self.after.as_ref().is_none_or(|after| row.key > *after)
    }
}

/// Some rows of a scan.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// The rows, in key order.
    pub records: Vec<Record>,
    /// Whether more follow behind the last one.
    pub more: bool,
}

/// Figures about every kind and project that differ whenever rows have changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Probe {
    /// Per kind and project.
    pub entries: BTreeMap<(Kind, Arc<str>), ProbeEntry>,
}

/// Figures about the rows of one kind in one project.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProbeEntry {
    /// How many rows there are.
    pub count: u64,
    /// The sum of their stamps.
    pub stamp_sum: i128,
    /// The highest stamp.
    pub stamp_max: i64,
}

impl ProbeEntry {
    /// Adds a row.
    pub fn add(&mut self, stamp: i64) {
        self.count += 1;
        self.stamp_sum += i128::from(stamp);
        self.stamp_max = self.stamp_max.max(stamp);
    }
}
