//! One connection to the server, as the pool keeps it.

use std::fmt;
use std::time::{Duration, Instant};

use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tokio_postgres::{CancelToken, Client};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::statements::Statements;

/// How often a running statement is asked to stop before the connection is cut.
const CANCELS: u32 = 6;
/// How long to wait for it the first time; doubled each time.
const FIRST_WAIT: Duration = Duration::from_millis(50);

/// One connection to the server, as the pool keeps it.
pub(crate) struct Session {
    pub(crate) client: Client,
    pub(crate) statements: Statements,
    pub(crate) born: Instant,
    /// The task that moves the bytes; it ends when the client is gone and the server has answered.
    task: JoinHandle<()>,
    tls: MakeRustlsConnect,
    /// Where to clean up, even if nobody runs where the session is dropped.
    runtime: Handle,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("born", &self.born)
            .finish_non_exhaustive()
    }
}

impl Session {
    pub(crate) fn new(client: Client, task: JoinHandle<()>, tls: MakeRustlsConnect) -> Self {
        Session {
            client,
            statements: Statements::default(),
            born: Instant::now(),
            task,
            tls,
            runtime: Handle::current(),
        }
    }

    /// Ends the session at once, and with it its transaction and locks. A statement that is running,
    /// perhaps waiting for a lock, is cancelled: the server would not look at the connection before
    /// its end.
    ///
    /// Behind a pooler everything that was sent is answered first. PgBouncer 1.18 may end, with
    /// everybody's connections, when it is asked to cancel for a client that is going, and may hand
    /// answers to the wrong client when one goes that has not read its own.
    pub(crate) fn end(self, running: bool, pooled: bool) {
        let Session {
            client,
            statements,
            task,
            tls,
            runtime,
            ..
        } = self;
        // Without the client, the task asks the server to close once everything sent is answered.
        let cancel = client.cancel_token();
        drop((statements, client));
        if running && !pooled {
            runtime.spawn(stop(cancel, task, tls));
        }
    }
}

/// Cancels until the session has ended. A request may come before the statement that it is meant
/// for, and is then lost.
async fn stop(cancel: CancelToken, mut task: JoinHandle<()>, tls: MakeRustlsConnect) {
    let mut wait = FIRST_WAIT;
    for _ in 0..CANCELS {
        let request = cancel.cancel_query(tls.clone());
        match tokio::time::timeout(wait.max(Duration::from_secs(1)), request).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::debug!(%error, "a statement could not be cancelled"),
            Err(_) => tracing::debug!("a statement could not be cancelled in time"),
        }
        if tokio::time::timeout(wait, &mut task).await.is_ok() {
            return;
        }
        wait *= 2;
    }
    tracing::warn!("a statement that nobody waits for did not stop: its connection is cut");
    task.abort();
}
