//! Connects to a server and sets the session up.

use std::sync::Arc;
use std::time::Duration;

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, DriverError as ProtocolError, Error, IoError};
use tokio::time::timeout;

use feast_registry_sql::{DriverError, FaultClass, is_restart};

use crate::address::{Address, Host};
use crate::session::Session;
use crate::tls::presented_name;

/// Full strictness, and nothing that changes how statements are read.
const SQL_MODE: &str = "STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION";
/// Seconds to wait for a row that another transaction holds. The store tries again.
const ROW_LOCK: u8 = 10;
/// Seconds to wait for a table whose definition is being changed.
const TABLE_LOCK: u8 = 60;
/// No database of this name.
const UNKNOWN_DATABASE: u16 = 1049;
/// The server shuts down, the session was ended (MySQL, MariaDB), a node of Galera is not ready yet.
const STOPS_OR_STARTS: [u16; 4] = [1053, 1317, 1927, 1047];

/// That there was a connection before: nobody listening then means a restart, not a wrong address.
pub(crate) const REACHED: bool = true;

/// What a session is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Every transaction begins by itself and must be ended.
    Writer,
    /// Every statement is a transaction of its own.
    Reader,
}

/// Makes sessions.
#[derive(Clone, Debug)]
pub(crate) struct Connector {
    pub(crate) address: Arc<Address>,
    pub(crate) timeout: Duration,
    pub(crate) role: Role,
    /// Whether reads wait until what other nodes of a Galera cluster have acknowledged is here.
    pub(crate) sync: bool,
    /// The most bytes of a statement.
    pub(crate) packet: usize,
}

impl Connector {
    /// A session on the first server that answers.
    pub(crate) async fn session(&self) -> Result<Session, DriverError> {
        let mut faults = Vec::new();
        for host in &self.address.hosts {
            match self.session_at(host).await {
                Ok(session) => return Ok(session),
                Err(fault) => faults.push(fault),
            }
        }
        Err(joined(faults))
    }

    async fn session_at(&self, host: &Host) -> Result<Session, DriverError> {
        within(host, self.timeout, REACHED, async {
            let mut conn = log_in(&self.address, host).await?;
            conn.query_drop(self.setup()).await?;
            let server = identity(&mut conn).await?;
            Ok(Session::new(
                conn,
                host.clone(),
                server,
                self.role,
                self.packet,
            ))
        })
        .await
    }

    /// All in one trip.
    fn setup(&self) -> String {
        let (isolation, autocommit) = match self.role {
            Role::Writer => ("READ COMMITTED", 0),
            // What a snapshot needs; for a single statement there is no difference.
            Role::Reader => ("REPEATABLE READ", 1),
        };
        let sync = if self.sync {
            ", wsrep_sync_wait = 1"
        } else {
            ""
        };
        format!(
            "SET NAMES utf8mb4; SET SESSION TRANSACTION ISOLATION LEVEL {isolation}; \
             SET SESSION autocommit = {autocommit}, sql_mode = '{SQL_MODE}', default_storage_engine = InnoDB, \
             innodb_lock_wait_timeout = {ROW_LOCK}, lock_wait_timeout = {TABLE_LOCK}{sync}"
        )
    }
}

/// A plain connection to the first server that answers.
pub(crate) async fn first(address: &Address, limit: Duration) -> Result<Conn, DriverError> {
    let mut faults = Vec::new();
    for host in &address.hosts {
        match within(host, limit, !REACHED, log_in(address, host)).await {
            Ok(conn) => return Ok(conn),
            Err(fault) => faults.push(fault),
        }
    }
    Err(joined(faults))
}

pub(crate) async fn log_in(address: &Address, host: &Host) -> Result<Conn, Error> {
    let tls = &address.tls;
    match Conn::new(address.options(host, tls.options(None))).await {
        Err(Error::Driver(ProtocolError::NoClientSslFlagFromServer)) if tls.is_optional() => {
            Conn::new(address.options(host, None)).await
        }
        Err(error) if tls.ignores_name() => match presented_name(&error) {
            Some(name) => Conn::new(address.options(host, tls.options(Some(name)))).await,
            None => Err(error),
        },
        outcome => outcome,
    }
}

/// What tells a server from another one behind the same address.
pub(crate) async fn identity(conn: &mut Conn) -> Result<String, Error> {
    let text = conn
        .query_first("SELECT CONCAT_WS('/', @@hostname, @@port, @@server_id)")
        .await?;
    Ok(text.unwrap_or_default())
}

pub(crate) async fn within<T>(
    host: &Host,
    limit: Duration,
    reached: bool,
    work: impl Future<Output = Result<T, Error>>,
) -> Result<T, DriverError> {
    let (class, why) = match timeout(limit, work).await {
        Ok(Ok(done)) => return Ok(done),
        Ok(Err(error)) => (while_connecting(&error, reached), cause(error)),
        Err(_) => (
            FaultClass::Unavailable,
            format!("no answer in {} s", limit.as_secs_f32()),
        ),
    };
    Err(DriverError::new(
        class,
        format!("cannot connect to {host}: {why}"),
    ))
}

/// What an error means that came before the session was ready.
pub(crate) fn while_connecting(error: &Error, reached: bool) -> FaultClass {
    let restarts = match error {
        Error::Server(server) if server.code == UNKNOWN_DATABASE => {
            return FaultClass::MissingTable;
        }
        Error::Server(server) => STOPS_OR_STARTS.contains(&server.code),
        Error::Driver(ProtocolError::ConnectionClosed) => true,
        // A packet that ends in its middle.
        Error::Io(IoError::Io(error)) if error.kind() == std::io::ErrorKind::Other => true,
        error => is_restart(error, reached),
    };
    match restarts {
        true => FaultClass::Disconnected,
        false => FaultClass::Unavailable,
    }
}

fn cause(error: Error) -> String {
    match error {
        Error::Server(server) => match server.code {
            3159 => format!("{}; add ssl_mode=REQUIRED to the URL", server.message),
            code => format!("{} ({code})", server.message),
        },
        Error::Driver(ProtocolError::NoClientSslFlagFromServer) => {
            "the server offers no TLS; ssl_mode=DISABLED in the URL does without".to_owned()
        }
        other => other.to_string(),
    }
}

/// The faults of several servers as one: one that restarts may take the next attempt.
fn joined(faults: Vec<DriverError>) -> DriverError {
    let restarts = |fault: &DriverError| fault.class == FaultClass::Disconnected;
    let class = match &faults[..] {
        [one] => one.class,
        faults if faults.iter().any(restarts) => FaultClass::Disconnected,
        _ => FaultClass::Unavailable,
    };
    let messages: Vec<String> = faults.into_iter().map(|fault| fault.message).collect();
    DriverError::new(class, messages.join("; "))
}
