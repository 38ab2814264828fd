//! Connections from pools, one for the primary and one for a replica.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use deadpool::managed::Pool;
use feast_registry_core::store::Connections;
use feast_registry_sql::{Access, Connection, Dialect, Driver, DriverError, Step, Value};

use crate::PostgresSettings;
use crate::connection::PostgresConnection;
use crate::manager::{self, Manager};

/// A server that speaks PostgreSQL's protocol, with the dialect of its family.
#[derive(Debug)]
pub struct PostgresDriver {
    primary: Pool<Manager>,
    replica: Option<Pool<Manager>>,
    shared: Arc<Shared>,
}

/// What all connections of a driver have in common.
#[derive(Debug)]
pub(crate) struct Shared {
    dialect: Box<dyn Dialect>,
    /// Whether statements are prepared, if somebody has said.
    wanted: Option<bool>,
    /// Whether statements were found to be mixed up.
    mixed_up: AtomicBool,
    /// Whether a pooler stands before the server, once that is known.
    pooler: OnceLock<bool>,
}

impl Shared {
    pub(crate) fn dialect(&self) -> &dyn Dialect {
        &*self.dialect
    }

    pub(crate) fn prepares(&self) -> bool {
        self.wanted.unwrap_or(!self.is_pooled()) && !self.mixed_up.load(Ordering::Relaxed)
    }

    /// Whether a pooler stands before the server, as far as that is known.
    pub(crate) fn is_pooled(&self) -> bool {
        self.pooler.get().is_some_and(|pooler| *pooler)
    }

    /// Whether a look at a connection must tell if there is a pooler.
    pub(crate) fn is_undecided(&self) -> bool {
        self.pooler.get().is_none()
    }

    pub(crate) fn decide(&self, pooler: bool) {
        if self.pooler.set(pooler).is_ok() && pooler && self.wanted.is_none() {
            tracing::info!(
                "a pooler stands before the server, so statements are not prepared; \
                 `prepared_statements=true` in the URL prepares them all the same"
            );
        }
    }

    /// Prepares nothing any more, and says so once.
    pub(crate) fn stop_preparing(&self, reason: &str) {
        if !self.mixed_up.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                reason,
                "statements are not prepared any more: a pooler mixes them up; \
                 `prepared_statements=false` in the URL avoids this warning"
            );
        }
    }
}

impl PostgresDriver {
    /// A driver with a dialect. It connects when the first statement is run.
    ///
    /// # Errors
    ///
    /// [`FaultClass::Unavailable`](feast_registry_sql::FaultClass::Unavailable) if certificates
    /// cannot be read.
    pub fn new(settings: &PostgresSettings, dialect: impl Dialect) -> Result<Self, DriverError> {
        let shared = Arc::new(Shared {
            dialect: Box::new(dialect),
            wanted: settings.prepared,
            mixed_up: AtomicBool::new(false),
            pooler: OnceLock::new(),
        });
        let replica = settings.replica.as_deref();
        Ok(PostgresDriver {
            primary: manager::pool(settings, &shared)?,
            replica: replica
                .map(|settings| manager::pool(settings, &shared))
                .transpose()?,
            shared,
        })
    }

    /// Whether a pooler stands before the server, which the first connection finds out.
    pub(crate) fn is_pooled(&self) -> bool {
        self.shared.is_pooled()
    }

    /// What the server says of itself: the text of `version()`.
    ///
    /// # Errors
    ///
    /// Those of connecting and of the statement.
    pub async fn version(&self) -> Result<String, DriverError> {
        let step = Step::query(&"SELECT version()".into(), Vec::new());
        let mut connection = self.acquire(Access::Read).await?;
        let rows = connection.run(vec![step]).await?.into_iter().next();
        let value = rows.and_then(|result| result.rows.into_iter().flatten().next());
        Ok(match value {
            Some(Value::Text(version)) => version.to_string(),
            _ => "a server without a version".to_owned(),
        })
    }
}

#[async_trait]
impl Driver for PostgresDriver {
    fn dialect(&self) -> &dyn Dialect {
        self.shared.dialect()
    }

    /// Such as `PostgreSQL 15.18 (Debian 15.18-0+deb12u1)`: what it was compiled with is left out.
    async fn describe(&self) -> Result<String, DriverError> {
        let version = self.version().await?;
        let end = version.find(" on ").unwrap_or(version.len());
        Ok(version[..end].to_owned())
    }

    fn has_replica(&self) -> bool {
        self.replica.is_some()
    }

    async fn acquire(&self, access: Access) -> Result<Box<dyn Connection + '_>, DriverError> {
        let pool = match (access, &self.replica) {
            (Access::Replica, Some(replica)) => replica,
            _ => &self.primary,
        };
        let pooled = manager::get(pool).await?;
        Ok(Box::new(PostgresConnection::new(pooled, &self.shared)))
    }

    fn connections(&self) -> Option<Connections> {
        let pools = [Some(&self.primary), self.replica.as_ref()];
        let counts = pools.into_iter().flatten().map(|pool| {
            let status = pool.status();
            Connections {
                open: status.size,
                idle: status.available,
                waiting: status.waiting,
                most: status.max_size,
            }
        });
        counts.reduce(std::ops::Add::add)
    }

    async fn close(&self) -> Result<(), DriverError> {
        self.primary.close();
        if let Some(replica) = &self.replica {
            replica.close();
        }
        Ok(())
    }
}
