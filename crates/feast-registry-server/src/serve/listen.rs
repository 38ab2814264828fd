//! Sockets, and the connections that come in by them.

use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use feast_registry_core::{Error, ErrorKind, Result};
use futures::Stream;
use tokio::net::{TcpListener, UnixListener, UnixStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;

use super::connection::{Connection, Peer, Transport};
use super::options::{Address, Limits};
use super::tls::Certificates;

/// How long to wait when a connection cannot be taken: the system is out of something.
const PAUSE: Duration = Duration::from_millis(100);

/// A socket that is bound and listened on.
#[derive(Debug)]
pub(super) enum Listener {
    Tcp(TcpListener, SocketAddr),
    Unix(UnixListener, SocketFile),
}

/// A socket in the file system, which goes with this.
#[derive(Debug)]
pub(super) struct SocketFile(PathBuf);

impl Drop for SocketFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

impl Listener {
    pub(super) fn address(&self) -> Address {
        match self {
            Listener::Tcp(_, address) => Address::Tcp(*address),
            Listener::Unix(_, file) => Address::Unix(file.0.clone()),
        }
    }

    /// The next connection, and who it is from.
    async fn accept(&self) -> io::Result<(Box<dyn Transport>, Peer)> {
        match self {
            Listener::Tcp(listener, _) => {
                let (stream, address) = listener.accept().await?;
                // A small answer must not wait for the acknowledgement of the one before.
                stream.set_nodelay(true)?;
                Ok((Box::new(stream), Peer::new(address.to_string())))
            }
            Listener::Unix(listener, _) => {
                let (stream, _) = listener.accept().await?;
                Ok((Box::new(stream), Peer::new("unix")))
            }
        }
    }
}

/// All addresses of this machine, and those of IPv4 only.
const EVERYWHERE: (&str, Ipv4Addr) = ("::", Ipv4Addr::UNSPECIFIED);

/// Binds every address of a host. Of several, those that this machine lacks are left out:
/// `localhost` is two addresses where IPv6 is on. `::` is all of IPv4 where it is off.
pub(super) async fn bind(host: &str, port: u16) -> Result<Vec<TcpListener>> {
    let failed = |error: io::Error| {
        let message = format!("cannot listen on {host} port {port}: {error}");
        Error::new(ErrorKind::Unavailable, message)
    };
    let addresses = tokio::net::lookup_host((host, port)).await;
    let addresses = addresses.map_err(failed)?;
    let (everywhere, instead) = EVERYWHERE;
    let instead = (host == everywhere).then(|| SocketAddr::from((instead, port)));
    bind_present(addresses, instead).await.map_err(failed)
}

/// Binds the addresses that this machine has; `instead` if it has none of them.
async fn bind_present(
    addresses: impl Iterator<Item = SocketAddr>,
    instead: Option<SocketAddr>,
) -> io::Result<Vec<TcpListener>> {
    let (mut bound, mut last) = (Vec::new(), None);
    for address in addresses {
        match TcpListener::bind(address).await {
            Ok(listener) => bound.push(listener),
            Err(error) if is_absent(&error) => last = Some(error),
            Err(error) => return Err(error),
        }
    }
    match (bound.is_empty(), instead) {
        (false, _) => Ok(bound),
        (true, Some(instead)) => Ok(vec![TcpListener::bind(instead).await?]),
        (true, None) => {
            let none = || io::Error::new(io::ErrorKind::NotFound, "the host has no address");
            Err(last.unwrap_or_else(none))
        }
    }
}

fn is_absent(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::AddrNotAvailable | io::ErrorKind::Unsupported
    ) || error.raw_os_error() == Some(EAFNOSUPPORT)
}

/// Linux: this kernel has no such family of addresses.
const EAFNOSUPPORT: i32 = 97;

pub(super) fn tcp(listener: TcpListener) -> Result<Listener> {
    let address = listener.local_addr().map_err(|error| {
        let message = format!("a socket has no address: {error}");
        Error::new(ErrorKind::Internal, message)
    })?;
    Ok(Listener::Tcp(listener, address))
}

/// Binds a Unix socket, in place of one that nobody listens on any more.
pub(super) async fn unix(path: &Path) -> Result<Listener> {
    let failed = |error: io::Error| {
        let message = format!("cannot listen on {}: {error}", path.display());
        Error::new(ErrorKind::Unavailable, message)
    };
    let refused = |error: io::Error| error.kind() == io::ErrorKind::ConnectionRefused;
    if UnixStream::connect(path).await.is_err_and(refused) {
        std::fs::remove_file(path).map_err(failed)?;
    }
    let listener = UnixListener::bind(path).map_err(failed)?;
    Ok(Listener::Unix(listener, SocketFile(path.to_owned())))
}

/// The connections of all listeners. Nothing is listened on any more once this is dropped.
pub(super) fn incoming(
    listeners: Vec<Listener>,
    certificates: Option<&Certificates>,
    limits: &Limits,
) -> impl Stream<Item = Connection> + use<> {
    let (sender, mut receiver) = mpsc::channel(1);
    let places = Arc::new(Semaphore::new(
        limits.connections.min(Semaphore::MAX_PERMITS),
    ));
    let mut tasks = JoinSet::new();
    for listener in listeners {
        let network = matches!(listener, Listener::Tcp(..));
        let door = Door {
            certificates: certificates.filter(|_| network).cloned(),
            time: limits.handshake_time,
            places: Arc::clone(&places),
            sender: sender.clone(),
        };
        tasks.spawn(door.open(listener));
    }
    futures::stream::poll_fn(move |cx| {
        // Owned by the stream, so that they end with it.
        let _ = &tasks;
        receiver.poll_recv(cx)
    })
}

/// Where connections come in.
struct Door {
    certificates: Option<Certificates>,
    time: Duration,
    places: Arc<Semaphore>,
    sender: mpsc::Sender<Connection>,
}

impl Door {
    async fn open(self, listener: Listener) {
        let mut greetings = JoinSet::new();
        while let Ok(permit) = Arc::clone(&self.places).acquire_owned().await {
            while greetings.try_join_next().is_some() {}
            match listener.accept().await {
                Ok((transport, peer)) => {
                    greetings.spawn(self.greet(transport, peer, permit));
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be taken");
                    sleep(PAUSE).await;
                }
            }
        }
    }

    /// TLS and the first bytes, within the time that a client has for them.
    fn greet(
        &self,
        transport: Box<dyn Transport>,
        peer: Peer,
        permit: OwnedSemaphorePermit,
    ) -> impl Future<Output = ()> + use<> {
        let config = self.certificates.as_ref().map(Certificates::current);
        let (sender, time) = (self.sender.clone(), self.time);
        async move {
            let name = Arc::clone(&peer.name);
            let greeted = timeout(time, async {
                let transport: Box<dyn Transport> = match config {
                    Some(config) => Box::new(TlsAcceptor::from(config).accept(transport).await?),
                    None => transport,
                };
                Connection::greet(transport, peer, permit).await
            });
            match greeted.await {
                // Nobody waits for it any more when the server stops.
                Ok(Ok(connection)) => drop(sender.send(connection).await),
                Ok(Err(error)) => {
                    tracing::debug!(peer = %name, %error, "no connection came about")
                }
                Err(_) => tracing::debug!(peer = %name, "a client was too slow to connect"),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of the addresses for examples in texts (RFC 5737), which no machine has.
    const NOWHERE: &str = "192.0.2.1:0";

    #[tokio::test]
    async fn another_address_is_taken_where_the_first_is_none_of_this_machine() {
        let nowhere: SocketAddr = NOWHERE.parse().unwrap();
        let here = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let bound = bind_present([nowhere].into_iter(), Some(here))
            .await
            .unwrap();
        assert_eq!(bound.len(), 1);
        assert_eq!(bound[0].local_addr().unwrap().ip(), here.ip());
        assert!(bind_present([nowhere].into_iter(), None).await.is_err());
        let both = bind_present([here, nowhere].into_iter(), Some(here)).await;
        assert_eq!(both.unwrap().len(), 1);
    }
}
