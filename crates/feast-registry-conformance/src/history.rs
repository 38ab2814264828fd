//! What happened to views while many wrote to them, and whether some serial order explains it.
//!
//! Every operation notes when it began and ended and what it was told. A view's states form a
//! chain: its version only grows and its intervals are only appended to. So there is a serial
//! order if and only if all states that anybody saw lie on one chain, every acknowledged write is
//! a step of it, and no two operations are in another order on the chain than on the clock.

pub(crate) mod projects;
mod serial;

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use feast_registry_core::{Error, ErrorKind, Freshness, Kind, Record, Registry};
use serde::{Deserialize, Serialize};

use crate::check::Checked;
use crate::random::Random;
use crate::samples::{self, Sample};

/// One operation on one view, by the clock of this machine.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Event {
    pub(crate) view: String,
    /// Microseconds.
    pub(crate) begun: u64,
    pub(crate) ended: u64,
    pub(crate) what: What,
}

/// What was done, and what the answer was.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum What {
    /// A definition of its own became this version.
    Applied { version: u64, feature: String },
    /// An interval of its own, by its beginning.
    Materialized(i64),
    /// This state was seen.
    Read(State),
}

/// A view as it was at some moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct State {
    pub(crate) version: u64,
    /// The beginnings of its intervals, in their order.
    pub(crate) intervals: Vec<i64>,
}

impl State {
    pub(crate) fn of(row: &Record) -> State {
        let intervals = samples::intervals(row);
        State {
            version: samples::active_version(row),
            intervals: intervals.into_iter().map(|(start, _)| start).collect(),
        }
    }

    /// Whether the other state may have come of this one.
    fn leads_to(&self, other: &State) -> bool {
        self.version <= other.version && other.intervals.starts_with(&self.intervals)
    }
}

/// A writer's random operations on some views.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Writer {
    pub(crate) project: String,
    pub(crate) views: usize,
    /// Different for every writer: its definitions and intervals are its own.
    pub(crate) number: usize,
    pub(crate) operations: usize,
    pub(crate) seed: u64,
}

pub(crate) fn view_name(index: usize) -> String {
    format!("trips_{index}")
}

impl Writer {
    /// Does everything; answers what happened.
    pub(crate) async fn run(self, registry: Registry) -> Checked<Vec<Event>> {
        let mut random = Random::new(self.seed ^ (self.number as u64 + 1));
        let mut events = Vec::with_capacity(self.operations);
        for round in 0..self.operations {
            let view = view_name(random.below(self.views));
            let begun = now();
            let what = self
                .operation(&registry, &view, round, random.below(4))
                .await?;
            let ended = now();
            let Some(what) = what else { continue };
            events.push(Event {
                view,
                begun,
                ended,
                what,
            });
        }
        Ok(events)
    }

    async fn operation(
        &self,
        registry: &Registry,
        view: &str,
        round: usize,
        which: usize,
    ) -> Checked<Option<What>> {
        let sample = Sample::new(Kind::FeatureView, &self.project, view);
        Ok(match which {
            0 => {
                let feature = format!("feature_{}_{round}", self.number);
                let applied = registry.apply(sample.redefined(&feature).apply()).await;
                let Some(outcome) = told(applied)? else {
                    return Ok(None);
                };
                let version = outcome.version.map(u64::try_from);
                ensure!(version.is_some(), "a new definition is no new version");
                let version = version.transpose()?.unwrap_or_default();
                Some(What::Applied { version, feature })
            }
            1 | 2 => {
                let (start, end) = samples::interval(self.number, round);
                let done = registry
                    .apply_materialization(&self.project, view, start, end)
                    .await;
                told(done)?.map(|_| What::Materialized(start.seconds))
            }
            _ => {
                let row = registry.get(&sample.key, Freshness::Store).await?;
                Some(What::Read(State::of(&row)))
            }
        })
    }
}

/// What was answered; nothing where a store gave up, of which the order must then show nothing.
pub(crate) fn told<T>(result: Result<T, Error>) -> Checked<Option<T>> {
    match result {
        Err(error) if error.kind() == ErrorKind::Contention => Ok(None),
        result => Ok(Some(result?)),
    }
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
    })
}

/// Fails unless some serial order explains what happened to the views and what is stored now.
pub(crate) async fn check(registry: &Registry, project: &str, events: &[Event]) -> Checked {
    let mut by_view: BTreeMap<&str, Vec<&Event>> = BTreeMap::new();
    for event in events {
        by_view.entry(&event.view).or_default().push(event);
    }
    for (view, events) in by_view {
        let sample = Sample::new(Kind::FeatureView, project, view);
        let row = registry.get(&sample.key, Freshness::Store).await?;
        let mut stored = vec![State::of(&row)];
        for event in &events {
            if let What::Applied { version, feature } = &event.what {
                let row = registry
                    .get_version(project, view, i32::try_from(*version)?)
                    .await?;
                let of_it = samples::features(&row).iter().any(|name| name == feature);
                ensure!(of_it, "v{version} of {view} is not what {feature} was told");
                stored.push(State {
                    version: *version,
                    ..State::of(&row)
                });
            }
        }
        explain(view, &events, stored)?;
    }
    Ok(())
}

/// Fails unless some serial order explains what happened to one view. The first of the stored
/// states is the last one; the others are those of the history.
fn explain(view: &str, events: &[&Event], stored: Vec<State>) -> Checked {
    let last = stored[0].clone();
    everything_is_there(view, events, &last)?;
    let read = events.iter().filter_map(|event| match &event.what {
        What::Read(state) => Some(state.clone()),
        _ => None,
    });
    let mut chain: Vec<State> = stored.into_iter().chain(read).collect();
    chain.sort_by_key(|state| (state.version, state.intervals.len()));
    for pair in chain.windows(2) {
        let [one, other] = pair else { continue };
        ensure!(
            one.leads_to(other),
            "no order explains what was seen of {view}: {one:?} and {other:?}"
        );
    }
    ensure!(
        chain.last() == Some(&last),
        "{view} was seen in a state that came after the last one: {:?}, not {last:?}",
        chain.last()
    );
    for before in events {
        for after in events {
            if before.ended < after.begun {
                in_order(view, &last.intervals, &before.what, &after.what)?;
            }
        }
    }
    Ok(())
}

/// Every acknowledged write is there, once, and nothing else.
fn everything_is_there(view: &str, events: &[&Event], last: &State) -> Checked {
    let (mut versions, mut intervals) = (Vec::new(), Vec::new());
    for event in events {
        match &event.what {
            What::Applied { version, .. } => versions.push(*version),
            What::Materialized(start) => intervals.push(*start),
            What::Read(_) => {}
        }
    }
    versions.sort_unstable();
    let wanted: Vec<u64> = (1..=versions.len() as u64).collect();
    ensure_eq!(versions, wanted, "versions of {view} that were answered");
    ensure_eq!(
        last.version,
        wanted.len() as u64,
        "the last version of {view}"
    );
    intervals.sort_unstable();
    let mut found = last.intervals.clone();
    found.sort_unstable();
    ensure_eq!(found, intervals, "intervals of {view}");
    Ok(())
}

/// What one operation may know of another that ended before it began, and the other way round.
/// `intervals` are those of the view in the end, in the order in which they were appended.
fn in_order(view: &str, intervals: &[i64], before: &What, after: &What) -> Checked {
    let place = |start: &i64| intervals.iter().position(|interval| interval == start);
    let fits = match (before, after) {
        (What::Applied { version, .. }, What::Applied { version: later, .. }) => version < later,
        (What::Applied { version, .. }, What::Read(state)) => *version <= state.version,
        (What::Read(state), What::Applied { version, .. }) => state.version < *version,
        (What::Materialized(start), What::Read(state)) => state.intervals.contains(start),
        (What::Read(state), What::Materialized(start)) => !state.intervals.contains(start),
        (What::Read(state), What::Read(later)) => state.leads_to(later),
        (What::Materialized(start), What::Materialized(later)) => place(start) < place(later),
        // Which of the two came first shows in the states that were read.
        _ => true,
    };
    ensure!(
        fits,
        "of {view}, {before:?} ended before {after:?} began, but does not come before it"
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(begun: u64, ended: u64, what: What) -> Event {
        Event {
            view: "v".to_owned(),
            begun,
            ended,
            what,
        }
    }

    fn applied(version: u64) -> What {
        What::Applied {
            version,
            feature: "f".to_owned(),
        }
    }

    fn state(version: u64, intervals: &[i64]) -> State {
        State {
            version,
            intervals: intervals.to_vec(),
        }
    }

    fn is_explained(events: &[Event], last: State) -> bool {
        let events: Vec<&Event> = events.iter().collect();
        explain("v", &events, vec![last]).is_ok()
    }

    #[test]
    fn a_serial_history_is_explained() {
        let events = [
            event(1, 2, applied(1)),
            event(3, 4, What::Materialized(7)),
            event(5, 6, What::Read(state(1, &[7]))),
            // At the same time: either order will do.
            event(7, 20, applied(2)),
            event(8, 19, What::Read(state(1, &[7]))),
        ];
        assert!(is_explained(&events, state(2, &[7])));
    }

    #[test]
    fn a_lost_interval_is_not() {
        let events = [
            event(1, 2, What::Materialized(7)),
            event(1, 2, What::Materialized(8)),
        ];
        assert!(!is_explained(&events, state(0, &[8])));
        assert!(is_explained(&events, state(0, &[8, 7])));
    }

    #[test]
    fn a_version_that_was_given_twice_is_not() {
        let events = [event(1, 2, applied(1)), event(1, 2, applied(1))];
        assert!(!is_explained(&events, state(1, &[])));
    }

    #[test]
    fn a_stale_read_is_not() {
        let events = [
            event(1, 2, applied(1)),
            event(3, 4, What::Read(state(0, &[]))),
        ];
        assert!(!is_explained(&events, state(1, &[])));
    }

    #[test]
    fn a_read_from_the_future_is_not() {
        let events = [
            event(1, 2, What::Read(state(1, &[]))),
            event(3, 4, applied(1)),
        ];
        assert!(!is_explained(&events, state(1, &[])));
    }

    #[test]
    fn two_reads_that_saw_different_orders_are_not() {
        let events = [
            event(1, 9, What::Materialized(7)),
            event(1, 9, applied(1)),
            event(1, 9, What::Read(state(0, &[7]))),
            event(1, 9, What::Read(state(1, &[]))),
        ];
        assert!(!is_explained(&events, state(1, &[7])));
    }

    #[test]
    fn intervals_in_another_order_than_on_the_clock_are_not() {
        let events = [
            event(1, 2, What::Materialized(7)),
            event(3, 4, What::Materialized(8)),
        ];
        assert!(is_explained(&events, state(0, &[7, 8])));
        assert!(!is_explained(&events, state(0, &[8, 7])));
    }

    #[test]
    fn versions_in_another_order_than_on_the_clock_are_not() {
        let events = [event(1, 2, applied(2)), event(3, 4, applied(1))];
        assert!(!is_explained(&events, state(2, &[])));
    }
}
