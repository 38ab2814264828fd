//! The life of a feature view: enabled or not, and the state that materialisation moves it through.

use feast_registry_core::wire::{self, Patch};
use feast_registry_core::{
    Apply, Error, ErrorKind, Freshness, Kind, Path, Record, Registry, Result,
};
use feast_registry_proto::core::FeatureViewState;

use crate::args::State;
use crate::failure::Outcome;
use crate::session::Session;

/// How often a change is tried while others change the same view.
const ATTEMPTS: usize = 16;

/// Where views say that they are out of service.
const DISABLED: [(Kind, Path); 3] = [
    (Kind::FeatureView, &[1, 20]),
    (Kind::StreamFeatureView, &[1, 23]),
    (Kind::OnDemandFeatureView, &[1, 19]),
];

/// Where a view is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Life {
    pub(super) enabled: bool,
    pub(super) state: FeatureViewState,
}

impl Default for Life {
    fn default() -> Self {
        Life {
            enabled: true,
            state: FeatureViewState::StateUnspecified,
        }
    }
}

/// Where a view keeps its life; label views have none.
fn paths(kind: Kind) -> Option<(Path, Path)> {
    let (_, disabled) = DISABLED.into_iter().find(|(of, _)| *of == kind)?;
    Some((disabled, kind.view()?.state_path?))
}

/// The life of a view; `None` for rows that have none.
pub(super) fn of(row: &Record) -> Result<Option<Life>> {
    let Some((disabled, state)) = paths(row.key.kind) else {
        return Ok(None);
    };
    let corrupt = |why| Error::corrupt(&row.key, why);
    let number = wire::varint(&row.body, state)
        .map_err(corrupt)?
        .unwrap_or(0);
    let state = i32::try_from(number)
        .ok()
        .and_then(|number| FeatureViewState::try_from(number).ok());
    Ok(Some(Life {
        enabled: !wire::boolean(&row.body, disabled)
            .map_err(corrupt)?
            .unwrap_or(false),
        // Numbers of a newer Feast read as no state, as they do in Feast.
        state: state.unwrap_or(FeatureViewState::StateUnspecified),
    }))
}

/// Enables or disables a view.
pub(super) async fn enable(name: &str, enabled: bool, session: &mut Session<'_>) -> Outcome {
    let word = if enabled { "enabled" } else { "disabled" };
    let changed = change(name, session, |life| {
        Ok((life.enabled != enabled).then_some(Life { enabled, ..life }))
    });
    let sentence = match changed.await? {
        true => format!("feature view {name} is {word} now"),
        false => format!("feature view {name} is {word} already"),
    };
    session.say(&sentence)
}

/// Moves a view to another state, if its state allows it.
pub(super) async fn set_state(name: &str, state: State, session: &mut Session<'_>) -> Outcome {
    let state = match state {
        State::Created => FeatureViewState::Created,
        State::Generated => FeatureViewState::Generated,
        State::Materializing => FeatureViewState::Materializing,
        State::AvailableOnline => FeatureViewState::AvailableOnline,
    };
    let changed = change(name, session, |life| {
        if life.state == state {
            return Ok(None);
        }
        check_move(name, life.state, state)?;
        Ok(Some(Life { state, ..life }))
    });
    let text = state.as_str_name();
    let sentence = match changed.await? {
        true => format!("feature view {name} is in state {text} now"),
        false => format!("feature view {name} is in state {text} already"),
    };
    session.say(&sentence)
}

/// The states that may follow a state.
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
    let allowed: Vec<&str> = next(from).iter().map(|state| state.as_str_name()).collect();
    Err(Error::invalid(format!(
        "feature view {name} cannot go from state {} to {}",
        from.as_str_name(),
        to.as_str_name()
    ))
    .with_hint(format!("it can go to {}", allowed.join(" or "))))
}

/// Changes the life of a view on top of whatever others change meanwhile; whether there was
/// anything to change.
async fn change(
    name: &str,
    session: &mut Session<'_>,
    decide: impl Fn(Life) -> Result<Option<Life>>,
) -> Outcome<bool> {
    let project = session.project().await?;
    let registry = session.registry().await?;
    let mut attempt = 1;
    loop {
        let row = registry
            .get_any_view(&project, name, Freshness::Store)
            .await?;
        let life = of(&row)?.ok_or_else(|| {
            Error::invalid(format!(
                "{} can be neither enabled nor given a state",
                row.key
            ))
        })?;
        let Some(life) = decide(life)? else {
            return Ok(false);
        };
        check_unpinned(&row)?;
        match store(&registry, &row, life).await {
            Err(error) if error.kind() == ErrorKind::RevisionConflict && attempt < ATTEMPTS => {
                attempt += 1;
            }
            result => return Ok(result.map(|()| true)?),
        }
    }
}

/// Applying a pinned view restores the pinned version, enabled or not, with the state that the view
/// has: it would not change what is asked for here.
fn check_unpinned(row: &Record) -> Result<()> {
    let path = row.key.kind.view().and_then(|view| view.version_path);
    let pinned = path.map_or(Ok(None), |path| wire::string(&row.body, path));
    let pinned = pinned.map_err(|why| Error::corrupt(&row.key, why))?;
    match pinned.filter(|version| !version.is_empty() && !version.eq_ignore_ascii_case("latest")) {
        None => Ok(()),
        Some(version) => Err(Error::new(
            ErrorKind::PinConflict,
            format!(
                "{} is pinned to version {version}, and so are its state and whether it is enabled",
                row.key
            ),
        )
        .with_hint("apply its definition without `version` first, then try again")),
    }
}

async fn store(registry: &Registry, row: &Record, life: Life) -> Result<()> {
    let Some((disabled, state)) = paths(row.key.kind) else {
        return Ok(());
    };
    let body = Patch::default()
        .set_varint(disabled, u64::from(!life.enabled))
        .set_varint(state, u64::try_from(i32::from(life.state)).unwrap_or(0))
        .apply(&row.body)
        .map_err(|why| Error::corrupt(&row.key, why))?;
    let key = &row.key;
    registry
        .apply(Apply {
            expected: Some(row.revision()),
            ..Apply::new(key.kind, key.project.clone(), key.name.clone(), body)
        })
        .await
        .map(drop)
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
                assert_eq!(
                    check_move("v", from, to).is_ok(),
                    allowed.contains(&(from, to))
                );
            }
        }
    }
}
