//! One change at a time: conveniences over [`Registry::commit`].

use std::sync::Arc;

use bytes::Bytes;
use prost_types::Timestamp;

use feast_registry_proto::core::FeatureViewState;

use super::{Registry, only};
use crate::model::RegistryObject;
use crate::rules::{Apply, Change, Delete, Outcome};
use crate::{Kind, Result, Revision};

impl Registry {
    /// Creates an object, or changes it to this definition; an equal one is left as it is.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) and the conflicts of the rules, else
    /// those of the store.
    pub async fn apply(&self, apply: Apply) -> Result<Outcome> {
        only(self.commit(vec![Change::Apply(apply)]).await?)
    }

    /// Applies a typed message. To keep fields that this build does not know, apply bytes.
    ///
    /// # Errors
    ///
    /// Those of [`Registry::apply`].
    pub async fn apply_object<T: RegistryObject>(
        &self,
        project: &str,
        object: &T,
    ) -> Result<Outcome> {
        let name = object.object_name();
        let project = if T::KIND == Kind::Project {
            name
        } else {
            project
        };
        self.apply(Apply::new(T::KIND, project, name, object.encode_to_vec()))
            .await
    }

    /// Deletes an object; with a view goes its history, with a project everything in it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound),
    /// [`ErrorKind::Protected`](crate::ErrorKind::Protected) and
    /// [`ErrorKind::RevisionConflict`](crate::ErrorKind::RevisionConflict), else those of the store.
    pub async fn delete(&self, delete: Delete) -> Result<Outcome> {
        only(self.commit(vec![Change::Delete(delete)]).await?)
    }

    /// Deletes a project with everything in it, if it is as expected.
    ///
    /// # Errors
    ///
    /// Those of [`Registry::delete`].
    pub async fn delete_project(&self, name: &str, expected: Option<Revision>) -> Result<Outcome> {
        self.delete(Delete {
            expected,
            ..Delete::new(Kind::Project, name, name)
        })
        .await
    }

    /// Records that a view was materialised from `start` to `end`.
    ///
    /// Any number of callers may do so at the same time: none is lost. Those of one process that wait
    /// for the same view are written together.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound), and
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) for views that cannot be materialised.
    pub async fn apply_materialization(
        &self,
        project: &str,
        view: &str,
        start: Timestamp,
        end: Timestamp,
    ) -> Result<Outcome> {
        let (project, view): (Arc<str>, Arc<str>) = (project.into(), view.into());
        let change = Change::Materialize {
            project: Arc::clone(&project),
            view: Arc::clone(&view),
            start,
            end,
        };
        self.commit_combined((project, view), change).await
    }

    /// Merges the intervals of a view that touch or overlap, so that fewer cover the same; says
    /// [`Effect::Unchanged`](crate::Effect::Unchanged) if there are none to merge.
    ///
    /// No instant is lost: it happens under the lock of the view, as
    /// [`apply_materialization`](Registry::apply_materialization) does. What the intervals of a view
    /// say besides (fields that this build does not know) is kept: such an interval is left alone.
    ///
    /// # Errors
    ///
    /// Those of [`apply_materialization`](Registry::apply_materialization).
    pub async fn compact_intervals(&self, project: &str, view: &str) -> Result<Outcome> {
        let change = Change::CompactIntervals {
            project: project.into(),
            view: view.into(),
        };
        only(self.commit(vec![change]).await?)
    }

    /// Puts a view into service (`enabled`) or takes it out of service; says
    /// [`Effect::Unchanged`](crate::Effect::Unchanged) if it is so already.
    ///
    /// Only this one field of the stored view changes: no new version, no new definition, and a
    /// view that is pinned to a version stays pinned. Applying a definition afterwards sets what
    /// the definition says.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound), and
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) for label views, which Feast cannot disable.
    pub async fn set_enabled(&self, project: &str, view: &str, enabled: bool) -> Result<Outcome> {
        let change = Change::SetEnabled {
            project: project.into(),
            view: view.into(),
            enabled,
        };
        only(self.commit(vec![change]).await?)
    }

    /// Moves a view to another state; says [`Effect::Unchanged`](crate::Effect::Unchanged) if it is
    /// in it already. As with [`set_enabled`](Registry::set_enabled), nothing else changes.
    ///
    /// The moves are those of Feast: unspecified → created → generated → materializing → available
    /// online, back from materializing to generated (a run that failed), and from available online to
    /// materializing (the next run).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound), and
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) for any other move and for label views,
    /// which have no state.
    pub async fn set_state(
        &self,
        project: &str,
        view: &str,
        state: FeatureViewState,
    ) -> Result<Outcome> {
        let change = Change::SetState {
            project: project.into(),
            view: view.into(),
            state,
        };
        only(self.commit(vec![change]).await?)
    }

    /// Protects a project from deletion by Feast's tag `feast.dev/protected-project`, or takes the
    /// tag away; says [`Effect::Unchanged`](crate::Effect::Unchanged) if it is so already. A project
    /// that is to be protected is created if it is not there.
    ///
    /// # Errors
    ///
    /// Those of [`Registry::apply`].
    pub async fn set_protected(&self, project: &str, protected: bool) -> Result<Outcome> {
        let change = Change::SetProtected {
            project: project.into(),
            protected,
        };
        only(self.commit(vec![change]).await?)
    }

    /// Replaces the infrastructure of a project.
    ///
    /// # Errors
    ///
    /// Those of [`Registry::apply`].
    pub async fn update_infra(&self, project: &str, infra: impl Into<Bytes>) -> Result<Outcome> {
        let change = Change::UpdateInfra {
            project: Arc::from(project),
            body: infra.into(),
        };
        only(self.commit(vec![change]).await?)
    }
}
