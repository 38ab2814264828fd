//! Several decisions, one after the other, on one content.

use std::panic::{AssertUnwindSafe, catch_unwind};

use feast_registry_core::store::{Answer, Context, Decision, Write};
use feast_registry_core::{Error, ErrorKind, Result};

use crate::queue::Waiting;
use crate::state::State;

/// What became of everybody's decision.
pub(crate) struct Batch {
    verdicts: Vec<Verdict>,
    /// The content with all that is to be written; `None` if nothing is.
    pub(crate) next: Option<State>,
}

struct Verdict {
    waiting: Waiting,
    result: Result<Answer>,
    /// Whether the decision saw, or makes, what is not written yet.
    open: bool,
}

impl Batch {
    /// Asks everybody in turn. Each sees what those before it are about to write; who gives up or
    /// panics leaves nothing.
    pub(crate) fn decide(state: &State, waiting: Vec<Waiting>) -> Batch {
        let mut next = None;
        let verdict = |mut waiting: Waiting| {
            let result = decide(next.as_ref().unwrap_or(state), &mut waiting);
            let result = result.map(|(answer, changed)| {
                if changed.is_some() {
                    next = changed;
                }
                answer
            });
            Verdict {
                waiting,
                result,
                open: next.is_some(),
            }
        };
        let verdicts = waiting.into_iter().map(verdict).collect();
        Batch { verdicts, next }
    }

    /// What was decided is so.
    pub(crate) fn settle(self) {
        for verdict in self.verdicts {
            verdict.waiting.tell(verdict.result);
        }
    }

    /// It cannot be said that anything is so.
    pub(crate) fn refuse(self, error: &Error) {
        for verdict in self.verdicts {
            verdict.waiting.tell(verdict.result.and(Err(error.again())));
        }
    }

    /// Nothing of what they saw is so.
    pub(crate) fn reopen(self) -> Vec<Waiting> {
        self.verdicts.into_iter().map(|one| one.waiting).collect()
    }

    /// Nothing was written: those whose answers hold all the same, and those who depend on it.
    pub(crate) fn part(self) -> (Batch, Vec<Waiting>) {
        let (open, verdicts) = self.verdicts.into_iter().partition(|one| one.open);
        let open: Vec<Verdict> = open;
        let rest = Batch {
            verdicts,
            next: None,
        };
        (rest, open.into_iter().map(|one| one.waiting).collect())
    }

    /// Whether there is nobody to answer.
    pub(crate) fn is_empty(&self) -> bool {
        self.verdicts.is_empty()
    }
}

/// Asks one, until it has read all that it needs: the answer, and the content with its writes.
fn decide(state: &State, waiting: &mut Waiting) -> Result<(Answer, Option<State>)> {
    let decided = catch_unwind(AssertUnwindSafe(|| read_and_decide(state, waiting)));
    let (writes, answer) = decided.unwrap_or_else(|_| Err(panicked()))?;
    let next = match writes.is_empty() {
        true => None,
        false => Some(state.with(writes)?),
    };
    Ok((answer, next))
}

fn read_and_decide(state: &State, waiting: &mut Waiting) -> Result<(Vec<Write>, Answer)> {
    loop {
        let view = state.view(&waiting.reads);
        match waiting.decide.decide(&view, &Context::new(waiting.ids))? {
            Decision::Commit { writes, answer } => return Ok((writes, answer)),
            Decision::Need(more) if waiting.reads.covers(&more) => {
                return Err(Error::new(
                    ErrorKind::Internal,
                    "a decision asks for what it was given",
                ));
            }
            Decision::Need(more) => {
                waiting.reads.union(&more);
            }
        }
    }
}

fn panicked() -> Error {
    Error::new(
        ErrorKind::Internal,
        "the decision panicked, nothing was written",
    )
}
