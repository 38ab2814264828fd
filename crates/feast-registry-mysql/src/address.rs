//! What a URL says about where the server is and how to log in.

use std::time::Duration;

use mysql_async::{Opts, OptsBuilder, SslOpts};

use feast_registry_core::url::{RegistryUrl, Secret};
use feast_registry_core::{Error, ErrorKind, Result};

use crate::tls::Tls;

const PORT: u16 = 3306;
/// What the client takes in one packet: as much as the protocol allows. The server's own limit is
/// kept when statements are sent.
const CLIENT_PACKET: usize = 1 << 30;

/// Keys of other drivers that change nothing about what is stored.
const IGNORED: [&str; 5] = [
    "charset",
    "use_unicode",
    "binary_prefix",
    "autocommit",
    "local_infile",
];

/// One database on one or several servers, and how to log in.
#[derive(Clone, Debug)]
pub(crate) struct Address {
    pub(crate) hosts: Vec<Host>,
    user: Option<String>,
    password: Option<Secret>,
    pub(crate) database: String,
    pub(crate) tls: Tls,
    pub(crate) connect_timeout: Option<Duration>,
}

/// One server.
#[derive(Clone, Debug)]
pub(crate) enum Host {
    Tcp(String, u16),
    Socket(String),
}

impl std::fmt::Display for Host {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Host::Tcp(name, port) if name.contains(':') => write!(f, "[{name}]:{port}"),
            Host::Tcp(name, port) => write!(f, "{name}:{port}"),
            Host::Socket(path) => f.write_str(path),
        }
    }
}

impl Address {
    pub(crate) fn from_url(url: &RegistryUrl) -> Result<Self> {
        let database = url.database().ok_or_else(|| {
            Error::new(ErrorKind::Config, format!("{url} names no database"))
                .with_hint("write mysql://user:password@host/database")
        })?;
        let tls = Tls::from_url(url)?;
        warn_of_unknown_keys(url);
        Ok(Address {
            hosts: hosts(url),
            user: url.username().map(str::to_owned),
            password: url.password().cloned(),
            database: database.to_owned(),
            tls,
            connect_timeout: connect_timeout(url)?,
        })
    }

    /// What the driver needs to log in at one of the servers.
    pub(crate) fn options(&self, host: &Host, tls: Option<SslOpts>) -> Opts {
        let builder = OptsBuilder::default()
            .user(self.user.clone())
            .pass(self.password.as_ref().map(Secret::expose))
            .db_name(Some(self.database.clone()))
            .client_found_rows(true)
            .prefer_socket(false)
            // Known here, so that the driver need not ask for them.
            .max_allowed_packet(Some(CLIENT_PACKET))
            .wait_timeout(Some(0))
            // Statements are kept by the session, under the text that the store has.
            .stmt_cache_size(0)
            .ssl_opts(tls);
        match host {
            Host::Tcp(name, port) => builder.ip_or_hostname(name.clone()).tcp_port(*port),
            Host::Socket(path) => builder.socket(Some(path.clone())),
        }
        .into()
    }
}

fn hosts(url: &RegistryUrl) -> Vec<Host> {
    if let Some(path) = url.query_value("unix_socket") {
        return vec![Host::Socket(path.to_owned())];
    }
    let hosts = url.hosts().iter();
    let hosts: Vec<Host> = hosts
        .map(|(name, port)| Host::Tcp(name.clone(), port.unwrap_or(PORT)))
        .collect();
    match hosts.is_empty() {
        true => vec![Host::Tcp("localhost".to_owned(), PORT)],
        false => hosts,
    }
}

fn connect_timeout(url: &RegistryUrl) -> Result<Option<Duration>> {
    let Some(text) = url.query_value("connect_timeout") else {
        return Ok(None);
    };
    match text.parse() {
        Ok(seconds @ 1..) => Ok(Some(Duration::from_secs(seconds))),
        _ => Err(Error::new(
            ErrorKind::Config,
            format!("`connect_timeout={text}` of the URL must be a number of seconds, 1 or more"),
        )),
    }
}

/// Values are not shown: nobody knows what an unknown key holds.
fn warn_of_unknown_keys(url: &RegistryUrl) {
    let unknown: Vec<&str> = url
        .query()
        .iter()
        .map(|(key, _)| key.as_str())
        .filter(|key| {
            !IGNORED.contains(key)
                && !Tls::KEYS.contains(key)
                && !["unix_socket", "connect_timeout"].contains(key)
        })
        .collect();
    if !unknown.is_empty() {
        tracing::warn!(keys = %unknown.join(", "), "keys of the URL that mean nothing to this backend are ignored");
    }
    if let Some(charset) = url.query_value("charset")
        && !charset.starts_with("utf8")
    {
        tracing::warn!(%charset, "connections always use utf8mb4");
    }
}
