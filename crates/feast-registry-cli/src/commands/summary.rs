//! What became of a batch.

use feast_registry_core::Summary;
use serde_json::{Value, json};

use crate::args::Format;
use crate::failure::Outcome;
use crate::output;
use crate::session::Session;

/// Prints a summary, with details for programs.
pub(super) fn print(
    summary: &Summary,
    objects: Option<&dyn Fn() -> Value>,
    session: &mut Session<'_>,
) -> Outcome {
    match session.format(Format::Table) {
        Format::Table => session.say(&sentence(summary)),
        format => {
            let mut value = json!({
                "created": summary.created,
                "updated": summary.updated,
                "unchanged": summary.unchanged,
                "recorded": summary.recorded,
                "deleted": summary.deleted,
            });
            if let Some(objects) = objects {
                value["objects"] = objects();
            }
            output::object(&mut session.streams.out, format, &value)
        }
    }
}

/// `created 3, updated 0, unchanged 12`, and what else happened.
fn sentence(summary: &Summary) -> String {
    let mut text = format!(
        "created {}, updated {}, unchanged {}",
        summary.created, summary.updated, summary.unchanged
    );
    for (verb, count) in [("recorded", summary.recorded), ("deleted", summary.deleted)] {
        if count > 0 {
            text += &format!(", {verb} {count}");
        }
    }
    text
}
