//! `apply`: definitions from files, all of them or none.

use std::path::Path;

use feast_registry_core::{Error, Outcome as Applied, Plan, Summary};
use serde_json::{Value, json};

use super::batch::Batch;
use super::{plan, summary};
use crate::args;
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
        None => None,
    };
    let outcomes = commit(&batch, plan, session).await?;
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

fn object(outcome: &Applied) -> Value {
    json!({
        "kind": outcome.key.kind.spec().name,
        "project": *outcome.key.project,
        "name": *outcome.key.name,
        "effect": outcome.effect.name(),
        "revision": outcome.revision().map(|revision| revision.to_string()),
        "version": outcome.version,
    })
}
