//! The options of `serve`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueHint};
use feast_registry_server::{DEFAULT_PORT, Options, TlsFiles};

use super::values;

const EXAMPLES: &str = "\
Examples:
  feast-registry serve --demo                    try it: registry.db, filled with example objects
  feast-registry serve --registry postgresql://… --host :: --tls-cert tls.crt --tls-key tls.key

Called as `serve_registry`, or by the name `feast`, it takes the options of Feast's own command, and the variables.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Serve {
    /// A name or address of this machine to listen on; `::` is all of them. May be repeated
    #[arg(
        long,
        value_name = "HOST",
        value_delimiter = ',',
        default_value = "localhost"
    )]
    host: Vec<String>,
    /// The port for gRPC; 0 lets the system choose
    #[arg(long, short, default_value_t = DEFAULT_PORT)]
    port: u16,
    /// A Unix socket to listen on as well, without TLS
    #[arg(long, env = "FEAST_REGISTRY_SERVE_UNIX_SOCKET", hide_env_values = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    unix_socket: Option<PathBuf>,
    /// The certificate of the server in PEM, with those between it and the root
    #[arg(long, value_name = "FILE", requires = "tls_key", value_hint = ValueHint::FilePath)]
    tls_cert: Option<PathBuf>,
    /// Its private key
    #[arg(long, value_name = "FILE", requires = "tls_cert", value_hint = ValueHint::FilePath)]
    tls_key: Option<PathBuf>,
    /// Roots of the certificates that clients must show
    #[arg(long, env = "FEAST_REGISTRY_SERVE_TLS_CLIENT_CA", hide_env_values = true, value_name = "FILE", requires = "tls_cert", value_hint = ValueHint::FilePath)]
    tls_client_ca: Option<PathBuf>,
    /// Serve /metrics, /healthz and /readyz on this port, in plain HTTP
    #[arg(
        long,
        env = "FEAST_REGISTRY_SERVE_METRICS_PORT",
        hide_env_values = true,
        value_name = "PORT"
    )]
    metrics_port: Option<u16>,
    /// The largest request in bytes
    #[arg(long, env = "FEAST_REGISTRY_SERVE_MAX_MESSAGE_SIZE", hide_env_values = true, value_name = "BYTES", default_value_t = Options::default().limits.message_bytes)]
    max_message_size: usize,
    /// Connections at a time
    #[arg(long, env = "FEAST_REGISTRY_SERVE_MAX_CONNECTIONS", hide_env_values = true, value_name = "N", default_value_t = Options::default().limits.connections)]
    max_connections: usize,
    /// Calls at a time on one connection
    #[arg(long, env = "FEAST_REGISTRY_SERVE_MAX_STREAMS", hide_env_values = true, value_name = "N", default_value_t = Options::default().limits.streams)]
    max_streams: u32,
    /// Calls that are worked on at a time
    #[arg(long, env = "FEAST_REGISTRY_SERVE_MAX_CALLS", hide_env_values = true, value_name = "N", default_value_t = Options::default().limits.calls)]
    max_calls: usize,
    /// How long a call may take, in seconds
    #[arg(long, env = "FEAST_REGISTRY_SERVE_CALL_TIMEOUT", hide_env_values = true, value_name = "SECONDS", value_parser = values::seconds, default_value = "60")]
    call_timeout: Duration,
    /// How long calls under way may take when the server is told to stop, in seconds
    #[arg(long, env = "FEAST_REGISTRY_SERVE_DRAIN_TIMEOUT", hide_env_values = true, value_name = "SECONDS", value_parser = values::seconds, default_value = "25")]
    drain_timeout: Duration,
    /// Fill the registry with the example objects first
    #[arg(long)]
    pub(crate) demo: bool,
    /// Behave like Feast's server where the two differ
    #[arg(long, hide = true)]
    pub(crate) as_feast: bool,
}

impl Serve {
    /// The variables that options may be given by: none of them is a setting of a registry.
    pub(crate) fn variables() -> impl Iterator<Item = String> {
        let command = Serve::augment_args(clap::Command::new("serve"));
        let names: Vec<String> = command
            .get_arguments()
            .filter_map(|argument| Some(argument.get_env()?.to_string_lossy().into_owned()))
            .collect();
        names.into_iter()
    }

    /// What the options say to the server.
    pub(crate) fn options(&self) -> Options {
        let mut options = Options::default();
        options.hosts.clone_from(&self.host);
        options.port = self.port;
        options.unix_socket.clone_from(&self.unix_socket);
        options.tls = self.tls();
        options.metrics_port = self.metrics_port;
        options.drain = self.drain_timeout;
        options.limits.message_bytes = self.max_message_size;
        options.limits.connections = self.max_connections;
        options.limits.streams = self.max_streams;
        options.limits.calls = self.max_calls;
        options.limits.call_time = self.call_timeout;
        options
    }

    fn tls(&self) -> Option<TlsFiles> {
        Some(TlsFiles {
            certificate: self.tls_cert.clone()?,
            key: self.tls_key.clone()?,
            client_ca: self.tls_client_ca.clone(),
        })
    }
}
