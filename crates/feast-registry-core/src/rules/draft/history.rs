//! The version history of a view, as the batch has it so far.

use std::sync::Arc;

use super::super::{Rule, Stop};
use super::Draft;
use crate::store::{Lock, Range};
use crate::{Key, Record};

impl Draft<'_> {
    /// The number of the newest version of a view, if it has any.
    pub(in crate::rules) fn last_version(
        &mut self,
        project: &Arc<str>,
        view: &Arc<str>,
    ) -> Rule<Option<i32>> {
        let range = Range::last_version(Arc::clone(project), Arc::clone(view));
        let first = Key::version(Arc::clone(project), Arc::clone(view), i32::MIN);
        let stored = match self.view.range(&range) {
            _ if self.is_emptied(&first) => None,
            Some(rows) => rows.last().map(|row| row.key.number),
            None => {
                self.needs.range(range, Lock::Plain);
                return Err(Stop::Unread);
            }
        };
        let last = Key::version(Arc::clone(project), Arc::clone(view), i32::MAX);
        let drafted = self.drafted_between(&first, &last);
        let drafted = drafted.filter_map(|(key, row)| row.is_some().then_some(key.number));
        Ok(stored.max(drafted.max()))
    }

    /// The recorded versions of a view: for the rare rule that must look at all of them.
    pub(in crate::rules) fn versions(
        &mut self,
        project: &Arc<str>,
        view: &Arc<str>,
    ) -> Rule<Vec<Record>> {
        let range = Range::versions(Arc::clone(project), Arc::clone(view));
        let first = Key::version(Arc::clone(project), Arc::clone(view), i32::MIN);
        let last = Key::version(Arc::clone(project), Arc::clone(view), i32::MAX);
        let stored = match self.view.range(&range) {
            _ if self.is_emptied(&first) => &[],
            Some(rows) => rows,
            None => {
                self.needs.range(range, Lock::Plain);
                return Err(Stop::Unread);
            }
        };
        let drafted = self.drafted_between(&first, &last);
        let untouched = stored.iter().filter(|row| self.drafted(&row.key).is_none());
        Ok(untouched
            .chain(drafted.filter_map(|(_, row)| row.as_ref()))
            .cloned()
            .collect())
    }
}
