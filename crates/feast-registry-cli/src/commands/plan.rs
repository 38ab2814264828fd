//! `plan`: what an apply would do, and nothing done.

use std::io::{self, Write};

use feast_registry_core::plan::{FieldChange, Step};
use feast_registry_core::{Effect, Plan};
use serde_json::Value;

use super::batch::Batch;
use crate::args::{self, Format};
use crate::failure::{self, Outcome};
use crate::output::{self, style};
use crate::session::Session;

/// Values are cut after so many characters; JSON has all of them.
const WIDTH: usize = 60;

pub(super) async fn run(args: args::Plan, session: &mut Session<'_>) -> Outcome {
    let batch = Batch::read(&args.definitions, session).await?;
    let plan = batch.plan(session).await?;
    if let Some(file) = &args.out {
        let text = serde_json::to_string_pretty(&plan)? + "\n";
        std::fs::write(file, text)
            .map_err(|error| failure::file("write", &file.display().to_string(), &error))?;
    }
    match session.format(Format::Table) {
        Format::Table => Ok(write(&mut session.streams.out, &plan)?),
        format => {
            let value = serde_json::to_value(&plan)?;
            output::object(&mut session.streams.out, format, &value)
        }
    }
}

/// The steps that would change something, field by field, and how many there are of each.
pub(super) fn write(out: &mut impl Write, plan: &Plan) -> io::Result<()> {
    write_steps(out, plan)?;
    let count = |effect| {
        plan.steps
            .iter()
            .filter(|step| step.effect == effect)
            .count()
    };
    writeln!(
        out,
        "create {}, update {}, delete {}, leave unchanged {}",
        count(Effect::Created),
        count(Effect::Updated) + count(Effect::Recorded),
        count(Effect::Deleted),
        count(Effect::Unchanged),
    )
}

/// The steps that would change something, field by field.
pub(super) fn write_steps(out: &mut impl Write, plan: &Plan) -> io::Result<()> {
    for step in &plan.steps {
        let Some(sign) = sign(step.effect) else {
            continue;
        };
        writeln!(out, "{sign} {}", style::printable(&title(step)))?;
        for field in &step.fields {
            writeln!(out, "    {}", style::printable(&line(field)))?;
        }
    }
    Ok(())
}

fn sign(effect: Effect) -> Option<char> {
    match effect {
        Effect::Unchanged => None,
        Effect::Created => Some('+'),
        Effect::Deleted => Some('-'),
        _ => Some('~'),
    }
}

fn title(step: &Step) -> String {
    match (step.effect, step.version) {
        (Effect::Recorded, Some(number)) => format!("{step}: version v{number}, not promoted"),
        (Effect::Updated, Some(number)) => format!("{step}: version v{number}"),
        _ => step.to_string(),
    }
}

/// One field, as it was and as it is.
pub(super) fn line(field: &FieldChange) -> String {
    let FieldChange {
        path,
        before,
        after,
        ..
    } = field;
    match (before, after) {
        (Value::Null, after) => format!("{path}: set to {}", short(after)),
        (before, Value::Null) => format!("{path}: {} removed", short(before)),
        (before, after) => format!("{path}: {} -> {}", short(before), short(after)),
    }
}

fn short(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(WIDTH) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
