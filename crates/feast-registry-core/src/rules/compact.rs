//! Fewer intervals that cover what a view's intervals cover.

use std::sync::Arc;

use bytes::Bytes;

use super::apply::store_unchecked;
use super::{Draft, Effect, Outcome, Rule, patches, view};
use crate::intervals;
use crate::wire::{Patch, WireError};
use crate::{Error, Path};

/// Merges the intervals of a view that touch or overlap. Nothing else of the view changes, and a view
/// that has none to merge is left as it is.
pub(super) fn compact(draft: &mut Draft<'_>, project: &Arc<str>, name: &Arc<str>) -> Rule<Outcome> {
    let before = view::find_likely(draft, project, name)?;
    let path = before.key.kind.view().and_then(|view| view.intervals_path);
    let (Some(path), Some(stored)) = (path, intervals::of_row(&before)?) else {
        return Err(Error::invalid(format!(
            "{} has no intervals: only feature views and stream feature views are materialised",
            before.key
        ))
        .into());
    };
    let compact = intervals::compact(&stored);
    if compact == stored {
        return Ok(Outcome::new(
            before.key.clone(),
            Effect::Unchanged,
            Some(&before),
        ));
    }
    let patch = Patch::default().replace_repeated(path, compact);
    let row = patches::changed_row(&before, &before.body, draft.now(), patch)?;
    Ok(store_unchecked(draft, row, Effect::Updated)?)
}

/// The edit that adds an interval to those of a view, and compacts them.
pub(super) fn added(body: &Bytes, path: Path, interval: Bytes) -> Result<Patch, WireError> {
    let mut all = view::elements(body, path)?;
    all.push(interval);
    Ok(Patch::default().replace_repeated(path, intervals::compact(&all)))
}
