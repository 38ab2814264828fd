//! A server in this process.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use feast_registry_core::Result;
use feast_registry_server::{Address, Options, Reload, Server};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tonic::transport::Channel;
use tonic_health::ServingStatus;

use crate::client::{connect, until};
use crate::store::Gated;

/// A server that runs until it is stopped.
pub(crate) struct Running {
    pub(crate) store: Arc<Gated>,
    pub(crate) reload: Reload,
    addresses: Vec<Address>,
    metrics: Vec<Address>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<Result<()>>,
}

/// One free port of loopback, and no waiting.
pub(crate) fn options() -> Options {
    let mut options = Options::default();
    options.hosts = vec!["127.0.0.1".into()];
    options.port = 0;
    options.probe_interval = Duration::from_millis(10);
    options
}

impl Running {
    pub(crate) async fn start(options: Options) -> Self {
        Running::over(Gated::new(), options).await
    }

    /// A server that is ready, and a client of it.
    pub(crate) async fn ready(options: Options) -> (Self, Channel) {
        let server = Running::start(options).await;
        let client = connect(server.address()).await;
        until(&client, "", ServingStatus::Serving).await;
        (server, client)
    }

    pub(crate) async fn over(store: Arc<Gated>, options: Options) -> Self {
        let server = Server::bind(options).await.unwrap();
        let (addresses, metrics) = (server.addresses(), server.metrics_addresses());
        let reload = server.reload();
        let (stop, stopped) = oneshot::channel();
        let opened = Arc::clone(&store);
        let task = tokio::spawn(server.run(
            move || {
                let store = Arc::clone(&opened);
                async move { store.registry().await }
            },
            async { drop(stopped.await) },
        ));
        Running {
            store,
            reload,
            addresses,
            metrics,
            stop,
            task,
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        tcp(&self.addresses[0])
    }

    /// What it answers to a GET in plain HTTP, at the port of `/metrics`.
    pub(crate) async fn told(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(tcp(&self.metrics[0])).await.unwrap();
        let request =
            format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    /// Waits until a line is among the metrics.
    pub(crate) async fn until_told(&self, line: &str) {
        while !self.told("/metrics").await.contains(line) {
            tokio::task::yield_now().await;
        }
    }

    /// Tells it to stop; what is awaited is its end.
    pub(crate) fn stop(self) -> JoinHandle<Result<()>> {
        self.stop.send(()).unwrap();
        self.task
    }
}

fn tcp(address: &Address) -> SocketAddr {
    match address {
        Address::Tcp(address) => *address,
        other => panic!("{other} is no port"),
    }
}
