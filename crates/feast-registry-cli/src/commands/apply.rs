//! `apply`: definitions from files, all of them or none.

use std::collections::HashMap;
use std::sync::Arc;

use feast_registry_core::{Apply, Change, Effect, Error, Key, Kind, Outcome as Applied, Summary};
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
        batch.add(definition, default.as_ref())?;
    }
    for apply in &mut batch.applies {
        apply.expected = args.expected_revision;
        apply.no_promote = args.no_promote;
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

/// Applies, and where each was found.
#[derive(Debug, Default)]
struct Batch {
    applies: Vec<Apply>,
    places: HashMap<Key, String>,
}

impl Batch {
    fn add(&mut self, definition: Definition, default: Option<&Arc<str>>) -> Result<(), Error> {
        let place = definition.place.clone();
        let apply = definition.into_apply(default)?;
        let key = Key::new(apply.kind, apply.project.clone(), apply.name.clone());
        if let Some(first) = self.places.get(&key) {
            return Err(Error::invalid(format!(
                "{place}: {key} is defined twice, first at {first}"
            )));
        }
        self.places.insert(key, place);
        self.applies.push(apply);
        Ok(())
    }

    /// Commits all of it in one transaction; an error says which file and place is to blame.
    async fn commit(&self, session: &mut Session<'_>) -> Outcome<Vec<Applied>> {
        let registry = session.registry().await?;
        let doing = format!("applying {} objects", self.applies.len());
        let progress = Progress::spinner(session.streams, self.applies.len(), doing);
        let changes = self.applies.iter().cloned().map(Change::Apply).collect();
        let result = registry.commit(changes).await;
        drop(progress);
        Ok(result.map_err(|error| self.blame(error))?)
    }

    fn blame(&self, error: Error) -> Error {
        let place = match self.places.len() {
            1 => self.places.values().next(),
            _ => self.places.iter().find_map(|(key, place)| {
                let failed = format!("cannot apply {key}: ");
                error.message().starts_with(&failed).then_some(place)
            }),
        };
        match place {
            Some(place) => error.context(place),
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
