//! All connections.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures::{Stream, StreamExt as _};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::calls::{Calls, Shared};
use super::connection::Connection;
use super::options::Limits;
use super::services::Services;
use super::session;

/// What connections are served with.
pub(super) struct Sessions {
    pub(super) services: Services,
    pub(super) shared: Arc<Shared>,
    pub(super) limits: Limits,
    /// How long calls that are under way may take after the stop.
    pub(super) drain: Duration,
}

impl Sessions {
    /// Serves what comes in until `stop` is true, and then until the calls under way have ended, or are given up.
    /// All connections end with the future.
    pub(super) async fn serve(
        self,
        incoming: impl Stream<Item = Connection>,
        stop: watch::Receiver<bool>,
    ) {
        let mut sessions = JoinSet::new();
        self.take(incoming, &mut sessions, stop).await;
        let ended = async { while sessions.join_next().await.is_some() {} };
        if timeout(self.drain, ended).await.is_err() {
            tracing::warn!("calls were still under way when the time to drain was over");
            sessions.shutdown().await;
        }
    }

    /// Nothing is listened on any more when it returns.
    async fn take(
        &self,
        incoming: impl Stream<Item = Connection>,
        sessions: &mut JoinSet<()>,
        stop: watch::Receiver<bool>,
    ) {
        let mut incoming = pin!(incoming);
        let mut stopping = stop.clone();
        let mut stopped = pin!(stopping.wait_for(|stop| *stop));
        loop {
            tokio::select! {
                connection = incoming.next() => match connection {
                    Some(connection) => {
                        sessions.spawn(self.session(connection, stop.clone()));
                    }
                    None => return,
                },
                Some(_) = sessions.join_next() => {}
                _ = &mut stopped => return,
            }
        }
    }

    fn session(
        &self,
        connection: Connection,
        stop: watch::Receiver<bool>,
    ) -> impl Future<Output = ()> + use<> {
        let peer = connection.peer().clone();
        let calls = Calls::new(
            self.services.clone(),
            Arc::clone(&self.shared),
            peer.clone(),
        );
        let limits = self.limits;
        async move {
            if let Err(error) = session::serve(connection, calls, limits, stop).await {
                tracing::debug!(peer = %peer.name, %error, "a connection broke off");
            }
        }
    }
}
