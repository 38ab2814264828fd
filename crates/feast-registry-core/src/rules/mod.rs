//! Feast's rules, once for every backend.
//!
//! A rule reads and writes through a [`Draft`](draft::Draft) as if the registry were a map in
//! memory. What it touches that was not read yet becomes the next read of the transaction; what
//! it changes becomes the writes. So rules read like plain code, any number of changes fit into
//! one transaction, and later changes of a batch see earlier ones.

mod apply;
mod batch;
mod change;
mod check;
mod compact;
mod delete;
mod draft;
mod equality;
mod hints;
mod import;
mod life;
mod materialize;
mod metadata;
mod names;
mod patches;
mod pins;
mod project;
mod service;
mod stamps;
mod versions;
mod view;

use crate::cache::Publication;
use crate::store::{Context, Decision, ReadSet, View};
use crate::{Error, Result};

pub use self::change::{Apply, Change, Delete, Effect, Outcome};
use self::draft::Draft;
pub(crate) use self::equality::{canonical, check as check_message};
use self::hints::Hints;
pub use self::life::Life;
pub(crate) use self::patches::version_row;
pub(crate) use self::project::is_protected;
pub(crate) use self::project::new_row as new_project;
pub(crate) use self::stamps::Stamps;
use self::stamps::{Seen, Stamped};
pub(crate) use self::view::elements;

/// So many changes take long enough to decide that a few rows that are read in vain cost less than to decide them
/// a second time.
pub(crate) const MANY: usize = 256;

/// Settings that rules depend on.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Settings {
    /// Write no `feast_metadata` rows, as Feast's `purge_feast_metadata` has it.
    pub purge_feast_metadata: bool,
    /// Projects that must not be deleted, whatever their tags say.
    pub protected_projects: Vec<String>,
    /// Merge the intervals of a view that touch or overlap whenever one is added.
    pub compact_intervals: bool,
    /// The bytes of the largest object that the store takes.
    pub object_bytes: Option<usize>,
}

/// Why a rule stops before its end.
#[derive(Debug)]
pub(crate) enum Stop {
    /// It must see more: the draft has noted what.
    Unread,
    /// It cannot be done.
    Failed(Error),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Stop::Failed(error)
    }
}

impl From<crate::wire::WireError> for Stop {
    fn from(error: crate::wire::WireError) -> Self {
        Stop::Failed(Error::invalid(format!(
            "the message cannot be read: {error}"
        )))
    }
}

type Rule<T> = std::result::Result<T, Stop>;

/// What a committed batch answers.
#[derive(Debug)]
pub(crate) struct Committed {
    pub(crate) outcomes: Vec<Outcome>,
    pub(crate) publications: Vec<Publication>,
    pub(crate) seen: Seen,
}

/// Refuses a batch that is wrong whatever the registry holds.
pub(crate) fn check(changes: &[Change]) -> Result<()> {
    changes.iter().try_for_each(|change| {
        change
            .check()
            .map_err(|error| error.in_batch(change, changes.len()))
    })
}

/// Decides a batch of changes: what to read first, or what to write.
pub(crate) fn decide(
    changes: &[Change],
    settings: &Settings,
    stamped: &Stamped,
    view: &View,
    context: &Context,
) -> Result<Decision<Committed>> {
    let mut draft = Draft::new(view, context, settings, stamped);
    let outcomes = batch::decide(changes, &mut draft)?;
    Ok(match draft.finish() {
        Ok(finished) => Decision::Commit {
            writes: finished.writes,
            answer: Committed {
                outcomes,
                publications: finished.publications,
                seen: finished.seen,
            },
        },
        Err(reads) => Decision::Need(reads),
    })
}

/// What is thought of the objects of a batch, before anything was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Guess {
    /// They are there, and a further read costs no more than one at once.
    Present,
    /// They are there, and have changed: each round of reads costs.
    Changed,
    /// They are not there.
    New,
}

/// What a batch of changes is known to read, before anything was read. In a batch, most of it is worth
/// reading at once, since deciding it again costs more.
pub(crate) fn first_reads(
    changes: &[Change],
    settings: &Settings,
    stamped: &Stamped,
    guess: Guess,
) -> ReadSet {
    let guess = match guess {
        Guess::Present if changes.len() > 1 => Guess::Changed,
        guess => guess,
    };
    let mut hints = Hints::new(settings, stamped, guess, changes.len());
    for change in changes {
        hints.add(change);
    }
    hints.reads
}
