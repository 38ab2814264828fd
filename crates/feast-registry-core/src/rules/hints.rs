//! What changes are known to read, before anything was read.

use std::sync::Arc;

use super::stamps::Stamped;
use super::{Apply, Change, Guess, MANY, Settings};
use crate::store::{Lock, Range, ReadSet, now};
use crate::{Key, Kind, LAST_UPDATED};

/// Collects the first reads of a batch. If what is thought of its objects is right, they are all that it
/// needs; else it costs a second round of reads.
pub(super) struct Hints<'a> {
    pub(super) reads: ReadSet,
    settings: &'a Settings,
    stamped: &'a Stamped,
    second: i64,
    guess: Guess,
    /// Whether the second may be over before everything is decided.
    lasts: bool,
}

impl<'a> Hints<'a> {
    /// For a batch of so many changes.
    pub(super) fn new(
        settings: &'a Settings,
        stamped: &'a Stamped,
        guess: Guess,
        changes: usize,
    ) -> Self {
        Hints {
            reads: ReadSet::new(),
            settings,
            stamped,
            second: now().seconds,
            guess,
            lasts: changes >= MANY,
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
        if self.guess == Guess::New && apply.kind != Kind::Project {
            self.create(apply);
        }
        // Only some changes of a view turn out to need its versions.
        if apply.kind.is_view() && self.guess != Guess::Present {
            let (project, view) = (Arc::clone(&apply.project), Arc::clone(&apply.name));
            let newest = Range::last_version(project, view);
            self.reads.range(newest, Lock::Plain);
        }
    }

    /// What guards a new object: its project, and for a view, that its name is nobody else's.
    fn create(&mut self, apply: &Apply) {
        let project = Key::project(Arc::clone(&apply.project));
        if !apply.kind.is_view() {
            self.reads.key(project, Lock::Share);
            return;
        }
        self.reads.key(project, Lock::Update);
        for other in Kind::VIEWS.into_iter().filter(|other| *other != apply.kind) {
            let sibling = Key::new(other, Arc::clone(&apply.project), Arc::clone(&apply.name));
            self.reads.key(sibling, Lock::Plain);
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
        let is_stamped = !self.lasts && self.stamped.covers(project, self.second);
        if !self.settings.purge_feast_metadata && !is_stamped {
            let key = Key::metadata(Arc::clone(project), LAST_UPDATED);
            self.reads.key(key, Lock::Plain);
        }
    }
}
