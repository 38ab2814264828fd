//! What two stores must agree on.

use feast_registry_core::wire::Patch;
use feast_registry_core::{
    Change, Effect, ErrorKind, Extra, Freshness, Key, Kind, LAST_UPDATED, PROJECT_UUID, Record,
    Registry, Revision,
};

use super::operations::{Expects, Planned, Step};
use crate::check::Checked;

/// The outcomes of a step without revisions, or the kind of its error.
type Answer = Result<Vec<(Key, Effect, Option<i32>)>, ErrorKind>;

/// Does a step.
pub(super) async fn answer(registry: &Registry, step: &Step) -> Checked<Answer> {
    let mut changes = Vec::with_capacity(step.changes.len());
    for planned in &step.changes {
        changes.push(expecting(registry, planned).await?);
    }
    let result = registry.commit(changes).await;
    Ok(result.map_err(|error| error.kind()).map(|outcomes| {
        let plain =
            |outcome: feast_registry_core::Outcome| (outcome.key, outcome.effect, outcome.version);
        outcomes.into_iter().map(plain).collect()
    }))
}

async fn expecting(registry: &Registry, planned: &Planned) -> Checked<Change> {
    let mut change = planned.change.clone();
    let (key, expected) = match &mut change {
        Change::Apply(apply) => (
            Key::new(apply.kind, &*apply.project, &*apply.name),
            &mut apply.expected,
        ),
        Change::Delete(delete) => (
            Key::new(delete.kind, &*delete.project, &*delete.name),
            &mut delete.expected,
        ),
        _ => return Ok(change),
    };
    *expected = match planned.expects {
        Expects::Nothing => None,
        Expects::Another => Some(Revision::of(b"another")),
        Expects::Current => {
            let row = registry.find(&key, Freshness::Store).await?;
            row.as_ref().map(Record::revision)
        }
    };
    Ok(change)
}

/// Rows without what depends on the time and on chance.
pub(super) fn normalised(rows: Vec<Record>) -> Checked<Vec<Record>> {
    rows.into_iter().map(normal).collect()
}

fn normal(mut row: Record) -> Checked<Record> {
    row.stamp = 0;
    let mut kind = row.key.kind;
    if let Extra::Version(extra) = &mut row.extra {
        extra.version_id.clear();
        kind = Kind::from_history_type(&extra.view_type).unwrap_or(kind);
    }
    if kind == Kind::Metadata {
        if [PROJECT_UUID, LAST_UPDATED].contains(&&*row.key.name) {
            row.body = "".into();
        }
        return Ok(row);
    }
    let spec = kind.spec();
    let stamps = [spec.created_path, spec.updated_path];
    let patch = stamps
        .into_iter()
        .flatten()
        .fold(Patch::default(), |patch, path| patch.clear(path));
    row.body = patch.apply(&row.body)?.into();
    Ok(row)
}
