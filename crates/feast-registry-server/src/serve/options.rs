//! Where and how a server serves.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use super::tls::TlsFiles;

/// The port of Feast's registry server.
pub const DEFAULT_PORT: u16 = 6570;

/// Where and how a server serves.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Options {
    /// Names or addresses of this machine to listen on; `::` is all of them.
    pub hosts: Vec<String>,
    /// The port; 0 lets the system choose.
    pub port: u16,
    /// A Unix socket to listen on as well. One that a dead process left is replaced.
    pub unix_socket: Option<PathBuf>,
    /// Serve by TLS, and over nothing else, on the network. A Unix socket is always plain.
    pub tls: Option<TlsFiles>,
    /// The port of `/metrics`, `/healthz` and `/readyz` on the same hosts, in plain HTTP.
    pub metrics_port: Option<u16>,
    /// What one client may ask for, and all of them.
    pub limits: Limits,
    /// How long calls that are under way may take when the server is told to stop.
    pub drain: Duration,
    /// How often the store is asked whether it answers.
    pub probe_interval: Duration,
}

impl Default for Options {
    /// Loopback only, on Feast's port.
    fn default() -> Self {
        Options {
            hosts: vec!["localhost".into()],
            port: DEFAULT_PORT,
            unix_socket: None,
            tls: None,
            metrics_port: None,
            limits: Limits::default(),
            drain: Duration::from_secs(25),
            probe_interval: Duration::from_secs(5),
        }
    }
}

/// Bounds on what clients may use.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of one request message. gRPC's own default, which Feast's server keeps.
    pub message_bytes: usize,
    /// Bytes of the headers of one call.
    pub header_bytes: u32,
    /// Connections at a time; more wait in the queue of the system.
    pub connections: usize,
    /// Calls at a time on one connection.
    pub streams: u32,
    /// Calls at a time that are worked on, or whose answers are taken; more wait, as long as `call_time`
    /// allows.
    pub calls: usize,
    /// How long one call may take, unless its client has less time. Taking the answer may last as long again.
    pub call_time: Duration,
    /// How long the request of a call may take to arrive.
    pub request_time: Duration,
    /// How long a client may take nothing of an answer; then its connection is closed.
    pub answer_time: Duration,
    /// How long a client may take from the connection to its first call's headers: TLS included.
    pub handshake_time: Duration,
    /// How long a connection may be silent before it is asked whether it is alive.
    pub keepalive_interval: Duration,
    /// How long it may take to say so.
    pub keepalive_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            message_bytes: 4 * 1024 * 1024,
            header_bytes: 16 * 1024,
            connections: 10_000,
            streams: 256,
            calls: 1024,
            call_time: Duration::from_secs(60),
            request_time: Duration::from_secs(20),
            answer_time: Duration::from_secs(20),
            handshake_time: Duration::from_secs(10),
            keepalive_interval: Duration::from_secs(30),
            keepalive_timeout: Duration::from_secs(20),
        }
    }
}

/// Where a server listens.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Address {
    /// A port of this machine.
    Tcp(SocketAddr),
    /// A socket in the file system.
    Unix(PathBuf),
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Address::Tcp(address) => write!(f, "{address}"),
            // The form of a gRPC target.
            Address::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}
