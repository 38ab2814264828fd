//! The changes that files ask for.

use std::collections::HashMap;
use std::sync::Arc;

use feast_registry_core::{Change, Error, Key, Kind, Plan, Revision};

use crate::args;
use crate::failure::Outcome;
use crate::input::{self, Definition, Source};
use crate::session::Session;

/// Changes, and where each was found.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) changes: Vec<Change>,
    places: Vec<String>,
    known: HashMap<Key, usize>,
}

impl Batch {
    /// Reads files, and what they no longer have if that is to go.
    pub(super) async fn read(
        args: &args::Definitions,
        session: &mut Session<'_>,
    ) -> Outcome<Batch> {
        let mut definitions = Vec::new();
        for file in &args.files {
            let source = Source::read(file, &mut session.streams.input)?;
            definitions.extend(input::definitions(&source)?);
        }
        // What others refer to comes first; kinds are declared in that order.
        definitions.sort_by_key(|definition| definition.kind);
        let default = default_project(&definitions, session).await?;
        let mut batch = Batch::default();
        for definition in definitions {
            batch.add(definition, default.as_ref(), args.no_promote)?;
        }
        if args.prune {
            batch.prune(session).await?;
        }
        Ok(batch)
    }

    fn add(
        &mut self,
        definition: Definition,
        default: Option<&Arc<str>>,
        no_promote: bool,
    ) -> Result<(), Error> {
        let place = definition.place.clone();
        let key = definition.key(default)?;
        if let Some(first) = self.known.get(&key) {
            let first = &self.places[*first];
            let message = format!("{place}: {key} is defined twice, first at {first}");
            return Err(Error::invalid(message));
        }
        let mut change = definition.into_change(&key);
        if let Change::Apply(apply) = &mut change {
            apply.no_promote = no_promote;
        }
        self.known.insert(key, self.places.len());
        self.places.push(place);
        self.changes.push(change);
        Ok(())
    }

    /// Adds the removal of what the projects of this batch hold and the batch does not. It comes
    /// first, so that a view may become one of another kind.
    async fn prune(&mut self, session: &mut Session<'_>) -> Outcome {
        let registry = session.registry().await?;
        let deletes = registry.prune(&self.changes).await?;
        let places = deletes.iter().map(|_| "--prune".to_owned());
        self.places.splice(0..0, places.collect::<Vec<_>>());
        self.changes.splice(0..0, deletes);
        // The places of definitions have moved, and nobody asks for them any more.
        self.known.clear();
        Ok(())
    }

    /// Makes the one object of the batch depend on a revision.
    pub(super) fn expect(&mut self, revision: Revision) -> Result<(), Error> {
        let message = match &mut self.changes[..] {
            [Change::Apply(apply)] => {
                apply.expected = Some(revision);
                return Ok(());
            }
            [_] => "--expected-revision is not for infrastructure".to_owned(),
            changes => format!(
                "--expected-revision is for one object, not for {}",
                changes.len()
            ),
        };
        Err(Error::invalid(message))
    }

    /// How many objects would go.
    pub(super) fn deletes(&self) -> usize {
        let deletes = |change: &&Change| matches!(change, Change::Delete(_));
        self.changes.iter().filter(deletes).count()
    }

    /// What committing it would do.
    pub(super) async fn plan(&self, session: &mut Session<'_>) -> Outcome<Plan> {
        let registry = session.registry().await?;
        let plan = registry.plan(self.changes.clone()).await;
        plan.map_err(|error| self.blame(error).into())
    }

    /// Says which file and place an error is about.
    pub(super) fn blame(&self, error: Error) -> Error {
        let mut candidates = self.changes.iter().zip(&self.places);
        let place = match self.changes.len() {
            1 => candidates.next(),
            // The registry says which change of several it could not make.
            _ => candidates.find(|(change, _)| error.message().starts_with(&format!("{change}: "))),
        };
        match place {
            Some((_, place)) => error.context(place),
            None => error,
        }
    }
}

/// The project of objects that name none: the one in effect, or the only one being applied.
async fn default_project(
    definitions: &[Definition],
    session: &mut Session<'_>,
) -> Outcome<Option<Arc<str>>> {
    if definitions
        .iter()
        .all(|definition| definition.project.is_some())
    {
        return Ok(None);
    }
    if let Some(project) = session.config()?.project {
        return Ok(Some(project.into()));
    }
    let mut projects = definitions
        .iter()
        .filter(|definition| definition.kind == Kind::Project);
    if let (Some(only), None) = (projects.next(), projects.next()) {
        return Ok(Some(Arc::clone(&only.name)));
    }
    Ok(session.find_project().await?.ok())
}
