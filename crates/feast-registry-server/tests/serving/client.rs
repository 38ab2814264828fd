//! A client of gRPC.

use std::net::SocketAddr;

use bytes::Bytes;
use feast_registry_proto::core::Project;
use feast_registry_proto::registry::GetProjectRequest;
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::Value;
use tokio::net::TcpStream;
use tonic::body::Body;
use tonic::client::Grpc;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::codegen::http::{self, HeaderMap};
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Response, Status};
use tonic_health::ServingStatus;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use tonic_prost::ProstCodec;

/// A connection to a server.
pub(crate) async fn connect(address: SocketAddr) -> Channel {
    let endpoint = Endpoint::from_shared(format!("http://{address}")).unwrap();
    endpoint.connect().await.unwrap()
}

/// Asks for a project by name.
pub(crate) async fn get_project(
    channel: &Channel,
    request: Request<GetProjectRequest>,
) -> Result<Response<Project>, Status> {
    let mut grpc = Grpc::new(channel.clone());
    grpc.ready().await.unwrap();
    let path = PathAndQuery::from_static("/feast.registry.RegistryServer/GetProject");
    grpc.unary(request, path, ProstCodec::default()).await
}

pub(crate) fn named(name: &str) -> Request<GetProjectRequest> {
    Request::new(GetProjectRequest {
        name: name.into(),
        ..Default::default()
    })
}

/// Waits until a health check says this.
pub(crate) async fn until(channel: &Channel, service: &str, wanted: ServingStatus) {
    let request = HealthCheckRequest {
        service: service.into(),
    };
    let mut client = HealthClient::new(channel.clone());
    let mut statuses = client.watch(request).await.unwrap().into_inner();
    while let Some(status) = statuses.message().await.unwrap() {
        if status.status == wanted as i32 {
            return;
        }
    }
    panic!("the health check ended");
}

/// A request by hand, for headers and bodies that tonic would not send.
pub(crate) fn post(rpc: &str) -> http::request::Builder {
    http::Request::post(format!(
        "http://localhost/feast.registry.RegistryServer/{rpc}"
    ))
    .header("content-type", "application/grpc")
    .header("te", "trailers")
}

/// A body with one message.
pub(crate) fn message(bytes: &[u8]) -> Body {
    body(crate::frames::message(bytes))
}

/// A body of these bytes.
pub(crate) fn body(bytes: Vec<u8>) -> Body {
    Body::new(http_body_util::Full::new(Bytes::from(bytes)))
}

/// Sends a request that fails: the headers and the status of the answer.
pub(crate) async fn send(address: SocketAddr, request: http::Request<Body>) -> (HeaderMap, Status) {
    let stream = TcpStream::connect(address).await.unwrap();
    let (mut sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
        .await
        .unwrap();
    let connected = tokio::spawn(connection);
    let answer = sender.send_request(request).await.unwrap();
    connected.abort();
    let headers = answer.headers().clone();
    let status = Status::from_header_map(&headers).expect("the call fails");
    (headers, status)
}

/// The message in the details of Feast's that every error has.
pub(crate) fn details(status: &Status) -> String {
    let details: Value = serde_json::from_str(status.message()).expect("details are JSON");
    assert_eq!(details["module"], "feast.errors");
    assert_eq!(details["class"], "FeastError");
    details["message"].as_str().expect("a text").to_owned()
}
