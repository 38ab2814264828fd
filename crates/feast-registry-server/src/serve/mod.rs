//! Serving: sockets, TLS, limits, health, metrics and a graceful end around the protocol.
//!
//! [`Server::bind`] takes the sockets, [`Server::run`] serves until it is told to stop. Whether the
//! store can be reached does not matter to either: until it can, calls are answered UNAVAILABLE
//! and health checks say so.

mod calls;
mod connection;
mod deadline;
mod gather;
mod http;
mod listen;
mod metrics;
mod options;
mod readiness;
mod sent;
mod services;
mod session;
mod sessions;
mod tls;
mod unread;

use std::future::Future;
use std::pin::pin;

use feast_registry_core::{Error, ErrorKind, Registry, Result};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tonic::service::Routes;

use self::calls::Shared;
use self::listen::Listener;
use self::metrics::Metrics;
pub use self::options::{Address, DEFAULT_PORT, Limits, Options};
use self::readiness::Readiness;
use self::services::Services;
use self::sessions::Sessions;
use self::tls::Certificates;
pub use self::tls::{Reload, TlsFiles};
use crate::RegistrySlot;
use crate::places::Places;

/// A server whose sockets are bound.
#[derive(Debug)]
pub struct Server {
    options: Options,
    listeners: Vec<Listener>,
    http: Vec<TcpListener>,
    certificates: Option<Certificates>,
}

impl Server {
    /// Takes the sockets and reads the certificates.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unavailable`] if an address cannot be listened on, [`ErrorKind::Config`] if the
    /// certificates are of no use.
    pub async fn bind(options: Options) -> Result<Self> {
        let certificates = match options.tls.clone() {
            Some(files) => Some(Certificates::follow(files).await?),
            None => None,
        };
        let (mut listeners, mut http) = (Vec::new(), Vec::new());
        for host in &options.hosts {
            for listener in listen::bind(host, options.port).await? {
                listeners.push(listen::tcp(listener)?);
            }
            if let Some(port) = options.metrics_port {
                http.extend(listen::bind(host, port).await?);
            }
        }
        if let Some(path) = &options.unix_socket {
            listeners.push(listen::unix(path).await?);
        }
        let server = Server {
            options,
            listeners,
            http,
            certificates,
        };
        server.warn_if_open();
        Ok(server)
    }

    /// Where it listens for gRPC.
    pub fn addresses(&self) -> Vec<Address> {
        self.listeners.iter().map(Listener::address).collect()
    }

    /// A way to have the certificates read at once, while the server runs.
    pub fn reload(&self) -> Reload {
        Reload::of(self.certificates.as_ref())
    }

    /// Where it listens for `/metrics`.
    pub fn metrics_addresses(&self) -> Vec<Address> {
        let addresses = self.http.iter().filter_map(|http| http.local_addr().ok());
        addresses.map(Address::Tcp).collect()
    }

    /// Serves the registry that `open` opens, until `stop` is done and the calls under way are too.
    ///
    /// `open` is called again while the store cannot be reached.
    ///
    /// # Errors
    ///
    /// Those of `open` that another attempt does not mend, and those of closing the registry.
    pub async fn run<F>(self, open: impl FnMut() -> F, stop: impl Future<Output = ()>) -> Result<()>
    where
        F: Future<Output = Result<Registry>>,
    {
        let slot = RegistrySlot::default();
        let metrics = Metrics::new(slot.clone());
        let (reporter, health) = tonic_health::server::health_reporter();
        let readiness = Readiness::new(reporter).await;
        let _http = http::serve(self.http, metrics.clone(), readiness.watch());

        let limits = &self.options.limits;
        let service = crate::service(slot.clone())
            .with_max_request_bytes(limits.message_bytes)
            .with_places(Places::new(limits.calls, limits.request_time));
        let sessions = Sessions {
            services: Services::new(service, Routes::new(health))?,
            shared: Shared::new(limits, metrics).into(),
            limits: *limits,
            drain: self.options.drain,
        };
        let certificates = self.certificates.as_ref();
        let incoming = listen::incoming(self.listeners, certificates, limits);
        let (draining, drained) = watch::channel(false);
        let mut serving = pin!(sessions.serve(incoming, drained));

        let following = async {
            let registry = readiness.open(open).await?;
            slot.fill(registry.clone());
            let interval = self.options.probe_interval;
            readiness.follow(&registry, interval).await;
            Ok(())
        };
        tokio::select! {
            failed = following => failed?,
            () = &mut serving => {
                return Err(Error::new(ErrorKind::Internal, "nothing is listened on any more"));
            }
            () = stop => {}
        }
        tracing::info!("stopping: calls under way may end");
        readiness.stop().await;
        draining.send_replace(true);
        serving.await;
        match slot.registry() {
            Some(registry) => registry.close().await,
            None => Ok(()),
        }
    }

    fn warn_if_open(&self) {
        if self.certificates.is_some() {
            return;
        }
        let open = self
            .listeners
            .iter()
            .find(|listener| match listener.address() {
                Address::Tcp(address) => !address.ip().is_loopback(),
                Address::Unix(_) => false,
            });
        if let Some(listener) = open {
            tracing::warn!(
                "whoever reaches {} may read and change the registry: there is no TLS and no authentication",
                listener.address()
            );
        }
    }
}
