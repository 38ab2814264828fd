//! Sessions that are kept for the next user.

use std::sync::Arc;
use std::time::Duration;

use deadpool::Runtime;
use deadpool::managed::{self, Metrics, PoolError, QueueMode, RecycleError, RecycleResult};

use feast_registry_sql::{DriverError, FaultClass};

use crate::connect::Connector;
use crate::session::Session;
use crate::settings::MysqlSettings;

pub(crate) type Pool = managed::Pool<Sessions>;

/// Makes sessions and says which are still good.
#[derive(Debug)]
pub(crate) struct Sessions {
    connector: Arc<Connector>,
    oldest: Option<Duration>,
    ping: bool,
}

/// A pool of sessions. The one that was used last is used first: it has its statements prepared.
pub(crate) fn pool(
    connector: &Arc<Connector>,
    settings: &MysqlSettings,
) -> Result<Pool, DriverError> {
    let sessions = Sessions {
        connector: Arc::clone(connector),
        oldest: settings.recycle,
        ping: settings.pre_ping,
    };
    Pool::builder(sessions)
        .max_size(settings.max_size)
        .queue_mode(QueueMode::Lifo)
        .wait_timeout(Some(settings.acquire_timeout))
        .recycle_timeout(Some(settings.connect_timeout))
        .runtime(Runtime::Tokio1)
        .build()
        .map_err(|error| DriverError::new(FaultClass::Other, error.to_string()))
}

/// Why a pool has no session to give.
pub(crate) fn pool_error(error: PoolError<DriverError>) -> DriverError {
    match error {
        PoolError::Backend(fault) => fault,
        PoolError::Closed => DriverError::new(FaultClass::Unavailable, "the store is closed"),
        other => DriverError::new(
            FaultClass::Unavailable,
            format!("no connection was free in time: {other}"),
        ),
    }
}

impl managed::Manager for Sessions {
    type Type = Session;
    type Error = DriverError;

    async fn create(&self) -> Result<Session, DriverError> {
        self.connector.session().await
    }

    async fn recycle(
        &self,
        session: &mut Session,
        metrics: &Metrics,
    ) -> RecycleResult<DriverError> {
        if !session.is_clean() {
            return Err(RecycleError::message(
                "it was left in the middle of something",
            ));
        }
        if self.oldest.is_some_and(|oldest| metrics.age() > oldest) {
            return Err(RecycleError::message("it is too old"));
        }
        if self.ping && session.ping().await.is_err() {
            return Err(RecycleError::message("it does not answer"));
        }
        Ok(())
    }
}
