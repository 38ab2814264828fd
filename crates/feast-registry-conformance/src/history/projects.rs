//! The life of projects and of the names in them: created by their first view, deleted with all of it, and
//! one name for one kind of view at a time.

use std::collections::BTreeMap;

use feast_registry_core::{Error, ErrorKind, Freshness, Key, Kind, Registry};
use serde::{Deserialize, Serialize};

use super::serial::{self, Found, Operation};
use super::{now, told};
use crate::check::Checked;
use crate::random::Random;
use crate::samples::Sample;

/// One operation on one project.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Event {
    project: usize,
    begun: u64,
    ended: u64,
    deed: Deed,
}

/// What was done, and the answer. A kind is its place in [`Kind::VIEWS`].
#[derive(Clone, Debug, Serialize, Deserialize)]
enum Deed {
    /// A view was applied, or a view of another kind had the name.
    Claim { name: usize, kind: usize, won: bool },
    /// The project was deleted, or was not there.
    Delete { found: bool },
    /// A view was there, or not.
    Read {
        name: usize,
        kind: usize,
        found: bool,
    },
}

/// The kinds of the names in a project; nothing where there is no project.
type State = Option<BTreeMap<usize, usize>>;

impl Operation for &Event {
    type State = State;

    fn span(&self) -> (u64, u64) {
        (self.begun, self.ended)
    }

    fn after(&self, state: &State) -> Option<State> {
        let of = |name: &usize| state.as_ref().and_then(|names| names.get(name)).copied();
        match &self.deed {
            Deed::Claim { name, kind, won } => {
                let free = of(name).is_none_or(|owner| owner == *kind);
                let mut after = state.clone();
                if *won {
                    after.get_or_insert_default().insert(*name, *kind);
                }
                (*won == free).then_some(after)
            }
            Deed::Delete { found } => (*found == state.is_some()).then_some(None),
            Deed::Read { name, kind, found } => {
                (*found == (of(name) == Some(*kind))).then(|| state.clone())
            }
        }
    }
}

/// Names in a project, of which there are few, so that they are fought for.
const NAMES: usize = 3;

/// A writer's random operations on one project.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Settler {
    pub(crate) project: usize,
    /// Different for every writer.
    pub(crate) number: usize,
    pub(crate) operations: usize,
    pub(crate) seed: u64,
}

impl Settler {
    /// Does everything; answers what happened.
    pub(crate) async fn run(self, registry: Registry) -> Checked<Vec<Event>> {
        let mut random = Random::new(self.seed ^ (self.number as u64 + 1));
        let mut events = Vec::with_capacity(self.operations);
        for _ in 0..self.operations {
            let begun = now();
            let deed = self.deed(&registry, &mut random).await?;
            let ended = now();
            let Some(deed) = deed else { continue };
            events.push(Event {
                project: self.project,
                begun,
                ended,
                deed,
            });
        }
        Ok(events)
    }

    async fn deed(&self, registry: &Registry, random: &mut Random) -> Checked<Option<Deed>> {
        let (name, kind) = (random.below(NAMES), random.below(Kind::VIEWS.len()));
        let sample = view(self.project, name, kind);
        Ok(match random.below(8) {
            0 => {
                let deleted = registry.delete_project(&project(self.project), None).await;
                answer(deleted)?.map(|found| Deed::Delete { found })
            }
            1 | 2 => {
                let read = registry.get(&sample.key, Freshness::Store).await;
                answer(read)?.map(|found| Deed::Read { name, kind, found })
            }
            _ => {
                let applied = registry.apply(sample.apply()).await;
                answer(applied)?.map(|won| Deed::Claim { name, kind, won })
            }
        })
    }
}

fn project(number: usize) -> String {
    format!("projekt_{number}")
}

fn view(project_number: usize, name: usize, kind: usize) -> Sample {
    let name = super::view_name(name);
    Sample::new(Kind::VIEWS[kind], &project(project_number), &name)
}

/// Whether it was done, or refused for what others have done before; nothing where the store gave up.
fn answer<T>(result: Result<T, Error>) -> Checked<Option<bool>> {
    told(match result {
        Ok(_) => Ok(true),
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::NotFound(_) | ErrorKind::NameConflict
            ) =>
        {
            Ok(false)
        }
        Err(error) => Err(error),
    })
}

/// Fails unless some serial order explains what happened to each project and what is stored now.
pub(crate) async fn check(registry: &Registry, events: &[Event]) -> Checked {
    let mut by_project: BTreeMap<usize, Vec<&Event>> = BTreeMap::new();
    for event in events {
        by_project.entry(event.project).or_default().push(event);
    }
    for (project, events) in by_project {
        let last = stored(registry, project).await?;
        let found = serial::order(&events, None, &last);
        ensure!(
            found == Found::Order,
            "of project {project} no order explains what was told ({found:?}), with {last:?} in the end: {events:?}"
        );
    }
    Ok(())
}

async fn stored(registry: &Registry, number: usize) -> Checked<State> {
    let mut names = BTreeMap::new();
    for (kind, _) in Kind::VIEWS.iter().enumerate() {
        for name in 0..NAMES {
            let key = view(number, name, kind).key;
            if answer(registry.get(&key, Freshness::Store).await)? == Some(true) {
                let other = names.insert(name, kind);
                ensure!(other.is_none(), "{key} is there in two kinds");
            }
        }
    }
    let key = Key::project(&*project(number));
    let alive = answer(registry.get(&key, Freshness::Store).await)? == Some(true);
    ensure!(alive || names.is_empty(), "{names:?} outlived {key}");
    Ok(alive.then_some(names))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(begun: u64, ended: u64, deed: Deed) -> Event {
        Event {
            project: 0,
            begun,
            ended,
            deed,
        }
    }

    fn claim(kind: usize, won: bool) -> Deed {
        Deed::Claim { name: 0, kind, won }
    }

    fn is_explained(events: &[Event], last: State) -> bool {
        let events: Vec<&Event> = events.iter().collect();
        serial::order(&events, None, &last) == Found::Order
    }

    fn owned(kind: usize) -> State {
        Some(BTreeMap::from([(0, kind)]))
    }

    #[test]
    fn one_of_two_that_claim_at_once_wins() {
        let told = [event(1, 5, claim(0, false)), event(2, 6, claim(1, true))];
        assert!(is_explained(&told, owned(1)));
        assert!(!is_explained(&told, owned(0)));
        let both = [event(1, 5, claim(0, true)), event(2, 6, claim(1, true))];
        assert!(!is_explained(&both, owned(1)));
    }

    #[test]
    fn who_lost_lost_to_somebody_who_was_there() {
        let told = [event(1, 2, claim(0, false)), event(3, 4, claim(1, true))];
        assert!(!is_explained(&told, owned(1)));
    }

    #[test]
    fn a_deletion_frees_the_names_and_nothing_survives_it() {
        let told = [
            event(1, 2, claim(0, true)),
            event(3, 8, Deed::Delete { found: true }),
            event(4, 9, claim(1, true)),
        ];
        assert!(is_explained(&told, owned(1)));
        assert!(!is_explained(&told, None));
        assert!(!is_explained(&told[..2], owned(0)));
    }

    #[test]
    fn a_project_that_was_there_is_found() {
        let told = [
            event(1, 2, claim(0, true)),
            event(3, 4, Deed::Delete { found: false }),
        ];
        assert!(!is_explained(&told, owned(0)));
    }

    #[test]
    fn a_stale_read_is_not_explained() {
        let read = |found| Deed::Read {
            name: 0,
            kind: 0,
            found,
        };
        let claimed = event(1, 2, claim(0, true));
        assert!(!is_explained(
            &[claimed.clone(), event(3, 4, read(false))],
            owned(0)
        ));
        assert!(is_explained(&[claimed, event(2, 4, read(false))], owned(0)));
    }
}
