//! A server for the tests of a dialect, on which every store has a schema of its own.
//!
//! A schema is as good as a database, and made in a fraction of the time. [`TestServer`] has what a harness
//! of the conformance suite is asked for.

use std::net::SocketAddr;

use feast_registry_core::backend::StoreOptions;
use feast_registry_core::store::Ids;
use feast_registry_core::url::RegistryUrl;
use feast_registry_core::{Error, ErrorKind, Kind, Result};
use feast_registry_sql::{Access, Dialect, Driver, Row, SqlStore, Step};

use crate::{Host, PostgresDriver, PostgresSettings, open};

/// The URL of the server, as somebody who may create schemas.
const URL: &str = "FEAST_REGISTRY_CONFORMANCE_URL";
/// What begins the name of every schema that tests make.
const PREFIX: &str = "feast_registry_test_";

/// The bytes that ask for COMMIT, and those that only the answer to it has.
pub const COMMIT: [&[u8]; 2] = [b"COMMIT\0", b"COMMIT\0"];

/// How often is asked who waits for a lock.
const ASKED: usize = 100;

/// The server that `FEAST_REGISTRY_CONFORMANCE_URL` names, whatever its scheme, and a dialect.
#[derive(Debug)]
pub struct TestServer<D> {
    url: RegistryUrl,
    dialect: fn(Option<String>) -> D,
    administrator: PostgresDriver,
}

impl<D: Dialect> TestServer<D> {
    /// The server that the environment names. `dialect` makes the dialect of a schema. Nothing connects
    /// before the first statement.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`] if the environment names none: not to skip, since whoever runs the tests wants
    /// to know how the database does.
    pub fn from_env(dialect: fn(Option<String>) -> D) -> Result<Self> {
        let wrong = |text: String| Error::new(ErrorKind::Config, text);
        let text = std::env::var(URL).map_err(|_| {
            wrong(format!("{URL} does not name a server")).with_hint(
                "set it to postgresql://user:password@host:port/database, of a user who may create schemas",
            )
        })?;
        let url = RegistryUrl::parse(&text).map_err(|error| wrong(error.to_string()))?;
        let settings = PostgresSettings::from_options(&StoreOptions::new(url.clone()))?;
        Ok(TestServer {
            url,
            dialect,
            administrator: PostgresDriver::new(&settings, dialect(None))?,
        })
    }

    /// The URL in the environment.
    pub fn url(&self) -> &RegistryUrl {
        &self.url
    }

    /// Settings for a schema; for the first of the session's `search_path` if none is named.
    ///
    /// # Errors
    ///
    /// Those of [`PostgresSettings::from_options`].
    pub fn settings(&self, schema: Option<&str>) -> Result<PostgresSettings> {
        let mut options = StoreOptions::new(self.url.clone());
        options.schema = schema.map(str::to_owned);
        let mut settings = PostgresSettings::from_options(&options)?;
        if let Some(schema) = schema {
            // The server shows it with each session: `kill` finds them so.
            schema.clone_into(&mut settings.application_name);
        }
        Ok(settings)
    }

    /// Settings for a schema on the same server by another way, that of a proxy.
    ///
    /// # Errors
    ///
    /// Those of [`settings`](Self::settings).
    pub fn through(&self, schema: &str, address: SocketAddr) -> Result<PostgresSettings> {
        let mut settings = self.settings(Some(schema))?;
        settings.hosts = vec![Host::Tcp(address.ip().to_string(), address.port())];
        Ok(settings)
    }

    /// A driver with these settings, and the dialect for their schema.
    ///
    /// # Errors
    ///
    /// Those of [`PostgresDriver::new`].
    pub fn driver(&self, settings: &PostgresSettings) -> Result<PostgresDriver> {
        Ok(PostgresDriver::new(settings, self.dialect(settings))?)
    }

    /// A store with these settings, and the dialect for their schema.
    ///
    /// # Errors
    ///
    /// Those of [`open`].
    pub fn store(&self, settings: &PostgresSettings) -> Result<SqlStore<PostgresDriver>> {
        open(settings, self.dialect(settings))
    }

    fn dialect(&self, settings: &PostgresSettings) -> D {
        (self.dialect)(settings.schema.clone())
    }

    /// What runs the statements of the tests themselves.
    pub fn administrator(&self) -> &PostgresDriver {
        &self.administrator
    }

    /// Runs a statement without parameters.
    ///
    /// # Errors
    ///
    /// What the server says.
    pub async fn execute(&self, sql: impl Into<String>) -> Result<()> {
        let mut connection = self.administrator.acquire(Access::Write).await?;
        connection.run(vec![Step::control(sql.into())]).await?;
        Ok(())
    }

    /// The rows of a query without parameters.
    ///
    /// # Errors
    ///
    /// What the server says.
    pub async fn rows(&self, sql: &str) -> Result<Vec<Row>> {
        let mut connection = self.administrator.acquire(Access::Write).await?;
        let step = Step::query(&sql.into(), Vec::new());
        let results = connection.run(vec![step]).await?;
        Ok(results.into_iter().flat_map(|result| result.rows).collect())
    }

    /// Makes an empty schema with a name of its own.
    ///
    /// # Errors
    ///
    /// What the server says.
    pub async fn create(&self) -> Result<String> {
        let name = format!("{PREFIX}{:032x}", Ids::random().operation().as_u128());
        self.execute(format!("CREATE SCHEMA {name}")).await?;
        Ok(name)
    }

    /// Removes a schema that [`create`](Self::create) made.
    ///
    /// # Errors
    ///
    /// What the server says.
    pub async fn discard(&self, schema: &str) -> Result<()> {
        self.execute(format!("DROP SCHEMA {schema} CASCADE")).await
    }

    /// Where the server listens: `host:port`, of the first if there are several; `None` for a socket.
    pub fn address(&self) -> Option<String> {
        let settings = self.settings(None).ok()?;
        match settings.hosts.first()? {
            Host::Tcp(name, port) => Some(format!("{name}:{port}")),
            Host::Unix(..) => None,
        }
    }

    /// Ends all sessions on a schema, as an administrator may; how many. Behind a pooler only some that wait
    /// for a lock: whose session another one is may change before it ends.
    ///
    /// # Errors
    ///
    /// What the server says.
    pub async fn kill(&self, schema: &str) -> Result<usize> {
        if self.administrator.is_pooled() {
            return self.kill_waiting(schema).await;
        }
        let sql = format!(
            "SELECT pg_terminate_backend(pid)::int FROM pg_stat_activity WHERE application_name = '{schema}'"
        );
        Ok(self.rows(&sql).await?.len())
    }

    /// Makes whoever uses the feature views of a schema wait, and ends who does, if somebody comes soon.
    async fn kill_waiting(&self, schema: &str) -> Result<usize> {
        let views = format!("{schema}.{}", Kind::FeatureView.spec().table);
        let lock = Step::control(format!("LOCK TABLE {views}"));
        let kill = format!(
            "SELECT pg_terminate_backend(pid)::int FROM pg_locks WHERE relation = '{views}'::regclass AND NOT granted"
        );
        let kill = Step::query(&kill.into(), Vec::new());
        let mut connection = self.administrator.acquire(Access::Write).await?;
        connection.run(vec![Step::control("BEGIN"), lock]).await?;
        let mut killed = 0;
        for _ in 0..ASKED {
            let results = connection.run(vec![kill.clone()]).await?;
            killed = results.iter().map(|result| result.rows.len()).sum();
            if killed > 0 {
                break;
            }
        }
        connection.run(vec![Step::control("ROLLBACK")]).await?;
        Ok(killed)
    }
}
