//! The life of a feature view: enabled or not, and the state that materialisation moves it through.

use feast_registry_core::{Effect, Outcome as Applied};
use feast_registry_proto::core::FeatureViewState;

use crate::args::State;
use crate::failure::Outcome;
use crate::session::Session;

/// Enables or disables a view.
pub(super) async fn enable(name: &str, enabled: bool, session: &mut Session<'_>) -> Outcome {
    let project = session.project().await?;
    let registry = session.registry().await?;
    let outcome = registry.set_enabled(&project, name, enabled).await?;
    let word = if enabled { "enabled" } else { "disabled" };
    let when = when(&outcome);
    session.say(&format!("feature view {name} is {word} {when}"))
}

/// Moves a view to another state, if its state allows it.
pub(super) async fn set_state(name: &str, state: State, session: &mut Session<'_>) -> Outcome {
    let state = match state {
        State::Created => FeatureViewState::Created,
        State::Generated => FeatureViewState::Generated,
        State::Materializing => FeatureViewState::Materializing,
        State::AvailableOnline => FeatureViewState::AvailableOnline,
    };
    let project = session.project().await?;
    let registry = session.registry().await?;
    let outcome = registry.set_state(&project, name, state).await?;
    let (text, when) = (state.as_str_name(), when(&outcome));
    session.say(&format!("feature view {name} is in state {text} {when}"))
}

/// Whether the command made it so.
fn when(outcome: &Applied) -> &'static str {
    match outcome.effect {
        Effect::Unchanged => "already",
        _ => "now",
    }
}
