//! `apply`: definitions from files, all of them or none.

use std::collections::HashMap;
use std::sync::Arc;

use feast_registry_core::{Change, Effect, Error, Key, Kind, Outcome as Applied, Summary};
use serde_json::{Value, json};

use super::summary;
use crate::args;
use crate::failure::Outcome;
use crate::input::{self, Definition, Source};
use crate::output::Progress;
use crate::session::Session;

pub(super) async fn run(args: args::Apply, session: &mut Session<'_>) -> Outcome {
    let mut definitions = Vec::new();
    for file in &args.files {
        let source = Source::read(file, &mut session.streams.input)?;
        definitions.extend(input::definitions(&source)?);
    }
    if args.expected_revision.is_some() && definitions.len() != 1 {
        let message = format!(
            "--expected-revision is for one object, not for {}",
            definitions.len()
        );
        return Err(Error::invalid(message).into());
    }
    // What others refer to comes first; kinds are declared in that order.
    definitions.sort_by_key(|definition| definition.kind);
    let default = default_project(&definitions, session).await?;
    let mut batch = Batch::default();
    for definition in definitions {
        batch.add(definition, default.as_ref(), &args)?;
    }
    let outcomes = batch.commit(session).await?;
    let objects = || Value::Array(outcomes.iter().map(object).collect());
    summary::print(&Summary::of(&outcomes), Some(&objects), session)
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

/// Changes, and where each was found.
#[derive(Debug, Default)]
struct Batch {
    changes: Vec<Change>,
    places: Vec<String>,
    known: HashMap<Key, usize>,
}

impl Batch {
    fn add(
        &mut self,
        definition: Definition,
        default: Option<&Arc<str>>,
        args: &args::Apply,
    ) -> Result<(), Error> {
        let place = definition.place.clone();
        let key = definition.key(default)?;
        if let Some(first) = self.known.get(&key) {
            let first = &self.places[*first];
            let message = format!("{place}: {key} is defined twice, first at {first}");
            return Err(Error::invalid(message));
        }
        let mut change = definition.into_change(&key);
        match &mut change {
            Change::Apply(apply) => {
                apply.expected = args.expected_revision;
                apply.no_promote = args.no_promote;
            }
            _ if args.expected_revision.is_some() => {
                let message = format!("{place}: --expected-revision is not for infrastructure");
                return Err(Error::invalid(message));
            }
            _ => {}
        }
        self.known.insert(key, self.places.len());
        self.places.push(place);
        self.changes.push(change);
        Ok(())
    }

    /// Commits all of it in one transaction; an error says which file and place is to blame.
    async fn commit(&self, session: &mut Session<'_>) -> Outcome<Vec<Applied>> {
        let registry = session.registry().await?;
        let doing = format!("applying {} objects", self.changes.len());
        let progress = Progress::spinner(session.streams, self.changes.len(), doing);
        let result = registry.commit(self.changes.clone()).await;
        drop(progress);
        Ok(result.map_err(|error| self.blame(error))?)
    }

    fn blame(&self, error: Error) -> Error {
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

fn object(outcome: &Applied) -> Value {
    let effect = match outcome.effect {
        Effect::Created => "created",
        Effect::Updated => "updated",
        Effect::Unchanged => "unchanged",
        Effect::Recorded => "recorded",
        Effect::Deleted => "deleted",
        _ => "changed",
    };
    json!({
        "kind": outcome.key.kind.spec().name,
        "project": *outcome.key.project,
        "name": *outcome.key.name,
        "effect": effect,
        "revision": outcome.revision().map(|revision| revision.to_string()),
        "version": outcome.version,
    })
}
