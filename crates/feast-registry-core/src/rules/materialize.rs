//! Recording what was materialised.

use std::sync::Arc;

use prost::Message;
use prost_types::Timestamp;

use feast_registry_proto::core::{FeatureViewState, MaterializationInterval};

use super::apply::store_unchecked;
use super::{Draft, Effect, Outcome, Rule, patches, view};
use crate::wire::Patch;
use crate::{Error, Record};

/// Appends an interval to a view and marks it available online.
///
/// Nothing of the view is decoded: it may hold thousands of intervals. Equal intervals are kept
/// twice, as Feast does: two runs over the same time are two facts.
pub(super) fn materialize(
    draft: &mut Draft<'_>,
    project: &Arc<str>,
    name: &Arc<str>,
    start: &Timestamp,
    end: &Timestamp,
) -> Rule<Outcome> {
    let before = view::find_likely(draft, project, name)?;
    let patch = before.key.kind.view().and_then(|spec| {
        let interval = MaterializationInterval {
            start_time: Some(*start),
            end_time: Some(*end),
        };
        let online = u64::try_from(i32::from(FeatureViewState::AvailableOnline)).ok()?;
        let patch = Patch::default().append_message(spec.intervals_path?, interval.encode_to_vec());
        Some(patch.set_varint(spec.state_path?, online))
    });
    let patch = patch.ok_or_else(|| not_materialisable(&before))?;
    let row = patches::changed_row(&before, &before.body, draft.now(), patch)
        .map_err(|why| Error::corrupt(&before.key, why))?;
    Ok(store_unchecked(draft, row, Effect::Updated)?)
}

fn not_materialisable(row: &Record) -> Error {
    Error::invalid(format!(
        "{} cannot be materialised: only feature views and stream feature views can",
        row.key
    ))
}
