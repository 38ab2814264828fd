//! A connection with its calls.
//!
//! HTTP/2 servers make a task of every call. Then it takes three turns of tasks to answer one, and the threads
//! of the runtime wake each other for them. Here the calls of a connection are part of its task; those that may
//! take long are [`apart`].

use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::task::{Context, Poll};

use futures::FutureExt as _;
use futures::future::{BoxFuture, poll_fn};
use futures::stream::{FuturesUnordered, StreamExt as _};
use hyper::rt::Executor;
use hyper::server::conn::http2;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::calls::Calls;
use super::connection::Connection;
use super::options::Limits;
use super::services::Services;

/// What a connection may send ahead of what is read of it: its share of the memory while its calls wait.
const WINDOW: u32 = 256 * 1024;

/// Serves one connection until it ends. Once `stop` is true it takes no more calls, and ends with those it has.
pub(super) async fn serve(
    connection: Connection,
    calls: Calls<Services>,
    limits: Limits,
    mut stop: watch::Receiver<bool>,
) -> hyper::Result<()> {
    let begun = Arc::new(Begun::default());
    let transport = transport(limits, Begins(Arc::downgrade(&begun)));
    let mut connection = pin!(transport.serve_connection(TokioIo::new(connection), calls));
    // Nobody is left to say so: no more calls either.
    let mut stopped = pin!(stop.wait_for(|stop| *stop).map(drop).fuse());
    let mut calls = FuturesUnordered::new();
    poll_fn(move |cx| {
        if stopped.as_mut().poll_unpin(cx).is_ready() {
            connection.as_mut().graceful_shutdown();
        }
        loop {
            if let Poll::Ready(ended) = connection.as_mut().poll(cx) {
                return Poll::Ready(ended);
            }
            begun.move_to(&mut calls);
            // Whatever ends leaves its answer with the connection.
            if !some_end(&mut calls, cx) {
                return Poll::Pending;
            }
        }
    })
    .await
}

/// The connections' side of the limits; [`Calls`] has that of the calls.
fn transport(limits: Limits, begins: Begins) -> http2::Builder<Begins> {
    let mut transport = http2::Builder::new(begins);
    transport
        .timer(TokioTimer::new())
        // No server of gRPC sends it.
        .auto_date_header(false)
        .max_concurrent_streams(limits.streams)
        .initial_stream_window_size(WINDOW)
        .initial_connection_window_size(WINDOW)
        .max_header_list_size(limits.header_bytes)
        .keep_alive_interval(limits.keepalive_interval)
        .keep_alive_timeout(limits.keepalive_timeout);
    transport
}

type Call = BoxFuture<'static, ()>;

/// Goes on with the calls that can; whether one of them ended.
fn some_end(calls: &mut FuturesUnordered<Call>, cx: &mut Context<'_>) -> bool {
    let mut ended = false;
    while let Poll::Ready(Some(())) = calls.poll_next_unpin(cx) {
        ended = true;
    }
    ended
}

/// The calls that have begun since the connection was looked at.
#[derive(Default)]
struct Begun(Mutex<Vec<Call>>);

impl Begun {
    fn push(&self, call: Call) {
        let mut begun = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        begun.push(call);
    }

    fn move_to(&self, calls: &mut FuturesUnordered<Call>) {
        let mut begun = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        calls.extend(begun.drain(..));
    }
}

/// Begins calls. Each of them has a clone, so it must not own them: those of a connection that ends before they are
/// looked at would stay for ever.
#[derive(Clone)]
struct Begins(Weak<Begun>);

impl<F: Future<Output = ()> + Send + 'static> Executor<F> for Begins {
    fn execute(&self, call: F) {
        if let Some(begun) = self.0.upgrade() {
            // A panic ends its call and no others.
            let call = AssertUnwindSafe(call).catch_unwind().map(drop);
            begun.push(call.boxed());
        }
    }
}

/// Works in a task of its own, so that the other calls of the connection need not wait for it. It ends with the
/// future.
pub(super) async fn apart<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> T {
    let mut task = JoinSet::new();
    task.spawn(work);
    match task.join_next().await {
        Some(Ok(done)) => done,
        Some(Err(error)) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        // The runtime ends, and everything with it.
        _ => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn what_is_apart_keeps_nobody_waiting() {
        let (go_on, wait) = mpsc::channel();
        let mut work = pin!(apart(async move { wait.recv() }));
        assert!(futures::poll!(&mut work).is_pending());
        go_on.send(7).unwrap();
        assert_eq!(work.await, Ok(7));
    }

    #[tokio::test]
    async fn what_is_apart_ends_with_its_future() {
        let (working, ended) = oneshot::channel::<()>();
        {
            let mut work = pin!(apart(async move {
                std::future::pending::<()>().await;
                drop(working);
            }));
            assert!(futures::poll!(&mut work).is_pending());
        }
        assert!(ended.await.is_err());
    }

    #[tokio::test]
    async fn a_panic_ends_no_other_call() {
        let begun = Arc::new(Begun::default());
        let begins = Begins(Arc::downgrade(&begun));
        let (answer, answered) = oneshot::channel();
        begins.execute(async { panic!("as if a call had a fault") });
        begins.execute(async move { answer.send(7).unwrap() });
        let mut calls = FuturesUnordered::new();
        begun.move_to(&mut calls);
        assert_eq!(calls.len(), 2);
        poll_fn(|cx| {
            some_end(&mut calls, cx);
            Poll::Ready(())
        })
        .await;
        assert!(calls.is_empty());
        assert_eq!(answered.await, Ok(7));
    }
}
