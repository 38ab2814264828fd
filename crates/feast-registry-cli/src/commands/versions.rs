//! The version history of views.

use feast_registry_core::{Freshness, json, message};
use jiff::Timestamp;
use serde_json::Value;

use super::describe;
use crate::args::{Format, Versions};
use crate::failure::Outcome;
use crate::output::{self, Table};
use crate::session::Session;

/// Lists the versions of a view, or shows one.
pub(super) async fn run(args: Versions, session: &mut Session<'_>) -> Outcome {
    let Some(number) = args.version else {
        return list(&args.name, session).await;
    };
    let project = session.project().await?;
    let registry = session.registry().await?;
    let row = registry.get_version(&project, &args.name, number).await?;
    describe::show(&row, false, session).await
}

/// Lists the versions of a view.
pub(super) async fn list(view: &str, session: &mut Session<'_>) -> Outcome {
    let project = session.project().await?;
    let registry = session.registry().await?;
    let versions = registry.list_versions(&project, view).await?;
    if versions.is_empty() {
        // No history is fine, no view is not.
        registry
            .get_any_view(&project, view, Freshness::Store)
            .await?;
    }
    match session.format(Format::Table) {
        Format::Table => {
            let mut table = Table::new(&["VERSION", "TYPE", "CREATED", "VERSION_ID"]);
            for row in &versions {
                let extra = row.version().cloned().unwrap_or_default();
                table.push(vec![
                    format!("v{}", row.key.number).into(),
                    (*extra.view_type).into(),
                    moment(row.stamp).into(),
                    extra.version_id.into(),
                ]);
            }
            Ok(table.print(&mut session.streams.out, session.streams.styled)?)
        }
        format => {
            let values = versions.iter().map(|row| -> Outcome<Value> {
                use feast_registry_proto::prost::Message as _;
                let record = message::version_record(row).encode_to_vec();
                Ok(json::to_json(row.key.kind.spec().message, &record)?)
            });
            output::values(&mut session.streams.out, format, values)
        }
    }
}

fn moment(second: i64) -> String {
    Timestamp::from_second(second).map_or_else(|_| second.to_string(), |moment| moment.to_string())
}
