//! What changes are known to read, before anything was read.

use std::sync::Arc;

use super::stamps::Stamped;
use super::{Apply, Change, Settings};
use crate::store::{Lock, Range, ReadSet, now};
use crate::{Key, Kind, LAST_UPDATED};

/// Collects the first reads of a batch: right for objects that exist, so that changing one costs one
/// round of reads. A new one costs a second.
pub(super) struct Hints<'a> {
    pub(super) reads: ReadSet,
    settings: &'a Settings,
    stamped: &'a Stamped,
    second: i64,
    /// Whether to leave out what only some changes turn out to need, such as a new version of a view.
    frugal: bool,
}

impl<'a> Hints<'a> {
    pub(super) fn new(settings: &'a Settings, stamped: &'a Stamped, frugal: bool) -> Self {
        Hints {
            reads: ReadSet::new(),
            settings,
            stamped,
            second: now().seconds,
            frugal,
        }
    }

    pub(super) fn add(&mut self, change: &Change) {
        match change {
            Change::Apply(apply) => self.apply(apply),
            Change::Delete(delete) => {
                self.stamp(&delete.project);
                self.objects(delete.kinds(), &delete.project, &delete.name);
            }
            Change::Materialize { project, view, .. }
            | Change::CompactIntervals { project, view }
            | Change::SetEnabled { project, view, .. }
            | Change::SetState { project, view, .. } => {
                self.stamp(project);
                self.objects(&[Kind::FeatureView], project, view);
            }
            Change::UpdateInfra { project, .. } => {
                self.stamp(project);
                self.change(Key::infra(Arc::clone(project)));
            }
            Change::SetUserMetadata { project, view, .. } => {
                self.objects(&Kind::VIEWS, project, view);
            }
            Change::SetProjectMetadata { project, key, .. } => {
                self.change(Key::metadata(Arc::clone(project), Arc::clone(key)));
            }
            Change::EnsureProject(name) => {
                self.stamp(name);
                self.reads.key(Key::project(Arc::clone(name)), Lock::Share);
            }
            Change::SetProtected { project, .. } => {
                self.stamp(project);
                self.change(Key::project(Arc::clone(project)));
            }
            Change::Import(row) => self.change(row.key.clone()),
        }
    }

    fn apply(&mut self, apply: &Apply) {
        self.stamp(&apply.project);
        self.change(apply.key());
        if apply.kind.is_view() && !self.frugal {
            let (project, view) = (Arc::clone(&apply.project), Arc::clone(&apply.name));
            let newest = Range::last_version(project, view);
            self.reads.range(newest, Lock::Plain);
        }
    }

    fn objects(&mut self, kinds: &[Kind], project: &Arc<str>, name: &Arc<str>) {
        for kind in kinds {
            self.change(Key::new(*kind, Arc::clone(project), Arc::clone(name)));
        }
    }

    fn change(&mut self, key: Key) {
        self.reads.key(key, Lock::Update);
    }

    /// The row of metadata that notes changes of a project.
    fn stamp(&mut self, project: &Arc<str>) {
        if !self.settings.purge_feast_metadata && !self.stamped.covers(project, self.second) {
            let key = Key::metadata(Arc::clone(project), LAST_UPDATED);
            self.reads.key(key, Lock::Plain);
        }
    }
}
