//! Where a database is and how its connections are kept.

use std::time::Duration;

use feast_registry_core::Result;
use feast_registry_core::backend::StoreOptions;
use feast_registry_core::store::SchemaMode;

use crate::address::Address;

/// Where a database is and how its connections are kept.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct MysqlSettings {
    /// Where writes go, and reads that must see every write.
    pub(crate) primary: Address,
    /// Where reads may go that may be behind.
    pub(crate) replica: Option<Address>,
    /// Connections at most: this many for writers, and this many for readers.
    pub max_size: usize,
    /// How long to wait for a free connection.
    pub acquire_timeout: Duration,
    /// How long to wait for a new connection to each server.
    pub connect_timeout: Duration,
    /// Close connections that are older.
    pub recycle: Option<Duration>,
    /// Ask a connection whether it is alive before it is used, which costs a round trip.
    pub pre_ping: bool,
    /// Log every statement.
    pub echo: bool,
    /// Whether missing tables will be made by this process.
    pub(crate) creates: bool,
}

impl MysqlSettings {
    /// What the options of a registry mean for MySQL.
    ///
    /// Keys of the URL's query that mean nothing here are reported in a warning.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](feast_registry_core::ErrorKind::Config) that names the key of the URL and
    /// what it takes.
    pub fn from_options(options: &StoreOptions) -> Result<Self> {
        let pool = &options.pool;
        let primary = Address::from_url(&options.url)?;
        let replica = options.read_url.as_ref().map(Address::from_url);
        Ok(MysqlSettings {
            connect_timeout: primary.connect_timeout.unwrap_or(pool.connect_timeout),
            primary,
            replica: replica.transpose()?,
            max_size: pool.max_size.max(1),
            acquire_timeout: pool.acquire_timeout,
            recycle: pool.recycle,
            pre_ping: pool.pre_ping,
            echo: pool.echo,
            creates: options.schema_mode == SchemaMode::Auto,
        })
    }
}
