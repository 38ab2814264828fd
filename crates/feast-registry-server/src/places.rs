//! How much is done at a time, whoever asks for it.

use std::sync::Arc;
use std::time::Duration;

use feast_registry_core::{Error, ErrorKind, Result};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// The places of calls. Clones share them; the default has no end of them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Places(Option<Arc<Limited>>);

/// The place of one call, until it is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    _permit: Option<OwnedSemaphorePermit>,
}

#[derive(Debug)]
struct Limited {
    /// Calls that are worked on, and whose answers are taken.
    calls: Arc<Semaphore>,
    /// Large requests that are not whole yet. Apart from the others: a client must not keep their
    /// places by what it does not send.
    requests: Arc<Semaphore>,
    request_time: Duration,
}

impl Places {
    /// As many calls, and as many large requests; none may take longer than this to arrive.
    pub(crate) fn new(calls: usize, request_time: Duration) -> Self {
        let semaphore = || Arc::new(Semaphore::new(calls.min(Semaphore::MAX_PERMITS)));
        Places(Some(Arc::new(Limited {
            calls: semaphore(),
            requests: semaphore(),
            request_time,
        })))
    }

    /// A place to work on a call, and to keep its answer.
    pub(crate) async fn for_call(&self) -> Place {
        Place::of(self.0.as_ref().map(|limited| &limited.calls)).await
    }

    /// A place for the rest of a large request.
    pub(crate) async fn for_request(&self) -> Place {
        Place::of(self.0.as_ref().map(|limited| &limited.requests)).await
    }

    /// What is received, if it comes in time.
    pub(crate) async fn in_time<T>(&self, receiving: impl Future<Output = Result<T>>) -> Result<T> {
        let Some(limited) = &self.0 else {
            return receiving.await;
        };
        let time = limited.request_time;
        timeout(time, receiving).await.unwrap_or_else(|_| {
            let message = format!("the request did not arrive within {} s", time.as_secs_f32());
            Err(Error::new(ErrorKind::Deadline, message))
        })
    }
}

impl Place {
    async fn of(places: Option<&Arc<Semaphore>>) -> Self {
        let permit = match places {
            // They are never closed.
            Some(places) => Arc::clone(places).acquire_owned().await.ok(),
            None => None,
        };
        Place { _permit: permit }
    }
}
