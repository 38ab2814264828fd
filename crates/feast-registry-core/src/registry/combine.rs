//! Materialisations of one view that wait for each other become one transaction.
//!
//! They would queue for the view's row anyway. Whoever comes while another one is under way waits
//! here instead, and all that wait are written together next: with one lock and one commit, however
//! many they are. Each keeps its own outcome, and a caller who is alone notices nothing.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::runtime::Handle;
use tokio::sync::oneshot;

use super::{Registry, only};
use crate::rules::{Change, Outcome};
use crate::{Error, ErrorKind, Result};

/// The most changes of one transaction.
const TOGETHER: usize = 64;

/// A view, by its project and name.
type View = (Arc<str>, Arc<str>);

/// The views that are being written, each with those who wait.
#[derive(Debug, Default)]
pub(super) struct Combiner(Mutex<HashMap<View, Vec<Waiting>>>);

#[derive(Debug)]
struct Waiting {
    change: Change,
    answer: oneshot::Sender<Result<Outcome>>,
}

impl Combiner {
    fn views(&self) -> MutexGuard<'_, HashMap<View, Vec<Waiting>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Joins those who wait, if somebody is at work; else the caller is.
    fn join(&self, view: &View, change: &Change) -> Option<oneshot::Receiver<Result<Outcome>>> {
        let mut views = self.views();
        let Some(waiting) = views.get_mut(view) else {
            views.insert(view.clone(), Vec::new());
            return None;
        };
        let (answer, answered) = oneshot::channel();
        waiting.push(Waiting {
            change: change.clone(),
            answer,
        });
        Some(answered)
    }

    /// The next ones who wait and have not given up; with none the view is free.
    fn next(&self, view: &View) -> Vec<Waiting> {
        let mut views = self.views();
        let Some(waiting) = views.get_mut(view) else {
            return Vec::new();
        };
        waiting.retain(|one| !one.answer.is_closed());
        let rest = waiting.split_off(waiting.len().min(TOGETHER));
        let next = std::mem::replace(waiting, rest);
        if next.is_empty() {
            views.remove(view);
        }
        next
    }
}

impl Registry {
    /// Commits a change of a view, together with others of the same view that wait.
    pub(super) async fn commit_combined(&self, view: View, change: Change) -> Result<Outcome> {
        if let Some(answered) = self.inner.combiner.join(&view, &change) {
            return answered.await.unwrap_or_else(|_| Err(abandoned()));
        }
        let _turn = Turn {
            registry: self,
            view,
        };
        only(self.commit(vec![change]).await?)
    }

    /// Writes for those who wait until nobody does.
    async fn serve(self, view: View, mut waiting: Vec<Waiting>) {
        let clear = Clear(&self.inner.combiner, &view);
        while !waiting.is_empty() {
            self.commit_together(waiting).await;
            waiting = self.inner.combiner.next(&view);
        }
        // The view is free already, and may be somebody else's by now.
        std::mem::forget(clear);
    }

    async fn commit_together(&self, waiting: Vec<Waiting>) {
        let changes: Vec<Change> = waiting.iter().map(|one| one.change.clone()).collect();
        match self.commit(changes).await {
            Ok(outcomes) => {
                for (one, outcome) in waiting.into_iter().zip(outcomes) {
                    // Whoever gave up meanwhile need not know.
                    let _ = one.answer.send(Ok(outcome));
                }
            }
            Err(error) if concerns_all(error.kind()) => {
                for one in waiting {
                    let _ = one.answer.send(Err(error.again()));
                }
            }
            // One of them breaks a rule, and nothing was written: each gets its own answer.
            Err(_) => {
                for one in waiting {
                    let outcome = self.commit(vec![one.change]).await.and_then(only);
                    let _ = one.answer.send(outcome);
                }
            }
        }
    }
}

/// Whether an error says something about the store, not about one of the changes. An outcome that is
/// not known must not be tried again.
fn concerns_all(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::UnknownOutcome | ErrorKind::Unavailable | ErrorKind::Contention
    )
}

fn abandoned() -> Error {
    Error::new(
        ErrorKind::UnknownOutcome,
        "the task that was to write this together with others has ended",
    )
    .with_hint("read the view to see whether the write happened")
}

/// The turn of the caller who found nobody at work. However it ends, those who came meanwhile are
/// served next.
struct Turn<'a> {
    registry: &'a Registry,
    view: View,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let waiting = self.registry.inner.combiner.next(&self.view);
        if waiting.is_empty() {
            return;
        }
        match Handle::try_current() {
            Ok(runtime) => {
                let (registry, view) = (self.registry.clone(), self.view.clone());
                runtime.spawn(registry.serve(view, waiting));
            }
            // The runtime is gone, and with it those who wait.
            Err(_) => drop(Clear(&self.registry.inner.combiner, &self.view)),
        }
    }
}

/// Makes a view free when the work for it is broken off.
struct Clear<'a>(&'a Combiner, &'a View);

impl Drop for Clear<'_> {
    fn drop(&mut self) {
        self.0.views().remove(self.1);
    }
}

#[cfg(test)]
mod tests {
    use futures::future::join_all;
    use prost_types::Timestamp;

    use super::*;
    use crate::store::MemoryStore;
    use crate::{Apply, Kind, RegistryOptions};
    use feast_registry_proto::core::{FeatureView, FeatureViewSpec};
    use feast_registry_proto::prost::Message;

    async fn registry() -> Registry {
        let registry = Registry::open(Arc::new(MemoryStore::new()), RegistryOptions::default());
        let registry = registry.await.expect("a registry");
        let spec = FeatureViewSpec {
            name: "v".to_owned(),
            entities: vec!["driver".to_owned()],
            ..Default::default()
        };
        let view = FeatureView {
            spec: Some(spec),
            meta: None,
        };
        let apply = Apply::new(Kind::FeatureView, "p", "v", view.encode_to_vec());
        registry.apply(apply).await.expect("a view");
        registry
    }

    fn waits(registry: &Registry) -> usize {
        registry.inner.combiner.views().len()
    }

    fn second(seconds: i64) -> Timestamp {
        Timestamp { seconds, nanos: 0 }
    }

    fn view(name: &str) -> View {
        ("p".into(), name.into())
    }

    /// Holds the turn of a view, so that others must wait.
    fn turn(registry: &Registry, name: &str) -> impl Drop {
        let view = view(name);
        let (project, name) = view.clone();
        let change = Change::Materialize {
            project,
            view: name,
            start: second(0),
            end: second(1),
        };
        assert!(registry.inner.combiner.join(&view, &change).is_none());
        Turn { registry, view }
    }

    #[tokio::test]
    async fn each_who_waited_gets_an_outcome_of_its_own() {
        let registry = registry().await;
        let turn = turn(&registry, "v");
        let mut waiting: Vec<_> = (0..TOGETHER as i64 + 10)
            .map(|n| registry.apply_materialization("p", "v", second(n), second(n + 1)))
            .map(Box::pin)
            .collect();
        for one in &mut waiting {
            assert!(futures::poll!(one).is_pending());
        }
        drop(turn);
        for outcome in join_all(waiting).await {
            outcome.expect("a materialisation");
        }
        assert_eq!(waits(&registry), 0);
    }

    #[tokio::test]
    async fn one_that_breaks_a_rule_does_not_fail_the_others() {
        let registry = registry().await;
        let turn = turn(&registry, "v");
        let mut good = Box::pin(registry.apply_materialization("p", "v", second(1), second(2)));
        let mut bad = Box::pin(registry.apply_materialization("p", "v", second(2), second(1)));
        assert!(futures::poll!(&mut good).is_pending());
        assert!(futures::poll!(&mut bad).is_pending());
        drop(turn);
        let (good, bad) = (good.await, bad.await);
        assert!(good.is_ok(), "{good:?}");
        assert_eq!(
            bad.map_err(|error| error.kind()).err(),
            Some(ErrorKind::Invalid)
        );
        assert_eq!(waits(&registry), 0);
    }

    #[tokio::test]
    async fn whoever_gives_up_holds_nobody_up() {
        let registry = registry().await;
        let turn = turn(&registry, "v");
        {
            let mut gone = Box::pin(registry.apply_materialization("p", "v", second(1), second(2)));
            assert!(futures::poll!(&mut gone).is_pending());
        }
        drop(turn);
        assert_eq!(waits(&registry), 0);
        let outcome = registry.apply_materialization("p", "v", second(1), second(2));
        outcome.await.expect("a materialisation");
    }
}
