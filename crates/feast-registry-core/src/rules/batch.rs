//! Deciding a batch of changes: one after the other, and where they have nothing to do with each
//! other, side by side.
//!
//! To apply an object is to compare messages, which takes longer than anything else that a rule does.
//! In a large batch most objects are applied under a name that no other change of it mentions, so all
//! cores can compare.

use std::collections::HashSet;
use std::num::NonZero;
use std::panic;
use std::thread;

use super::draft::Part;
use super::{Apply, Change, Draft, Outcome, Stop};
use crate::{Error, Kind, Result};

/// So many changes are worth a thread.
const WORTH: usize = 128;
/// More threads than this find too little to do.
const MOST: usize = 8;

/// What became of changes, but for those that must see more; or why one failed.
type Decided = Result<Vec<Outcome>>;

/// Decides all changes of a batch, as if one after the other.
pub(super) fn decide(changes: &[Change], draft: &mut Draft<'_>) -> Decided {
    let mut outcomes = Vec::with_capacity(changes.len());
    let mut rest = changes;
    while !rest.is_empty() {
        let apart = apart(rest);
        let (now, later) = rest.split_at(apart.max(1));
        let decided = match workers(apart) {
            0 | 1 => in_turn(now, draft, changes.len()),
            workers => side_by_side(now, draft, changes.len(), workers),
        };
        outcomes.extend(decided?);
        rest = later;
    }
    Ok(outcomes)
}

/// How many of the first changes have nothing to do with each other.
fn apart(changes: &[Change]) -> usize {
    if changes.len() < 2 * WORTH {
        return 0;
    }
    let mut names = HashSet::with_capacity(changes.len());
    let applies = changes.iter().map_while(|change| match change {
        Change::Apply(apply) => subject(apply),
        _ => None,
    });
    applies.take_while(|subject| names.insert(*subject)).count()
}

/// The name that an apply is about, and the name space that it is in. `None` if it looks at other
/// objects: a service at its views, and everything at its project.
fn subject(apply: &Apply) -> Option<(Kind, &str, &str)> {
    let space = match apply.kind {
        Kind::Project | Kind::FeatureService => return None,
        kind if kind.is_view() => Kind::FeatureView,
        kind => kind,
    };
    Some((space, &apply.project, &apply.name))
}

fn workers(changes: usize) -> usize {
    // To ask for the cores takes longer than to decide one change.
    let cores = || thread::available_parallelism().map_or(1, NonZero::get);
    match changes / WORTH {
        shares @ (0 | 1) => shares,
        shares => shares.min(cores()).min(MOST),
    }
}

fn in_turn(changes: &[Change], draft: &mut Draft<'_>, of: usize) -> Decided {
    let mut outcomes = Vec::with_capacity(changes.len());
    for change in changes {
        match change.decide(draft) {
            Ok(outcome) => outcomes.push(outcome),
            // Go on, so that one more round of reads serves all changes of the batch.
            Err(Stop::Unread) => {}
            // A rule that failed after an earlier one went unread may have failed for that.
            Err(Stop::Failed(_)) if draft.lacks_reads() => {}
            Err(Stop::Failed(error)) => return Err(error.in_batch(change, of)),
        }
    }
    Ok(outcomes)
}

/// Decides changes that have nothing to do with each other on several threads.
fn side_by_side(changes: &[Change], draft: &mut Draft<'_>, of: usize, workers: usize) -> Decided {
    let below = &*draft;
    let decide = |changes| {
        let mut draft = Draft::upon(below);
        let decided = in_turn(changes, &mut draft, of);
        (draft.into_part(), decided)
    };
    let parts: Vec<(Part, Decided)> = thread::scope(|scope| {
        let mut shares = changes.chunks(changes.len().div_ceil(workers));
        let mine = shares.next().unwrap_or_default();
        let others: Vec<_> = shares
            .map(|share| {
                (
                    share,
                    thread::Builder::new().spawn_scoped(scope, move || decide(share)),
                )
            })
            .collect();
        let mine = decide(mine);
        let others = others.into_iter().map(|(share, started)| match started {
            Ok(thread) => thread
                .join()
                .unwrap_or_else(|panic| panic::resume_unwind(panic)),
            // The machine has no thread to spare.
            Err(_) => decide(share),
        });
        std::iter::once(mine).chain(others).collect()
    });
    let mut outcomes = Vec::with_capacity(changes.len());
    for (part, decided) in parts {
        draft.absorb(part);
        match decided {
            Ok(decided) => outcomes.extend(decided),
            Err(_) if draft.lacks_reads() => {}
            Err(error) => return Err(error),
        }
    }
    Ok(outcomes)
}

impl Error {
    /// Says which change of a batch failed; alone it is plain from the message.
    pub(super) fn in_batch(self, change: &Change, of: usize) -> Self {
        if of == 1 {
            self
        } else {
            self.context(format_args!("{change}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::rules::stamps::Stamped;
    use crate::rules::{Delete, Settings};
    use crate::store::{Context, Ids, Target, View, Write};
    use crate::wire::Patch;
    use crate::{Key, Record};

    /// What a batch comes to on these rows, or why it fails.
    fn outcome(
        changes: &[Change],
        rows: &BTreeMap<Key, Record>,
        context: &Context,
        decide: fn(&[Change], &mut Draft<'_>) -> Decided,
    ) -> Result<(Vec<Outcome>, Vec<Write>), String> {
        let (settings, stamped) = (Settings::default(), Stamped::default());
        let mut view = View::new();
        loop {
            let mut draft = Draft::new(&view, context, &settings, &stamped);
            let outcomes = decide(changes, &mut draft).map_err(|error| error.to_string())?;
            let needs = match draft.finish() {
                Ok(finished) => return Ok((outcomes, finished.writes)),
                Err(needs) => needs,
            };
            for (target, lock) in needs.iter() {
                match target {
                    Target::Key(key) => view.put_key(key.clone(), lock, rows.get(key).cloned()),
                    Target::Range(range) => {
                        let found = rows.values().filter(|row| range.contains(&row.key));
                        view.put_range(range.clone(), found.cloned().collect());
                    }
                }
            }
        }
    }

    fn one_by_one(changes: &[Change], draft: &mut Draft<'_>) -> Decided {
        in_turn(changes, draft, changes.len())
    }

    /// Three workers, however many cores there are, wherever changes have nothing to do with each other.
    fn shared(changes: &[Change], draft: &mut Draft<'_>) -> Decided {
        let apart = apart(changes);
        let mut outcomes = side_by_side(&changes[..apart], draft, changes.len(), 3)?;
        outcomes.extend(in_turn(&changes[apart..], draft, changes.len())?);
        Ok(outcomes)
    }

    const KINDS: [Kind; 3] = [Kind::FeatureView, Kind::Entity, Kind::StreamFeatureView];

    /// The definition of an object in one of several editions, each another version of a view.
    fn change(kind: Kind, name: usize, edition: u64) -> Change {
        let name = format!("n{name}");
        let mut message = Patch::default().set_string(kind.spec().name_path, &name);
        if kind.is_view() {
            // Views have entities; the edition is the TTL.
            message = message
                .set_string(&[1, 3], "e")
                .set_varint(&[1, 6, 1], edition);
        }
        let body = message.apply(&[]).expect("a message of its own");
        Change::Apply(Apply::new(kind, "p", name, body))
    }

    /// One object under each name, of a kind that depends on it.
    fn changes(editions: &[u64]) -> Vec<Change> {
        let editions = editions.iter().enumerate();
        let changes = editions.map(|(name, edition)| change(KINDS[name % 3], name, *edition));
        changes.collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(12))]

        #[test]
        fn side_by_side_comes_to_what_one_after_the_other_does(
            there in prop::collection::vec(0..3_u64, 0..300),
            applied in prop::collection::vec(0..3_u64, 300..600),
            again in prop::option::of((0..300_usize, 0..3_usize, 0..300_usize)),
            failing in prop::option::weighted(0.2, 0..300_usize),
        ) {
            let context = Context::new(Ids::random());
            let there = outcome(&changes(&there), &BTreeMap::new(), &context, one_by_one);
            let (_, writes) = there.map_err(TestCaseError::fail)?;
            let rows = writes.into_iter().filter_map(|write| match write {
                Write::Insert(row) => Some((row.key.clone(), row)),
                _ => None,
            });
            let rows: BTreeMap<Key, Record> = rows.collect();
            let mut second = changes(&applied);
            if let Some((at, kind, name)) = again {
                // A second time, or with the name of another kind: another version, or refused.
                second[at] = change(KINDS[kind], name, 7);
            }
            if let Some(at) = failing {
                second[at] = Change::Delete(Delete::new(Kind::Entity, "p", "missing"));
            }
            let expected = outcome(&second, &rows, &context, one_by_one);
            prop_assert_eq!(&outcome(&second, &rows, &context, shared), &expected);
            prop_assert_eq!(&outcome(&second, &rows, &context, decide), &expected);
        }
    }
}
