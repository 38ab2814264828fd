//! `apply`: definitions from files, all of them or none.

use std::collections::HashMap;
use std::path::Path;

use feast_registry_core::plan::FieldChange;
use feast_registry_core::{Error, Key, Outcome as Applied, Plan, Summary};
use serde_json::{Value, json};

use super::batch::Batch;
use super::{plan, summary};
use crate::args::{self, Format};
use crate::failure::Outcome;
use crate::input::Source;
use crate::output::Progress;
use crate::session::Session;

pub(super) async fn run(args: args::Apply, session: &mut Session<'_>) -> Outcome {
    let mut batch = Batch::read(&args.definitions, session).await?;
    if let Some(revision) = args.expected_revision {
        batch.expect(revision)?;
    }
    let plan = match &args.expected_plan {
        Some(file) => Some(read(file, session)?),
        None if batch.deletes() > 0 && !session.global.yes => Some(confirm(&batch, session).await?),
        None if args.diff => Some(batch.plan(session).await?),
        None => None,
    };
    let shown = plan.clone().filter(|_| args.diff).unwrap_or_default();
    let outcomes = commit(&batch, plan, session).await?;
    if session.format(Format::Table) == Format::Table {
        plan::write_steps(&mut session.streams.out, &shown)?;
    }
    let fields = fields(&shown);
    let object = |outcome| object(outcome, &fields);
    let objects = || Value::Array(outcomes.iter().map(object).collect());
    summary::print(&Summary::of(&outcomes), Some(&objects), session)
}

/// A plan that somebody has looked at.
fn read(file: &Path, session: &mut Session<'_>) -> Outcome<Plan> {
    let source = Source::read(file, &mut session.streams.input)?;
    serde_json::from_slice(&source.bytes).map_err(|why| {
        let message = format!("{} is no plan: {why}", source.name);
        let error =
            Error::invalid(message).with_hint("`feast-registry plan --out FILE` writes one");
        error.into()
    })
}

/// Shows what would be deleted, and asks. What is shown is then what is done, or nothing is.
async fn confirm(batch: &Batch, session: &mut Session<'_>) -> Outcome<Plan> {
    let plan = batch.plan(session).await?;
    plan::write(&mut session.streams.err, &plan)?;
    session.confirm(&format!("delete {} objects?", batch.deletes()))?;
    Ok(plan)
}

/// Commits all of it in one transaction; an error says which file and place is to blame.
async fn commit(
    batch: &Batch,
    plan: Option<Plan>,
    session: &mut Session<'_>,
) -> Outcome<Vec<Applied>> {
    let registry = session.registry().await?;
    let doing = format!("applying {} objects", batch.changes.len());
    let progress = Progress::spinner(session.streams, batch.changes.len(), doing);
    let changes = batch.changes.clone();
    let result = match plan {
        Some(plan) => registry.commit_planned(changes, plan).await,
        None => registry.commit(changes).await,
    };
    drop(progress);
    result.map_err(|error| batch.blame(error).into())
}

/// The fields that were changed, by object.
fn fields(plan: &Plan) -> HashMap<Key, &[FieldChange]> {
    let changed = plan.steps.iter().filter(|step| !step.fields.is_empty());
    changed.map(|step| (step.key(), &*step.fields)).collect()
}

fn object(outcome: &Applied, fields: &HashMap<Key, &[FieldChange]>) -> Value {
    let mut object = json!({
        "kind": outcome.key.kind.spec().name,
        "project": *outcome.key.project,
        "name": *outcome.key.name,
        "effect": outcome.effect.name(),
        "revision": outcome.revision().map(|revision| revision.to_string()),
        "version": outcome.version,
    });
    if let Some(fields) = fields.get(&outcome.key) {
        object["fields"] = json!(fields);
    }
    object
}
