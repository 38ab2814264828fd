//! What rows there are.

use std::collections::HashSet;
use std::sync::Arc;

use crate::{Key, Kind, Path, Record, wire};

/// Where a data source names the batch source inside it.
const INNER_SOURCE: Path = &[26, 20];

/// The keys of the rows seen so far; those of the history and of metadata nobody asks for.
#[derive(Debug, Default)]
pub(super) struct Known(HashSet<Key>);

impl Known {
    pub(super) fn add(&mut self, row: &Record) {
        if matches!(row.key.kind, Kind::Version | Kind::Metadata) {
            return;
        }
        if row.key.kind == Kind::DataSource
            && let Ok(Some(inner)) = wire::string(&row.body, INNER_SOURCE)
        {
            // A source that stands inside another one may be named by a view like any other.
            let project = Arc::clone(&row.key.project);
            self.0.insert(Key::new(Kind::DataSource, project, &*inner));
        }
        self.0.insert(row.key.clone());
    }

    /// Whether there is an object of one of these kinds and this name.
    pub(super) fn has(&self, kinds: &[Kind], project: &Arc<str>, name: &Arc<str>) -> bool {
        self.which(kinds, project, name).is_some()
    }

    /// The first of these kinds of which there is an object with this name.
    pub(super) fn which(
        &self,
        kinds: &[Kind],
        project: &Arc<str>,
        name: &Arc<str>,
    ) -> Option<Kind> {
        let key = |kind| Key::new(kind, Arc::clone(project), Arc::clone(name));
        let mut kinds = kinds.iter().copied();
        kinds.find(|kind| self.0.contains(&key(*kind)))
    }

    /// Whether a project has a row of its own.
    pub(super) fn has_project(&self, project: &Arc<str>) -> bool {
        self.has(&[Kind::Project], project, project)
    }
}
