//! One round over a real socket, HTTP/2 and all.

use hyper::client::conn::http2 as client_conn;
use hyper::server::conn::http2 as server_conn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::service::TowerToHyperService;
use serde_json::json;
use tokio::net::{TcpListener, TcpStream};
use tonic::Code;
use tonic::service::Routes;

use feast_registry_core::Kind;
use feast_registry_server::{Rpc, service};

use crate::client::{Client, registry};

#[tokio::test]
async fn an_entity_goes_in_and_comes_out() {
    let routes = Routes::new(service(registry().await));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let serving = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        server_conn::Builder::new(TokioExecutor::new())
            .serve_connection(TokioIo::new(stream), TowerToHyperService::new(routes))
            .await
    });
    let stream = TcpStream::connect(address).await.unwrap();
    let (sender, connection) = client_conn::handshake(TokioExecutor::new(), TokioIo::new(stream))
        .await
        .unwrap();
    let connecting = tokio::spawn(connection);
    let mut client = Client::of(tower::service_fn(move |request| {
        let mut sender = sender.clone();
        async move { sender.send_request(request).await }
    }));

    client.apply(Kind::Entity, "rides", "driver").await;
    let get = |name: &str| json!({"name": name, "project": "rides"});
    let stored = client.ok(Rpc::GetEntity, get("driver")).await;
    assert_eq!(stored["spec"]["joinKey"], "id");
    let (code, ..) = client.refused(Rpc::GetEntity, get("rider")).await;
    assert_eq!(code, Code::NotFound);

    drop(client);
    connecting.await.unwrap().unwrap();
    serving.await.unwrap().unwrap();
}
