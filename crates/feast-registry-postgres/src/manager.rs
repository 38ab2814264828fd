//! The pool: a few connections, the one used last first, so that its statements are at hand.
//!
//! The manager is our own and not deadpool-postgres': several hosts and libpq's `sslmode` are
//! tried in order, statements are kept in a bounded cache, and connections have an age (ADR 19).

use std::sync::Arc;
use std::time::Duration;

use deadpool::Runtime;
use deadpool::managed::{
    self, Metrics, Object, Pool, PoolError, QueueMode, RecycleError, RecycleResult,
};
use feast_registry_sql::{DriverError, FaultClass, persist};

use crate::connect::Connector;
use crate::driver::Shared;
use crate::error::classify;
use crate::pooler;
use crate::session::Session;
use crate::settings::PostgresSettings;

/// Makes connections and looks at those that come back.
#[derive(Debug)]
pub(crate) struct Manager {
    connector: Connector,
    /// Connections older than this are closed.
    recycle: Option<Duration>,
    /// Whether a connection is asked if it is alive before it is used.
    pre_ping: bool,
    patience: Duration,
    shared: Arc<Shared>,
}

/// A connection that goes back to its pool.
pub(crate) type Pooled = Object<Manager>;

/// A pool of connections with these settings; connects only when one is needed.
pub(crate) fn pool(
    settings: &PostgresSettings,
    shared: &Arc<Shared>,
) -> Result<Pool<Manager>, DriverError> {
    let manager = Manager {
        connector: Connector::new(settings)?,
        recycle: settings.recycle,
        pre_ping: settings.pre_ping,
        patience: settings.connect_timeout,
        shared: Arc::clone(shared),
    };
    Pool::builder(manager)
        .max_size(settings.max_size.max(1))
        .queue_mode(QueueMode::Lifo)
        .wait_timeout(Some(settings.acquire_timeout))
        .runtime(Runtime::Tokio1)
        .build()
        .map_err(|error| DriverError::new(FaultClass::Other, error.to_string()))
}

/// A connection of a pool.
pub(crate) async fn get(pool: &Pool<Manager>) -> Result<Pooled, DriverError> {
    let patience = pool.timeouts().wait.unwrap_or_default();
    persist(patience, || async {
        pool.get().await.map_err(|error| match error {
            PoolError::Backend(fault) => fault,
            PoolError::Closed => DriverError::new(FaultClass::Unavailable, "the store is closed"),
            other => DriverError::new(
                FaultClass::Unavailable,
                format!("no connection was free in time: {other}"),
            ),
        })
    })
    .await
}

impl managed::Manager for Manager {
    type Type = Session;
    type Error = DriverError;

    async fn create(&self) -> Result<Session, DriverError> {
        let session = self.connector.connect().await?;
        if self.shared.is_undecided() {
            let pooler = pooler::is_between(&session.client).await;
            let pooler = pooler.map_err(|error| classify(self.shared.dialect(), &error))?;
            self.shared.decide(pooler);
        }
        Ok(session)
    }

    async fn recycle(
        &self,
        session: &mut Session,
        _metrics: &Metrics,
    ) -> RecycleResult<DriverError> {
        if session.client.is_closed() {
            return Err(RecycleError::message("the connection is closed"));
        }
        if self.recycle.is_some_and(|age| session.born.elapsed() > age) {
            return Err(RecycleError::message("the connection is old"));
        }
        if self.pre_ping {
            let ping = session.client.check_connection();
            return match tokio::time::timeout(self.patience, ping).await {
                Ok(Ok(())) => Ok(()),
                _ => Err(RecycleError::message("the connection does not answer")),
            };
        }
        Ok(())
    }
}
