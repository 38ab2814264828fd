//! What happens around every call: a request id, a time, a count and a line in the log.

use std::convert::Infallible;
use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use feast_registry_core::ErrorKind;
use futures::future::BoxFuture;
use tokio::time::timeout_at;
use tonic::body::Body;
use tonic::codegen::http::{HeaderMap, HeaderValue, Request, Response};
use tonic::{Code, Status};
use tracing::Instrument as _;

use super::connection::Peer;
use super::deadline::Deadline;
use super::metrics::{Call, Metrics};
use super::options::Limits;
use super::sent::Sent;
use super::session::apart;
use super::unread::{Answer, Patience};
use crate::Rpc;
use crate::status::{Failure, refused};

/// The metadata with the id of a call: taken from the client or made here, and answered.
const REQUEST_ID: &str = "x-request-id";

/// The longest id that is taken over.
const LONGEST_ID: usize = 128;

/// What calls of all connections share.
#[derive(Debug)]
pub(super) struct Shared {
    metrics: Metrics,
    time: Duration,
    patience: Patience,
    ids: RequestIds,
}

impl Shared {
    pub(super) fn new(limits: &Limits, metrics: Metrics) -> Self {
        Shared {
            metrics,
            time: limits.call_time,
            patience: Patience {
                piece: limits.answer_time,
                whole: limits.call_time,
            },
            ids: RequestIds::new(),
        }
    }

    /// The answer on its way: a call of Feast's ends with it, any other with its beginning.
    fn sent(&self, body: Body, call: Call, status: Option<Status>, peer: Peer) -> Sent {
        match (status, call.rpc()) {
            (None, Some(_)) => {
                Sent::until_its_end(body, call, Answer::begin(peer.unread, self.patience))
            }
            (status, _) => {
                call.end(status.map_or(Code::Ok, |status| status.code()));
                Sent::counted(body)
            }
        }
    }
}

/// The calls of one connection to a service: limited in time, counted and logged.
#[derive(Debug)]
pub(super) struct Calls<S> {
    service: S,
    shared: Arc<Shared>,
    peer: Peer,
}

impl<S> Calls<S> {
    pub(super) fn new(service: S, shared: Arc<Shared>, peer: Peer) -> Self {
        Calls {
            service,
            shared,
            peer,
        }
    }
}

impl<S, B> hyper::service::Service<Request<B>> for Calls<S>
where
    S: hyper::service::Service<Request<B>, Response = Response<Body>, Error = Infallible>,
    S::Future: Send + 'static,
{
    type Response = Response<Sent>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<Sent>, Infallible>>;

    fn call(&self, request: Request<B>) -> Self::Future {
        let shared = Arc::clone(&self.shared);
        let mut id = shared.ids.of(request.headers());
        // No two answers have the same: in the table of headers it would drive out those that all have.
        id.set_sensitive(true);
        let call = shared.metrics.begin(request.uri().path());
        let deadline = Deadline::of(request.headers(), shared.time);
        let peer = self.peer.clone();
        let span = tracing::debug_span!(
            "call",
            rpc = request.uri().path(),
            id = text(&id),
            peer = &*peer.name,
        );
        let brief = call.rpc().is_some_and(Rpc::is_get);
        let answer = self.service.call(request);
        let handled = async move {
            let until = (call.begun() + deadline.time).into();
            let answer = async {
                match deadline.time.is_zero() {
                    // Timers tick once a millisecond: it could be answered before.
                    true => None,
                    false => timeout_at(until, answer).await.ok(),
                }
            };
            let (mut response, slow) = match answer.await {
                Some(Ok(response)) => (response, false),
                None => (refused(deadline.exceeded()), !deadline.by_client),
            };
            let status = Status::from_header_map(response.headers());
            let failure = response.extensions_mut().remove::<Failure>();
            match status.as_ref() {
                None => tracing::debug!(id = text(&id), rpc = call.name(), "answered"),
                Some(status) => log(&call, &id, status, failure.as_ref(), slow),
            }
            response.headers_mut().insert(REQUEST_ID, id);
            Ok(response.map(|body| shared.sent(body, call, status, peer)))
        };
        let handled = handled.instrument(span);
        match brief {
            true => Box::pin(handled),
            false => Box::pin(apart(handled)),
        }
    }
}

/// Why a call failed. Faults of the server are worth a look, and that it is slow; those of clients are their own.
fn log(call: &Call, id: &HeaderValue, status: &Status, failure: Option<&Failure>, slow: bool) {
    let (id, rpc, code) = (text(id), call.name(), status.code());
    let Some(error) = failure.map(Failure::error) else {
        tracing::debug!(id, rpc, ?code, told = status.message(), "a call failed");
        return;
    };
    match error.kind() {
        // That the store is away is said once, not by every call.
        ErrorKind::Unavailable => tracing::info!(id, rpc, ?code, ?error, "a call failed"),
        kind if !kind.report().public => tracing::error!(id, rpc, ?code, ?error, "a call failed"),
        ErrorKind::Corrupt => tracing::warn!(id, rpc, ?code, ?error, "a call failed"),
        ErrorKind::Deadline if slow => tracing::warn!(id, rpc, ?code, ?error, "a call failed"),
        ErrorKind::Deadline => tracing::info!(id, rpc, ?code, ?error, "a call failed"),
        _ => tracing::debug!(id, rpc, ?code, ?error, "a call failed"),
    }
}

fn text(id: &HeaderValue) -> &str {
    id.to_str().unwrap_or_default()
}

/// Ids that differ between processes and calls, without asking the system for each.
#[derive(Debug)]
struct RequestIds {
    prefix: u64,
    next: AtomicU64,
}

impl RequestIds {
    fn new() -> Self {
        RequestIds {
            prefix: uuid::Uuid::new_v4().as_u64_pair().0,
            next: AtomicU64::new(0),
        }
    }

    /// The client's id, or one of ours.
    fn of(&self, headers: &HeaderMap) -> HeaderValue {
        match headers.get(REQUEST_ID) {
            Some(id) if is_usable(id.as_bytes()) => id.clone(),
            _ => self.made(),
        }
    }

    fn made(&self) -> HeaderValue {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let mut id = String::with_capacity(32);
        // Writing to a string does not fail.
        let _ = write!(id, "{:016x}-{number:x}", self.prefix);
        HeaderValue::try_from(id).unwrap_or_else(|_| HeaderValue::from_static("none"))
    }
}

/// What may stand in a log without harm.
fn is_usable(id: &[u8]) -> bool {
    (1..=LONGEST_ID).contains(&id.len()) && id.iter().all(u8::is_ascii_graphic)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(given: Option<&str>) -> String {
        let mut headers = HeaderMap::new();
        if let Some(given) = given {
            headers.insert(REQUEST_ID, given.parse().unwrap());
        }
        let id = RequestIds::new().of(&headers);
        id.to_str().unwrap().to_owned()
    }

    #[test]
    fn an_id_of_the_client_is_kept_if_it_can_stand_in_a_log() {
        assert_eq!(id(Some("abc-1")), "abc-1");
        let long = "x".repeat(LONGEST_ID + 1);
        for unusable in [long.as_str(), "two words", ""] {
            assert_ne!(id(Some(unusable)), unusable);
        }
    }

    #[test]
    fn ids_that_are_made_differ() {
        let ids = RequestIds::new();
        assert_ne!(ids.made(), ids.made());
        assert_ne!(id(None), id(None));
    }
}
