//! One object to be applied.

use std::sync::Arc;

use bytes::Bytes;
use feast_registry_core::{Apply, Change, Error, INFRA_NAME, Key, Kind, wire};

use super::complaint;

/// One object to be applied, and where it was found.
#[derive(Clone, Debug)]
pub(crate) struct Definition {
    /// For messages: `features.yaml:12 (Entity driver)`.
    pub(crate) place: String,
    pub(crate) kind: Kind,
    pub(crate) name: Arc<str>,
    /// The project that the object itself names.
    pub(crate) project: Option<Arc<str>>,
    pub(crate) body: Bytes,
}

impl Definition {
    /// Reads from a message what it is called.
    pub(super) fn new(place: &str, kind: Kind, body: Bytes) -> Result<Self, Error> {
        let spec = kind.spec();
        let text = |path| {
            let found = wire::string(&body, path)
                .map_err(|why| complaint(place, format_args!("not a valid {kind}: {why}")))?;
            Ok::<_, Error>(found.filter(|text| !text.is_empty()).map(Arc::<str>::from))
        };
        let name = text(spec.name_path)?
            .ok_or_else(|| complaint(place, format_args!("the {kind} has no name")))?;
        let project = match spec.project_path {
            _ if kind == Kind::Project => Some(Arc::clone(&name)),
            Some(path) => text(path)?,
            None => None,
        };
        Ok(Definition {
            place: format!("{place} ({kind} {name})"),
            kind,
            name,
            project,
            body,
        })
    }

    /// The infrastructure of a project: its message has no name and no project.
    pub(super) fn infra(place: &str, project: Option<&str>, body: Bytes) -> Self {
        Definition {
            place: format!("{place} ({})", Kind::Infra),
            kind: Kind::Infra,
            name: INFRA_NAME.into(),
            project: project.map(Arc::from),
            body,
        }
    }

    /// What it defines, in its own project or else in the default one.
    pub(crate) fn key(&self, default_project: Option<&Arc<str>>) -> Result<Key, Error> {
        let project = self.project.as_ref().or(default_project).ok_or_else(|| {
            complaint(&self.place, "it names no project")
                .with_hint("add `project:` to it, or say which with --project")
        })?;
        Ok(Key::new(
            self.kind,
            Arc::clone(project),
            Arc::clone(&self.name),
        ))
    }

    /// The change that puts it into the registry.
    pub(crate) fn into_change(self, key: &Key) -> Change {
        let project = Arc::clone(&key.project);
        match self.kind {
            Kind::Infra => Change::UpdateInfra {
                project,
                body: self.body,
            },
            kind => Change::Apply(Apply::new(kind, project, self.name, self.body)),
        }
    }
}
