//! The table of what can be found, and a finding.

use std::fmt;

use super::Fix;
use crate::Key;

/// How bad something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Something cannot be read or written.
    Error,
    /// Something is not as it should be, and will be in somebody's way.
    Warning,
    /// Worth knowing; all works.
    Note,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        })
    }
}

/// Something that can be wrong with a registry.
#[derive(Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Defect {
    /// Its name, which never changes.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What would mend it.
    pub mend: &'static str,
}

macro_rules! defects {
    ($($name:ident, $code:literal, $severity:ident, $mend:literal;)*) => {
        $(pub(super) static $name: Defect = Defect {
            code: $code,
            severity: Severity::$severity,
            mend: $mend,
        };)*

        impl Defect {
            /// Every defect that is looked for, in the order in which findings are told.
            pub const ALL: &'static [&'static Defect] = &[$(&$name),*];
        }
    };
}

defects! {
    MISSING_TABLE, "missing-table", Error,
        "create it: `schema create`";
    NEWER_SCHEMA, "newer-schema", Error,
        "use a newer feast-registry: a schema is never taken back";
    UNDECODABLE, "undecodable", Error,
        "delete it and apply it again, or bring it back from a backup";
    TWO_VIEWS, "two-views", Error,
        "give one of the views another name: delete it and apply it anew";
    MISSING_PROJECT, "missing-project", Error,
        "create the project, as Feast does for what it finds";
    NARROW_COLUMN, "narrow-column", Warning,
        "widen the column: `schema upgrade`, which locks the table meanwhile";
    OTHER_NAME, "other-name", Warning,
        "apply the object again under the name that is meant";
    OTHER_PROJECT, "other-project", Warning,
        "let the message name the project of its row, by which it is found";
    DANGLING_REFERENCE, "dangling-reference", Warning,
        "apply what is missing, or the object without the reference";
    MISSING_VERSION, "missing-version", Warning,
        "record the active definition as the version that it says it is";
    ORPHAN_HISTORY, "orphan-history", Warning,
        "delete the versions, as Feast does with a view; they keep a view of this name from being created by Feast";
    ORPHAN_METADATA, "orphan-metadata", Warning,
        "delete the rows";
    INVERTED_INTERVAL, "inverted-interval", Warning,
        "materialise the time that was meant; the interval covers nothing";
    FUTURE_STAMP, "future-stamp", Warning,
        "set the clock of the machine that wrote it right; until then, readers that ask for what is new get it every time";
    CLOCK_SKEW, "clock-skew", Warning,
        "set the clock of this machine or of the database right";
    UNLISTED_SOURCE, "unlisted-source", Note,
        "apply the source on its own, if it is to be listed and found by its name";
    OVERLAPPING_INTERVALS, "overlapping-intervals", Note,
        "`materializations compact`";
    LOOKALIKE_NAMES, "lookalike-names", Note,
        "rename one before the registry moves to a database that takes them for one name, as MySQL does by default";
}

/// Something that is wrong.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Finding {
    /// What it is.
    pub defect: &'static Defect,
    /// The row that it is about; `None` if it is about the store.
    pub key: Option<Key>,
    /// What was found there, for people.
    pub found: String,
    pub(super) fix: Option<Fix>,
}

impl Finding {
    pub(super) fn new(
        defect: &'static Defect,
        key: impl Into<Option<Key>>,
        found: impl Into<String>,
    ) -> Self {
        Finding {
            defect,
            key: key.into(),
            found: found.into(),
            fix: None,
        }
    }

    pub(super) fn with_fix(mut self, fix: Fix) -> Self {
        self.fix = Some(fix);
        self
    }

    /// Whether [`mend`](super::mend) puts it right.
    pub fn is_fixable(&self) -> bool {
        self.fix.is_some()
    }

    /// Whether rows cannot be looked at before it is mended.
    pub fn hides_rows(&self) -> bool {
        [&MISSING_TABLE, &NEWER_SCHEMA].contains(&self.defect)
    }

    /// Whether another one says the same.
    pub fn is_same(&self, other: &Finding) -> bool {
        self.rank() == other.rank()
    }

    /// Findings are told in this order.
    pub(super) fn rank(&self) -> (usize, &Option<Key>, &str) {
        let place = Defect::ALL.iter().position(|one| *one == self.defect);
        (place.unwrap_or(usize::MAX), &self.key, &self.found)
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.key {
            Some(key) => write!(f, "{key}: {}", self.found),
            None => f.write_str(&self.found),
        }
    }
}
