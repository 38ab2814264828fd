//! Recording what was materialised.

use std::sync::Arc;

use prost::Message;
use prost_types::Timestamp;

use feast_registry_proto::core::{FeatureViewState, MaterializationInterval};

use super::apply::store_unchecked;
use super::{Draft, Effect, Outcome, Rule, compact, patches, view};
use crate::wire::Patch;
use crate::{Error, Record};

/// Appends an interval to a view and marks it available online.
///
/// Nothing of the view is decoded: it may hold thousands of intervals. Equal intervals are kept
/// twice, as Feast does: two runs over the same time are two facts. Only where
/// [`compact_intervals`](super::Settings::compact_intervals) is set they become one.
pub(super) fn materialize(
    draft: &mut Draft<'_>,
    project: &Arc<str>,
    name: &Arc<str>,
    start: &Timestamp,
    end: &Timestamp,
) -> Rule<Outcome> {
    let before = view::find_likely(draft, project, name)?;
    let spec = before.key.kind.view();
    let places = spec.and_then(|spec| Some((spec.intervals_path?, spec.state_path?)));
    let (intervals, state) = places.ok_or_else(|| not_materialisable(&before))?;
    let interval = MaterializationInterval {
        start_time: Some(*start),
        end_time: Some(*end),
    }
    .encode_to_vec();
    let patch = match draft.settings().compact_intervals {
        true => compact::added(&before.body, intervals, interval.into())
            .map_err(|why| Error::corrupt(&before.key, why))?,
        false => Patch::default().append_message(intervals, interval),
    };
    let online = i64::from(i32::from(FeatureViewState::AvailableOnline)).unsigned_abs();
    let patch = patch.set_varint(state, online);
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
