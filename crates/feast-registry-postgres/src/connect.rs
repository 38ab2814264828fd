//! From settings to a connection: hosts in order, TLS as it is asked for.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use feast_registry_sql::{DriverError, FaultClass, is_restart};
use tokio::time::timeout;
use tokio_postgres::config::{
    ChannelBinding, SslMode as Negotiate, SslNegotiation, TargetSessionAttrs,
};
use tokio_postgres::{Config, Error};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::error::causes;
use crate::session::Session;
use crate::settings::{Host, PostgresSettings, TargetSession};
use crate::tls::SslMode;

/// How to reach a server: its settings, ready to use.
pub(crate) struct Connector {
    config: Config,
    hosts: Vec<Host>,
    mode: SslMode,
    tls: MakeRustlsConnect,
    /// How long one host may take, names, TLS and password included.
    patience: Duration,
    /// Whether there was a connection before.
    reached: AtomicBool,
}

impl std::fmt::Debug for Connector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connector")
            .field("hosts", &self.hosts)
            .finish_non_exhaustive()
    }
}

impl Connector {
    pub(crate) fn new(settings: &PostgresSettings) -> Result<Self, DriverError> {
        Ok(Connector {
            config: config(settings),
            hosts: match settings.hosts.is_empty() {
                true => vec![Host::local(crate::settings::PORT)],
                false => settings.hosts.clone(),
            },
            mode: settings.tls.mode,
            tls: crate::tls::connector(&settings.tls)?,
            patience: settings.connect_timeout,
            reached: AtomicBool::new(false),
        })
    }

    /// A connection to the first server that will do.
    ///
    /// # Errors
    ///
    /// [`FaultClass::Unavailable`] with what each of them answered; [`FaultClass::Disconnected`] if one
    /// of them is restarting, so that it may take the next attempt.
    pub(crate) async fn connect(&self) -> Result<Session, DriverError> {
        let mut failures = Vec::new();
        let mut class = FaultClass::Unavailable;
        for host in &self.hosts {
            match timeout(self.patience, self.connect_to(host)).await {
                Ok(Ok(session)) => {
                    self.reached.store(true, Ordering::Relaxed);
                    return Ok(session);
                }
                Ok(Err(error)) => {
                    if self.is_restarting(&error) {
                        class = FaultClass::Disconnected;
                    }
                    failures.push(format!("{host}: {}", causes(&error)));
                }
                Err(_) => failures.push(format!("{host}: no answer in {:?}", self.patience)),
            }
        }
        let failures = failures.join("; ");
        Err(DriverError::new(
            class,
            format!("cannot connect to {failures}"),
        ))
    }

    /// Whether the server went away while it was connected to, or says that it stops or starts.
    fn is_restarting(&self, error: &Error) -> bool {
        match error.as_db_error() {
            Some(error) => error.code().code().starts_with("57P0"),
            None => error.is_closed() || is_restart(error, self.reached.load(Ordering::Relaxed)),
        }
    }

    async fn connect_to(&self, host: &Host) -> Result<Session, Error> {
        let mut config = self.config.clone();
        match host {
            Host::Tcp(name, port) => config.host(name).port(*port),
            Host::Unix(folder, port) => config.host_path(folder).port(*port),
        };
        let (first, second) = match (host, self.mode) {
            // There is no TLS on a Unix socket: libpq ignores the mode, too.
            (Host::Unix(..), _) | (_, SslMode::Disable) => (Negotiate::Disable, None),
            (_, SslMode::Allow) => (Negotiate::Disable, Some(Negotiate::Require)),
            (_, SslMode::Prefer) => (Negotiate::Prefer, Some(Negotiate::Disable)),
            _ => (Negotiate::Require, None),
        };
        match (self.attempt(&mut config, first).await, second) {
            (Err(error), Some(other)) if may_differ(&error) => {
                let again = self.attempt(&mut config, other).await;
                again.map_err(|_| error)
            }
            (outcome, _) => outcome,
        }
    }

    async fn attempt(&self, config: &mut Config, mode: Negotiate) -> Result<Session, Error> {
        let (client, connection) = config.ssl_mode(mode).connect(self.tls.clone()).await?;
        let task = tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(error = causes(&error), "a connection has ended");
            }
        });
        Ok(Session::new(client, task, self.tls.clone()))
    }
}

/// Whether the server may take the client with TLS if it does not without, or the other way round:
/// the handshake failed, or the server's rules for hosts (`pg_hba.conf`) said no.
fn may_differ(error: &Error) -> bool {
    match error.as_db_error() {
        Some(error) => error.code().code() == "28000",
        None => !error.is_closed() && !std::error::Error::source(error).is_some_and(is_refused),
    }
}

fn is_refused(error: &(dyn std::error::Error + 'static)) -> bool {
    error
        .downcast_ref::<std::io::Error>()
        .is_some_and(|error| error.kind() == std::io::ErrorKind::ConnectionRefused)
}

fn config(settings: &PostgresSettings) -> Config {
    let mut config = Config::new();
    let user = settings.user.clone().or_else(|| std::env::var("USER").ok());
    config.user(user.as_deref().unwrap_or("postgres"));
    if let Some(password) = &settings.password {
        config.password(password.expose());
    }
    if let Some(database) = &settings.database {
        config.dbname(database);
    }
    // What is empty is not sent: poolers refuse what they do not know.
    if !settings.application_name.is_empty() {
        config.application_name(&settings.application_name);
    }
    if !settings.options.is_empty() {
        config.options(&settings.options);
    }
    config
        .connect_timeout(settings.connect_timeout)
        .keepalives(settings.keepalives_idle.is_some())
        .target_session_attrs(match settings.target {
            TargetSession::Any => TargetSessionAttrs::Any,
            TargetSession::ReadWrite => TargetSessionAttrs::ReadWrite,
            TargetSession::ReadOnly => TargetSessionAttrs::ReadOnly,
        });
    if let Some(idle) = settings.keepalives_idle {
        config.keepalives_idle(idle);
    }
    if let Some(interval) = settings.keepalives_interval {
        config.keepalives_interval(interval);
    }
    if let Some(count) = settings.keepalives_count {
        config.keepalives_retries(count);
    }
    if let Some(patience) = settings.tcp_user_timeout {
        config.tcp_user_timeout(patience);
    }
    if settings.tls.direct {
        config.ssl_negotiation(SslNegotiation::Direct);
    }
    if settings.tls.require_channel_binding {
        config.channel_binding(ChannelBinding::Require);
    }
    config
}
