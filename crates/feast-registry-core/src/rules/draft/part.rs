//! A draft that goes on from another one, for changes that are decided beside others.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use super::Draft;
use crate::store::ReadSet;
use crate::{Key, Record};

/// What was drafted upon another draft: rows that were set, and what must be read first.
pub(in crate::rules) struct Part {
    needs: ReadSet,
    changed: BTreeMap<Key, Option<Record>>,
    removed: HashSet<Key>,
    touched: Vec<Arc<str>>,
}

impl<'a> Draft<'a> {
    /// An empty draft that sees everything that a draft of all that was read holds. It can set and remove
    /// rows, but empty no ranges: what the other one holds in them would stay.
    pub(in crate::rules) fn upon(below: &'a Draft<'a>) -> Self {
        Draft {
            below: Some(below),
            ..Draft::new(below.view, below.context, below.settings, below.stamped)
        }
    }

    pub(in crate::rules) fn into_part(self) -> Part {
        Part {
            needs: self.needs,
            changed: self.changed,
            removed: self.removed,
            touched: self.touched,
        }
    }

    /// Takes over what was drafted upon this draft.
    pub(in crate::rules) fn absorb(&mut self, mut part: Part) {
        self.needs.append(part.needs);
        self.changed.append(&mut part.changed);
        self.removed.extend(part.removed);
        for project in &part.touched {
            self.touch(project);
        }
    }

    /// What the batch has made of a row so far; `None` if it has not touched it.
    pub(super) fn drafted(&self, key: &Key) -> Option<&Option<Record>> {
        let below = || self.below?.changed.get(key);
        self.changed.get(key).or_else(below)
    }

    /// The rows from one key to another one that the batch has touched so far.
    pub(super) fn drafted_between(
        &self,
        first: &Key,
        last: &Key,
    ) -> impl Iterator<Item = (&Key, &Option<Record>)> {
        let rows = move |draft: &'a Draft<'a>| draft.changed.range(first.clone()..=last.clone());
        let below = self.below.into_iter().flat_map(rows);
        let own = self.changed.range(first.clone()..=last.clone());
        own.chain(below.filter(|(key, _)| !self.changed.contains_key(key)))
    }
}
