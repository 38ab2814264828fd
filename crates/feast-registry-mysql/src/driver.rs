//! Sessions for writers, for readers, and for readers of a replica.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use feast_registry_core::store::Connections;
use feast_registry_sql::{Access, Connection, Dialect, Driver, DriverError, persist};

use crate::address::Address;
use crate::connect::{Connector, REACHED, Role, first, while_connecting};
use crate::connection::Held;
use crate::facts::{Facts, Flavour};
use crate::kill::Killer;
use crate::narrow::{self, NarrowColumn};
use crate::pool::{Pool, pool, pool_error};
use crate::{MariaDbDialect, MySqlDialect, MysqlSettings};

/// A database on a MySQL or MariaDB server.
#[derive(Debug)]
pub struct MysqlDriver {
    dialect: Box<dyn Dialect>,
    facts: Facts,
    writers: Pool,
    readers: Pool,
    replicas: Option<Pool>,
    killer: Killer,
    primary: Arc<Address>,
    connect_timeout: Duration,
    acquire_timeout: Duration,
}

impl MysqlDriver {
    /// Connects to a server, asks it what it is, and reports columns that hold too little.
    ///
    /// # Errors
    ///
    /// [`Unavailable`](feast_registry_sql::FaultClass::Unavailable), naming every server that was tried
    /// and why it cannot be used; [`MissingTable`](feast_registry_sql::FaultClass::MissingTable) if there
    /// is no such database.
    pub async fn connect(settings: &MysqlSettings) -> Result<Self, DriverError> {
        let (facts, narrow) = persist(settings.acquire_timeout, || ask(settings)).await?;
        narrow::warn(&narrow);
        let creates = settings.creates;
        let dialect: Box<dyn Dialect> = match facts.flavour {
            Flavour::MySql => Box::new(MySqlDialect::of(&facts, creates)),
            Flavour::MariaDb => Box::new(MariaDbDialect::of(&facts, creates)),
        };
        let primary = Arc::new(settings.primary.clone());
        let connector = |address: &Arc<Address>, role, sync| {
            Arc::new(Connector {
                address: Arc::clone(address),
                timeout: settings.connect_timeout,
                role,
                sync,
                packet: facts.packet,
            })
        };
        let writer = connector(&primary, Role::Writer, facts.galera);
        let replicas = settings.replica.clone().map(|address| {
            let connector = connector(&Arc::new(address), Role::Reader, false);
            pool(&connector, settings)
        });
        Ok(MysqlDriver {
            writers: pool(&writer, settings)?,
            readers: pool(&connector(&primary, Role::Reader, facts.galera), settings)?,
            replicas: replicas.transpose()?,
            killer: Killer::new(writer),
            dialect,
            facts,
            primary,
            connect_timeout: settings.connect_timeout,
            acquire_timeout: settings.acquire_timeout,
        })
    }

    /// Whether names that differ are different names in the tables of this database.
    pub fn exact_names(&self) -> bool {
        self.dialect.byte_order("name") == "name"
    }
}

async fn ask(settings: &MysqlSettings) -> Result<(Facts, Vec<NarrowColumn>), DriverError> {
    let mut conn = first(&settings.primary, settings.connect_timeout).await?;
    let broken = |error: mysql_async::Error| {
        let message = format!("the server does not say what it is: {error}");
        DriverError::new(while_connecting(&error, REACHED), message)
    };
    let facts = Facts::ask(&mut conn).await.map_err(broken)?;
    let narrow = narrow::find(&mut conn).await.map_err(broken)?;
    // Nothing depends on how it ends.
    let _ = conn.disconnect().await;
    Ok((facts, narrow))
}

#[async_trait]
impl Driver for MysqlDriver {
    fn dialect(&self) -> &dyn Dialect {
        &*self.dialect
    }

    async fn describe(&self) -> Result<String, DriverError> {
        let name = match self.facts.flavour {
            Flavour::MySql => "MySQL",
            Flavour::MariaDb => "MariaDB",
        };
        let cluster = if self.facts.cluster {
            ", in a cluster"
        } else {
            ""
        };
        Ok(format!("{name} {}{cluster}", self.facts.version))
    }

    fn has_replica(&self) -> bool {
        self.replicas.is_some()
    }

    async fn acquire(&self, access: Access) -> Result<Box<dyn Connection + '_>, DriverError> {
        let pool = match (access, &self.replicas) {
            (Access::Write, _) => &self.writers,
            (Access::Replica, Some(replicas)) => replicas,
            (Access::Read | Access::Replica, _) => &self.readers,
        };
        let get = || async { pool.get().await.map_err(pool_error) };
        let session = persist(self.acquire_timeout, get).await?;
        Ok(Box::new(Held::new(session, &*self.dialect, &self.killer)))
    }

    /// Widens the columns that Feast before 0.64 made too narrow.
    async fn upgrades(&self) -> Result<Vec<String>, DriverError> {
        let mut conn = first(&self.primary, self.connect_timeout).await?;
        let narrow = narrow::find(&mut conn).await.map_err(|error| {
            let message = format!("the columns of the tables cannot be read: {error}");
            DriverError::new(feast_registry_sql::FaultClass::Other, message)
        })?;
        // Nothing depends on how it ends.
        let _ = conn.disconnect().await;
        Ok(narrow.iter().map(NarrowColumn::widen).collect())
    }

    fn connections(&self) -> Option<Connections> {
        let pools = [
            Some(&self.writers),
            Some(&self.readers),
            self.replicas.as_ref(),
        ];
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
        let pools = [
            Some(&self.writers),
            Some(&self.readers),
            self.replicas.as_ref(),
        ];
        pools.into_iter().flatten().for_each(Pool::close);
        Ok(())
    }
}
