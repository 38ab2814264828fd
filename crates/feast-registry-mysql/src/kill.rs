//! Ends sessions that nobody waits for any more.

use std::sync::Arc;

use mysql_async::prelude::Queryable;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;

use crate::connect::{Connector, REACHED, identity, log_in, within};
use crate::session::Session;

/// How many sessions are ended at a time: each needs a connection for it.
const AT_ONCE: usize = 2;

/// Ends sessions whose statement may be waiting for a lock. The server would only notice that the
/// connection is gone when the statement ends; until then it keeps every lock of the transaction.
#[derive(Clone, Debug)]
pub(crate) struct Killer {
    connector: Arc<Connector>,
    places: Arc<Semaphore>,
}

impl Killer {
    pub(crate) fn new(connector: Arc<Connector>) -> Self {
        Killer {
            connector,
            places: Arc::new(Semaphore::new(AT_ONCE)),
        }
    }

    /// Ends a session in the background. Outside a runtime the server is left to notice.
    pub(crate) fn kill(&self, session: Session) {
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(self.clone().run(session));
        }
    }

    async fn run(self, session: Session) {
        let (host, server, id) = (session.host.clone(), session.server.clone(), session.id());
        // First, so that the server may notice by itself.
        drop(session);
        let Ok(_place) = self.places.acquire().await else {
            return;
        };
        let connector = &self.connector;
        let killed = within(&host, connector.timeout, REACHED, async {
            let mut conn = log_in(&connector.address, &host).await?;
            // Numbers are a server's own: behind one address there may be another one by now.
            if identity(&mut conn).await? == server {
                match conn.query_drop(format!("KILL {id}")).await {
                    // It has ended by itself.
                    Err(mysql_async::Error::Server(error)) if error.code == 1094 => {}
                    outcome => outcome?,
                }
            }
            conn.disconnect().await
        });
        if let Err(error) = killed.await {
            tracing::warn!(%error, "a statement that nobody waits for could not be ended");
        }
    }
}
