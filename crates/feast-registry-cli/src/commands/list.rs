//! Lists of objects.

use std::collections::BTreeMap;

use feast_registry_core::{Kind, Query, Record, json, message};
use serde_json::Value;

use super::columns;
use crate::args::{Format, List};
use crate::failure::Outcome;
use crate::output;
use crate::session::Session;

/// Feast's placeholder for views without entities, which it does not list.
const DUMMY_ENTITY: &str = "__dummy";

/// Lists the objects of some kinds, which share a table.
pub(super) async fn run(args: List, kinds: &[Kind], session: &mut Session<'_>) -> Outcome {
    let rows = find(args, kinds, session).await?;
    match session.format(Format::Table) {
        Format::Table => {
            let table = columns::table(kinds, &rows, session).await?;
            Ok(table.print(&mut session.streams.out, session.streams.styled)?)
        }
        format => output::values(
            &mut session.streams.out,
            format,
            rows.iter().map(message_json),
        ),
    }
}

/// The objects of some kinds, in the project in effect. One that cannot be read is left out, and
/// core logs a warning.
pub(super) async fn find(
    args: List,
    kinds: &[Kind],
    session: &mut Session<'_>,
) -> Outcome<Vec<Record>> {
    let mut query = if *kinds == [Kind::Project] {
        Query::everywhere(Kind::Project)
    } else {
        Query::new(Kind::Project, session.project().await?)
    };
    query.kinds = kinds.to_vec();
    let tags: BTreeMap<String, String> = args.tags.into_iter().flatten().collect();
    let listing = session.registry().await?.list(&query.tags(tags)).await?;
    let mut rows = listing.records;
    rows.retain(|row| row.key.kind != Kind::Entity || *row.key.name != *DUMMY_ENTITY);
    Ok(rows)
}

/// The protobuf JSON of a row, its project included.
pub(super) fn message_json(row: &Record) -> Outcome<Value> {
    let body = message::with_project(row)?;
    Ok(json::to_json(row.key.kind.spec().message, &body)?)
}
