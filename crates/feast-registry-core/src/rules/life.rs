//! The life of a feature view: whether it is in service, and the state that materialisation moves
//! it through.

use std::sync::Arc;

use feast_registry_proto::core::FeatureViewState;

use super::apply::store_unchecked;
use super::{Draft, Effect, Outcome, Rule, patches, view};
use crate::wire::{self, Patch};
use crate::{Error, Path, Record, Result};

/// Where a view is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Life {
    /// Whether it is in service.
    pub enabled: bool,
    /// How far it is materialised.
    pub state: FeatureViewState,
}

impl Default for Life {
    /// The life of a view that says nothing about it: in service, in no state.
    fn default() -> Self {
        Life {
            enabled: true,
            state: FeatureViewState::StateUnspecified,
        }
    }
}

impl Life {
    /// The life of a view; `None` for rows that have none: label views, and whatever is no view.
    ///
    /// States that this build does not know read as unspecified, as they do in Feast.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Corrupt`](crate::ErrorKind::Corrupt) if the bytes cannot be read.
    pub fn of(row: &Record) -> Result<Option<Life>> {
        let Some(place) = Place::of(row) else {
            return Ok(None);
        };
        let corrupt = |why| Error::corrupt(&row.key, why);
        let disabled = wire::boolean(&row.body, place.disabled).map_err(corrupt)?;
        let number = wire::varint(&row.body, place.state).map_err(corrupt)?;
        let state = number
            .and_then(|number| i32::try_from(number).ok())
            .and_then(|number| FeatureViewState::try_from(number).ok());
        Ok(Some(Life {
            enabled: !disabled.unwrap_or(false),
            state: state.unwrap_or_default(),
        }))
    }
}

/// Where a view keeps its life.
struct Place {
    disabled: Path,
    state: Path,
}

impl Place {
    fn of(row: &Record) -> Option<Place> {
        let spec = row.key.kind.view()?;
        Some(Place {
            disabled: spec.disabled_path?,
            state: spec.state_path?,
        })
    }
}

/// Puts a view into service or takes it out.
pub(super) fn set_enabled(
    draft: &mut Draft<'_>,
    project: &Arc<str>,
    name: &Arc<str>,
    enabled: bool,
) -> Rule<Outcome> {
    let (row, place, life) = find(draft, project, name)?;
    if life.enabled == enabled {
        return Ok(Outcome::new(row.key.clone(), Effect::Unchanged, Some(&row)));
    }
    let patch = Patch::default().set_varint(place.disabled, u64::from(!enabled));
    store(draft, &row, patch)
}

/// Moves a view to another state. To the state that it has, every view may go.
pub(super) fn set_state(
    draft: &mut Draft<'_>,
    project: &Arc<str>,
    name: &Arc<str>,
    state: FeatureViewState,
) -> Rule<Outcome> {
    let (row, place, life) = find(draft, project, name)?;
    if life.state == state {
        return Ok(Outcome::new(row.key.clone(), Effect::Unchanged, Some(&row)));
    }
    check_move(name, life.state, state)?;
    let number = u64::try_from(i32::from(state)).unwrap_or_default();
    store(
        draft,
        &row,
        Patch::default().set_varint(place.state, number),
    )
}

fn find(draft: &mut Draft<'_>, project: &Arc<str>, name: &Arc<str>) -> Rule<(Record, Place, Life)> {
    let row = view::find_likely(draft, project, name)?;
    match (Place::of(&row), Life::of(&row)?) {
        (Some(place), Some(life)) => Ok((row, place, life)),
        _ => Err(Error::invalid(format!(
            "{} can be neither enabled nor given a state",
            row.key
        ))
        .into()),
    }
}

/// Only the one field and the stamp change: the definition, its version and its pin stay.
fn store(draft: &mut Draft<'_>, before: &Record, patch: Patch) -> Rule<Outcome> {
    let row = patches::changed_row(before, &before.body, draft.now(), patch)
        .map_err(|why| Error::corrupt(&before.key, why))?;
    Ok(store_unchecked(draft, row, Effect::Updated)?)
}

/// The states that may follow a state, as in Feast.
fn next(state: FeatureViewState) -> &'static [FeatureViewState] {
    match state {
        FeatureViewState::StateUnspecified => &[FeatureViewState::Created],
        FeatureViewState::Created => &[FeatureViewState::Generated],
        FeatureViewState::Generated => &[FeatureViewState::Materializing],
        FeatureViewState::Materializing => &[
            FeatureViewState::AvailableOnline,
            FeatureViewState::Generated,
        ],
        FeatureViewState::AvailableOnline => &[FeatureViewState::Materializing],
    }
}

fn check_move(name: &str, from: FeatureViewState, to: FeatureViewState) -> Result<()> {
    if next(from).contains(&to) {
        return Ok(());
    }
    let allowed: Vec<&str> = next(from)
        .iter()
        .map(FeatureViewState::as_str_name)
        .collect();
    Err(Error::invalid(format!(
        "feature view {name} cannot go from state {} to {}",
        from.as_str_name(),
        to.as_str_name()
    ))
    .with_hint(format!("it can go to {}", allowed.join(" or "))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use FeatureViewState::*;

    #[test]
    fn states_move_as_feast_allows() {
        let allowed = [
            (StateUnspecified, Created),
            (Created, Generated),
            (Generated, Materializing),
            (Materializing, AvailableOnline),
            (Materializing, Generated),
            (AvailableOnline, Materializing),
        ];
        let states = [
            StateUnspecified,
            Created,
            Generated,
            Materializing,
            AvailableOnline,
        ];
        for from in states {
            for to in states {
                let moved = check_move("v", from, to).is_ok();
                assert_eq!(moved, allowed.contains(&(from, to)), "{from:?} to {to:?}");
            }
        }
    }
}
