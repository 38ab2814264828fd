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
use tonic::Request;
use tonic::client::Grpc;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::service::Routes;
use tonic::transport::Channel;

use crate::bare::Raw;

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

    fn next(&self) -> Request<Bytes> {
        Request::new((self.request)(self.sent.fetch_add(1, Ordering::Relaxed)))
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

pub(crate) async fn call_once(server: SocketAddr, load: &Load) -> Bytes {
    call(&mut connect(server).await, load).await
}

/// Calls in a second, by clients with a connection each.
pub(crate) async fn rate(server: SocketAddr, load: &Load, clients: usize, during: Duration) -> f64 {
    let mut connections = join_all((0..clients).map(|_| connect(server))).await;
    let started = Instant::now();
    let busy = connections.iter_mut().map(async |client| {
        let mut calls = 0_u32;
        while started.elapsed() < during {
            call(client, load).await;
            calls += 1;
        }
        calls
    });
    let calls: u32 = join_all(busy).await.into_iter().sum();
    f64::from(calls) / started.elapsed().as_secs_f64()
}

async fn connect(server: SocketAddr) -> Grpc<Channel> {
    let channel = Channel::from_shared(format!("http://{server}")).expect("an address");
    let channel = channel
        .initial_stream_window_size(4 << 20)
        .initial_connection_window_size(4 << 20);
    Grpc::new(channel.connect().await.expect("the server accepts"))
        .max_decoding_message_size(usize::MAX)
}

async fn call(client: &mut Grpc<Channel>, load: &Load) -> Bytes {
    client.ready().await.expect("the connection is open");
    let reply = client.unary(load.next(), load.path.clone(), Raw).await;
    reply.expect("the call is answered").into_inner()
}
