//! The changes that users ask for.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use bytes::Bytes;
use prost_types::Timestamp;

use feast_registry_proto::core::FeatureViewState;

use super::{Draft, Rule, apply, compact, delete, import, life, materialize, metadata, project};
use crate::{Error, Key, Kind, Record, Revision};

/// Create an object, or change it to this definition.
#[derive(Clone, Debug)]
pub struct Apply {
    /// The kind of the object.
    pub kind: Kind,
    /// The project. For a project, its own name.
    pub project: Arc<str>,
    /// The name, as the message has it.
    pub name: Arc<str>,
    /// The serialized message.
    pub body: Bytes,
    /// Fail unless the stored object has this revision.
    pub expected: Option<Revision>,
    /// Record a new version of a view without making it the active one.
    pub no_promote: bool,
}

/// Remove an object.
#[derive(Clone, Debug)]
pub struct Delete {
    /// The kind; for views any of the four, since they share one name space.
    pub kind: Kind,
    /// Whether a view of another kind than `kind` will do.
    pub any_view: bool,
    /// The project. For a project, its own name.
    pub project: Arc<str>,
    /// The name.
    pub name: Arc<str>,
    /// Fail unless the stored object has this revision.
    pub expected: Option<Revision>,
}

/// One change of the registry.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Change {
    /// Create an object, or change it.
    Apply(Apply),
    /// Remove an object.
    Delete(Delete),
    /// Record that a view was materialised.
    Materialize {
        /// The project.
        project: Arc<str>,
        /// The view.
        view: Arc<str>,
        /// The beginning of the interval.
        start: Timestamp,
        /// Its end.
        end: Timestamp,
    },
    /// Merge the intervals of a view that touch or overlap.
    CompactIntervals {
        /// The project.
        project: Arc<str>,
        /// The view.
        view: Arc<str>,
    },
    /// Put a view into service, or take it out of service.
    SetEnabled {
        /// The project.
        project: Arc<str>,
        /// The view.
        view: Arc<str>,
        /// Whether it is in service.
        enabled: bool,
    },
    /// Move a view to another state, if its state allows it.
    SetState {
        /// The project.
        project: Arc<str>,
        /// The view.
        view: Arc<str>,
        /// The state.
        state: FeatureViewState,
    },
    /// Replace the infrastructure of a project.
    UpdateInfra {
        /// The project.
        project: Arc<str>,
        /// The serialized `feast.core.Infra`.
        body: Bytes,
    },
    /// Attach opaque bytes to a view.
    SetUserMetadata {
        /// The project.
        project: Arc<str>,
        /// The view.
        view: Arc<str>,
        /// The bytes.
        user_metadata: Bytes,
    },
    /// Set a value about a project.
    SetProjectMetadata {
        /// The project.
        project: Arc<str>,
        /// The key, at most 50 characters.
        key: Arc<str>,
        /// The value.
        value: String,
    },
    /// Create a project that nobody described, if it is not there.
    EnsureProject(Arc<str>),
    /// Tag a project so that it is not deleted, or take that tag away.
    SetProtected {
        /// The project; one that is to be protected is created if it is not there.
        project: Arc<str>,
        /// Whether it is protected.
        protected: bool,
    },
    /// Put a row exactly as it is, stamps and all: what an export holds.
    Import(Record),
}

/// What a change did to its object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Effect {
    /// It is new.
    Created,
    /// It was there and is different now.
    Updated,
    /// It was there, equal.
    Unchanged,
    /// It is gone.
    Deleted,
    /// A version was recorded, the active definition stayed.
    Recorded,
}

impl Effect {
    const ALL: [Effect; 5] = [
        Effect::Created,
        Effect::Updated,
        Effect::Unchanged,
        Effect::Deleted,
        Effect::Recorded,
    ];

    /// In one word, for example `created`.
    pub fn name(self) -> &'static str {
        match self {
            Effect::Created => "created",
            Effect::Updated => "updated",
            Effect::Unchanged => "unchanged",
            Effect::Deleted => "deleted",
            Effect::Recorded => "recorded",
        }
    }
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Effect {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let known = Effect::ALL.into_iter().find(|effect| effect.name() == text);
        known.ok_or_else(|| Error::invalid(format!("`{text}` is no effect of a change")))
    }
}

/// What became of one change.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Outcome {
    /// The object.
    pub key: Key,
    /// What happened to it.
    pub effect: Effect,
    /// The version that was created or pinned.
    pub version: Option<i32>,
    /// The bytes that are stored now; `None` if nothing is.
    pub body: Option<Bytes>,
}

impl Outcome {
    pub(super) fn new(key: Key, effect: Effect, stored: Option<&Record>) -> Self {
        Outcome {
            key,
            effect,
            version: None,
            body: stored.map(|row| row.body.clone()),
        }
    }

    /// The revision that is stored now; `None` if nothing is.
    pub fn revision(&self) -> Option<Revision> {
        self.body.as_deref().map(Revision::of)
    }

    pub(super) fn with_version(mut self, number: i32) -> Self {
        self.version = Some(number);
        self
    }
}

impl Apply {
    /// An apply without preconditions.
    pub fn new(
        kind: Kind,
        project: impl Into<Arc<str>>,
        name: impl Into<Arc<str>>,
        body: impl Into<Bytes>,
    ) -> Self {
        Apply {
            kind,
            project: project.into(),
            name: name.into(),
            body: body.into(),
            expected: None,
            no_promote: false,
        }
    }

    pub(crate) fn key(&self) -> Key {
        Key::new(self.kind, Arc::clone(&self.project), Arc::clone(&self.name))
    }
}

impl Delete {
    /// A delete without preconditions.
    pub fn new(kind: Kind, project: impl Into<Arc<str>>, name: impl Into<Arc<str>>) -> Self {
        Delete {
            kind,
            any_view: false,
            project: project.into(),
            name: name.into(),
            expected: None,
        }
    }

    /// The removal of the view with this name, whatever its kind.
    pub fn any_view(project: impl Into<Arc<str>>, name: impl Into<Arc<str>>) -> Self {
        Delete {
            any_view: true,
            ..Delete::new(Kind::FeatureView, project, name)
        }
    }

    /// The kinds in which the object may be.
    pub(super) fn kinds(&self) -> &[Kind] {
        if self.any_view {
            &Kind::VIEWS
        } else {
            std::slice::from_ref(&self.kind)
        }
    }
}

impl Change {
    /// The bytes that it brings; `None` if it brings none.
    pub(crate) fn body(&self) -> Option<&Bytes> {
        match self {
            Change::Apply(apply) => Some(&apply.body),
            Change::UpdateInfra { body, .. } => Some(body),
            Change::SetUserMetadata { user_metadata, .. } => Some(user_metadata),
            Change::Import(row) => Some(&row.body),
            _ => None,
        }
    }

    pub(super) fn decide(&self, draft: &mut Draft<'_>) -> Rule<Outcome> {
        match self {
            Change::Apply(apply) => apply::apply(draft, apply),
            Change::Delete(delete) if delete.kind == Kind::Project => {
                project::delete(draft, delete)
            }
            Change::Delete(delete) => delete::delete(draft, delete),
            Change::Materialize {
                project,
                view,
                start,
                end,
            } => materialize::materialize(draft, project, view, start, end),
            Change::CompactIntervals { project, view } => compact::compact(draft, project, view),
            Change::SetEnabled {
                project,
                view,
                enabled,
            } => life::set_enabled(draft, project, view, *enabled),
            Change::SetState {
                project,
                view,
                state,
            } => life::set_state(draft, project, view, *state),
            Change::UpdateInfra { project, body } => apply::update_infra(draft, project, body),
            Change::SetUserMetadata {
                project,
                view,
                user_metadata,
            } => metadata::set_user_metadata(draft, project, view, user_metadata),
            Change::SetProjectMetadata {
                project,
                key,
                value,
            } => metadata::set_project_metadata(draft, project, key, value),
            Change::EnsureProject(name) => project::ensure_described(draft, name),
            Change::SetProtected { project, protected } => {
                project::set_protected(draft, project, *protected)
            }
            Change::Import(row) => import::import(draft, row),
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let view =
            |project: &Arc<str>, name: &Arc<str>| format!("view `{name}` in project `{project}`");
        match self {
            Change::Apply(apply) => write!(f, "cannot apply {}", apply.key()),
            Change::Delete(delete) => {
                write!(
                    f,
                    "cannot delete {}",
                    Key::new(delete.kind, &*delete.project, &*delete.name)
                )
            }
            Change::Materialize {
                project,
                view: name,
                ..
            } => {
                write!(
                    f,
                    "cannot record a materialisation of {}",
                    view(project, name)
                )
            }
            Change::CompactIntervals {
                project,
                view: name,
            } => write!(f, "cannot compact the intervals of {}", view(project, name)),
            Change::SetEnabled {
                project,
                view: name,
                enabled,
            } => {
                let verb = if *enabled { "enable" } else { "disable" };
                write!(f, "cannot {verb} {}", view(project, name))
            }
            Change::SetState {
                project,
                view: name,
                ..
            } => {
                write!(f, "cannot set the state of {}", view(project, name))
            }
            Change::UpdateInfra { project, .. } => {
                write!(f, "cannot update the infrastructure of project `{project}`")
            }
            Change::SetUserMetadata {
                project,
                view: name,
                ..
            } => {
                write!(f, "cannot set the user metadata of {}", view(project, name))
            }
            Change::SetProjectMetadata { project, key, .. } => {
                write!(f, "cannot set metadata `{key}` of project `{project}`")
            }
            Change::EnsureProject(name) => write!(f, "cannot create project `{name}`"),
            Change::SetProtected { project, .. } => {
                write!(f, "cannot change the protection of project `{project}`")
            }
            Change::Import(row) => write!(f, "cannot import {}", row.key),
        }
    }
}
