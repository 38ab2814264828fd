//! Where credentials are asked for, and why there were none.

use std::sync::{Arc, Mutex, PoisonError};

/// What gives credentials, and what went wrong the last time that it was asked. The library keeps
/// the one to itself, and of the other says more than may be shown.
#[derive(Clone, Debug)]
pub(super) struct Source {
    name: String,
    problem: Arc<Mutex<Option<String>>>,
}

impl Source {
    pub(super) fn new(name: impl Into<String>) -> Self {
        Source {
            name: name.into(),
            problem: Arc::default(),
        }
    }

    /// Notes what became of a request. A problem must be fit to be shown: the name of a host is, a path
    /// or a query may hold a token.
    pub(super) fn note(&self, problem: Option<String>) {
        *self.problem.lock().unwrap_or_else(PoisonError::into_inner) = problem;
    }

    /// For people.
    pub(super) fn describe(&self) -> String {
        let problem = self.problem.lock().unwrap_or_else(PoisonError::into_inner);
        match &*problem {
            Some(problem) => format!("{} ({problem})", self.name),
            None => self.name.clone(),
        }
    }
}
