//! Servers on loopback, and clients that keep them busy.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use feast_registry_server::Rpc;
use futures::future::join_all;
use hyper::server::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::runtime;
use tokio::task::{JoinSet, spawn_blocking};
use tonic::Request;
use tonic::client::Grpc;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::service::Routes;
use tonic::transport::Channel;

use crate::bare::Raw;
use crate::client::Client;

/// One call, again and again. Clones count together.
#[derive(Clone)]
pub(crate) struct Load {
    path: PathAndQuery,
    request: Arc<dyn Fn(u64) -> Bytes + Send + Sync>,
    sent: Arc<AtomicU64>,
}

impl Load {
    /// The same request every time.
    pub(crate) fn new(rpc: Rpc, request: Bytes) -> Self {
        Load::varying(rpc, move |_| request.clone())
    }

    /// Requests by their number.
    pub(crate) fn varying(
        rpc: Rpc,
        request: impl Fn(u64) -> Bytes + Send + Sync + 'static,
    ) -> Self {
        let path = format!("/{}/{}", Rpc::SERVICE, rpc.name());
        Load {
            path: path.parse().expect("a path"),
            request: Arc::new(request),
            sent: Arc::default(),
        }
    }

    /// How many were sent; all were answered, or the benchmark ended.
    #[allow(dead_code, reason = "reads need no counting")]
    pub(crate) fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    fn next(&self) -> Bytes {
        (self.request)(self.sent.fetch_add(1, Ordering::Relaxed))
    }
}

/// Serves on a free port, as long as the process runs.
pub(crate) async fn serve(routes: Routes) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("its address");
    let routes = routes.prepare();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            stream.set_nodelay(true).expect("a socket");
            let service = TowerToHyperService::new(routes.clone());
            tokio::spawn(
                http2::Builder::new(TokioExecutor::new())
                    .serve_connection(TokioIo::new(stream), service),
            );
        }
    });
    address
}

/// Calls once, by tonic's client; the message of the answer.
pub(crate) async fn call_once(server: SocketAddr, load: &Load) -> Bytes {
    let channel = Channel::from_shared(format!("http://{server}")).expect("an address");
    let channel = channel.connect().await.expect("the server accepts");
    let mut client = Grpc::new(channel).max_decoding_message_size(usize::MAX);
    client.ready().await.expect("the connection is open");
    let request = Request::new(load.next());
    let reply = client.unary(request, load.path.clone(), Raw).await;
    reply.expect("the call is answered").into_inner()
}

/// Calls in a second, by clients with a connection each, on a thread of their own.
pub(crate) async fn rate(server: SocketAddr, load: &Load, clients: usize, during: Duration) -> f64 {
    let load = load.clone();
    let rate = spawn_blocking(move || {
        let runtime = runtime::Builder::new_current_thread().enable_io().build();
        runtime
            .expect("a runtime starts")
            .block_on(keep_busy(server, load, clients, during))
    });
    rate.await.expect("calls are answered")
}

async fn keep_busy(server: SocketAddr, load: Load, clients: usize, during: Duration) -> f64 {
    let path = load.path.as_str();
    let connections = join_all((0..clients).map(|_| Client::connect(server, path))).await;
    let started = Instant::now();
    let mut busy = JoinSet::new();
    for mut client in connections {
        let load = load.clone();
        busy.spawn(async move {
            let mut calls = 0_u32;
            while started.elapsed() < during {
                client.call(&load.next()).await;
                calls += 1;
            }
            calls
        });
    }
    let calls: u32 = busy.join_all().await.into_iter().sum();
    f64::from(calls) / started.elapsed().as_secs_f64()
}
