//! Projects whose metadata says already that they have changed in this second.
//!
//! Every change of a project notes its second in one row. Who has just seen that row need not read
//! it again before the second is over, so that a change reads and writes its own row only.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Projects that are known to be stamped with a second, or a later one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stamped {
    second: i64,
    projects: HashSet<Arc<str>>,
}

impl Stamped {
    /// Whether a project is known to be stamped with this second.
    pub(crate) fn covers(&self, project: &str, second: i64) -> bool {
        self.second == second && self.projects.contains(project)
    }
}

/// What one transaction has learned: the second, and for each project whether it is stamped with it.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(crate) second: i64,
    pub(crate) projects: Vec<(Arc<str>, bool)>,
}

/// The projects of the current second. Forgotten with it, so that there are never many.
#[derive(Debug, Default)]
pub(crate) struct Stamps(Mutex<Arc<Stamped>>);

impl Stamps {
    /// What is known now.
    pub(crate) fn now(&self) -> Arc<Stamped> {
        Arc::clone(&self.lock())
    }

    /// Adds what a transaction has learned that is committed.
    pub(crate) fn note(&self, seen: Seen) {
        let mut known = self.lock();
        let is_news = |(project, stamped): &(Arc<str>, bool)| {
            known.second < seen.second || known.projects.contains(project) != *stamped
        };
        if known.second > seen.second || !seen.projects.iter().any(is_news) {
            return;
        }
        let known = Arc::make_mut(&mut known);
        if known.second < seen.second {
            known.second = seen.second;
            known.projects.clear();
        }
        for (project, stamped) in seen.projects {
            match stamped {
                true => known.projects.insert(project),
                false => known.projects.remove(&project),
            };
        }
    }

    fn lock(&self) -> MutexGuard<'_, Arc<Stamped>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(stamps: &Stamps, second: i64, project: &str, stamped: bool) {
        let projects = vec![(Arc::from(project), stamped)];
        stamps.note(Seen { second, projects });
    }

    #[test]
    fn what_was_seen_holds_for_its_second_only() {
        let stamps = Stamps::default();
        note(&stamps, 7, "p", true);
        assert!(stamps.now().covers("p", 7));
        assert!(!stamps.now().covers("q", 7));
        assert!(!stamps.now().covers("p", 8));
        note(&stamps, 8, "q", true);
        assert!(!stamps.now().covers("p", 8));
    }

    #[test]
    fn an_older_second_says_nothing() {
        let stamps = Stamps::default();
        note(&stamps, 7, "p", true);
        note(&stamps, 6, "q", true);
        assert!(stamps.now().covers("p", 7));
        assert!(!stamps.now().covers("q", 6));
    }

    #[test]
    fn a_stamp_that_was_set_back_is_forgotten() {
        let stamps = Stamps::default();
        note(&stamps, 7, "p", true);
        note(&stamps, 7, "p", false);
        assert!(!stamps.now().covers("p", 7));
    }
}
