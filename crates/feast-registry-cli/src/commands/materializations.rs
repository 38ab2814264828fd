//! What was materialised.

use feast_registry_core::{Error, Freshness, json, wire};
use serde_json::Value;

use super::compact;
use crate::args::{Format, MaterializationCommand};
use crate::failure::Outcome;
use crate::output::{self, Table};
use crate::session::Session;

const INTERVAL: &str = "feast.core.MaterializationInterval";

pub(super) async fn run(command: MaterializationCommand, session: &mut Session<'_>) -> Outcome {
    match command {
        MaterializationCommand::List { view } => list(&view, session).await,
        MaterializationCommand::Add { view, start, end } => {
            let project = session.project().await?;
            let registry = session.registry().await?;
            registry
                .apply_materialization(&project, &view, start, end)
                .await?;
            session.say(&format!("recorded a materialisation of {view}"))
        }
        MaterializationCommand::Compact { view, dry_run, .. } => {
            compact::run(view.as_deref(), dry_run, session).await
        }
    }
}

async fn list(view: &str, session: &mut Session<'_>) -> Outcome {
    let intervals = intervals(view, session).await?;
    match session.format(Format::Table) {
        Format::Table => {
            let text = |interval: &Value, key| {
                interval
                    .get(key)
                    .and_then(Value::as_str)
                    .unwrap_or("-")
                    .to_owned()
            };
            let mut table = Table::new(&["START", "END"]);
            for interval in &intervals {
                table.push(vec![
                    text(interval, "startTime").into(),
                    text(interval, "endTime").into(),
                ]);
            }
            Ok(table.print(&mut session.streams.out, session.streams.styled)?)
        }
        format => output::values(
            &mut session.streams.out,
            format,
            intervals.into_iter().map(Ok),
        ),
    }
}

async fn intervals(view: &str, session: &mut Session<'_>) -> Outcome<Vec<Value>> {
    let project = session.project().await?;
    let registry = session.registry().await?;
    let row = registry
        .get_any_view(&project, view, Freshness::Store)
        .await?;
    let path = row.key.kind.view().and_then(|view| view.intervals_path);
    let (last, parents) = path.and_then(<[u32]>::split_last).ok_or_else(|| {
        Error::invalid(format!("{} is of a kind that is not materialised", row.key))
    })?;
    let corrupt = |why| Error::corrupt(&row.key, why);
    let Some(meta) = wire::message(&row.body, parents).map_err(corrupt)? else {
        return Ok(Vec::new());
    };
    let intervals = wire::repeated(&meta, *last).map_err(corrupt)?;
    let values = intervals
        .into_iter()
        .map(|interval| json::to_json(INTERVAL, interval));
    Ok(values.collect::<Result<_, _>>()?)
}
