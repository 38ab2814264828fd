//! A client of gRPC.

use std::net::SocketAddr;

use feast_registry_proto::core::Project;
use feast_registry_proto::registry::GetProjectRequest;
use tonic::client::Grpc;
use tonic::codegen::http::uri::PathAndQuery;
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
