//! Where a server is and how its connections are set up.

use std::path::PathBuf;
use std::time::Duration;

use feast_registry_core::url::Secret;

use crate::tls::TlsSettings;

/// The port of PostgreSQL.
pub(crate) const PORT: u16 = 5432;
/// Where Debian, Fedora and their like keep the socket; elsewhere it is in `/tmp`.
const SOCKETS: [&str; 2] = ["/var/run/postgresql", "/tmp"];

/// A server to try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Host {
    /// A name or an address, and a port.
    Tcp(String, u16),
    /// The folder of a Unix socket, and the port that is part of the socket's name.
    Unix(PathBuf, u16),
}

impl Host {
    /// A host as libpq writes it: a folder begins with a slash.
    pub(crate) fn parse(text: &str, port: u16) -> Self {
        if text.starts_with('/') {
            Host::Unix(text.into(), port)
        } else {
            Host::Tcp(text.to_owned(), port)
        }
    }

    /// Where libpq looks for a server if nothing is said: a socket of this machine, if there is
    /// one, else this machine.
    pub(crate) fn local(port: u16) -> Self {
        let socket = format!(".s.PGSQL.{port}");
        SOCKETS
            .map(PathBuf::from)
            .into_iter()
            .find(|folder| folder.join(&socket).exists())
            .map_or_else(
                || Host::Tcp("localhost".to_owned(), port),
                |folder| Host::Unix(folder, port),
            )
    }
}

impl std::fmt::Display for Host {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Host::Tcp(name, port) => write!(f, "{name}:{port}"),
            Host::Unix(folder, port) => write!(f, "{}/.s.PGSQL.{port}", folder.display()),
        }
    }
}

/// Which of several servers will do (`target_session_attrs`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TargetSession {
    /// The first that answers.
    #[default]
    Any,
    /// The first that may be written.
    ReadWrite,
    /// The first that may only be read.
    ReadOnly,
}

/// Where a server is and how its connections are set up.
///
/// `Debug` does not show the password.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct PostgresSettings {
    /// The servers, tried in this order.
    pub hosts: Vec<Host>,
    /// The user; by default that of the operating system.
    pub user: Option<String>,
    /// The password.
    pub password: Option<Secret>,
    /// The database; by default that of the user's name.
    pub database: Option<String>,
    /// What the server shows of this program.
    pub application_name: String,
    /// Settings of the session (`-c name=value`). Poolers may refuse them: empty unless asked for.
    pub options: String,
    /// Which of several servers will do.
    pub target: TargetSession,
    /// TLS.
    pub tls: TlsSettings,
    /// Send TCP keepalives after this much silence; `None` leaves them off.
    pub keepalives_idle: Option<Duration>,
    /// Send another one after so long without an answer; `None` leaves it to the system.
    pub keepalives_interval: Option<Duration>,
    /// After so many without an answer the connection counts as lost; `None` leaves it to the system.
    pub keepalives_count: Option<u32>,
    /// How long data may stay unacknowledged before the connection counts as lost (Linux).
    pub tcp_user_timeout: Option<Duration>,
    /// Whether statements are prepared once per connection; `None` finds out whether a pooler
    /// stands between.
    pub prepared: Option<bool>,
    /// Connections at most.
    pub max_size: usize,
    /// How long to wait for a free connection.
    pub acquire_timeout: Duration,
    /// How long to wait for a new connection, per host.
    pub connect_timeout: Duration,
    /// Close connections older than this.
    pub recycle: Option<Duration>,
    /// Ask a connection whether it is alive before it is used.
    pub pre_ping: bool,
    /// Log every statement.
    pub echo: bool,
    /// The schema of the tables; `None` for the current one of the session.
    pub schema: Option<String>,
    /// Where reads may go that need not see the newest writes.
    pub replica: Option<Box<PostgresSettings>>,
}

impl Default for PostgresSettings {
    fn default() -> Self {
        PostgresSettings {
            hosts: Vec::new(),
            user: None,
            password: None,
            database: None,
            application_name: "feast-registry".to_owned(),
            options: String::new(),
            target: TargetSession::default(),
            tls: TlsSettings::default(),
            keepalives_idle: Some(Duration::from_secs(60)),
            keepalives_interval: None,
            keepalives_count: None,
            tcp_user_timeout: None,
            prepared: None,
            max_size: 8,
            acquire_timeout: Duration::from_secs(30),
            connect_timeout: Duration::from_secs(10),
            recycle: None,
            pre_ping: false,
            echo: false,
            schema: None,
            replica: None,
        }
    }
}
