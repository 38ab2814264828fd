//! What tools learn of the services without having their files.

use crate::client::connect;
use crate::running::{Running, options};

/// The names of all services, as one version of the reflection service tells them.
macro_rules! services {
    ($version:ident, $channel:expr) => {{
        use tonic_reflection::pb::$version::ServerReflectionRequest;
        use tonic_reflection::pb::$version::server_reflection_client::ServerReflectionClient;
        use tonic_reflection::pb::$version::server_reflection_request::MessageRequest;
        use tonic_reflection::pb::$version::server_reflection_response::MessageResponse;

        let request = ServerReflectionRequest {
            host: String::new(),
            message_request: Some(MessageRequest::ListServices(String::new())),
        };
        let answers = ServerReflectionClient::new($channel)
            .server_reflection_info(futures::stream::iter([request]))
            .await;
        let answer = answers.unwrap().into_inner().message().await.unwrap();
        match answer.unwrap().message_response {
            Some(MessageResponse::ListServicesResponse(list)) => {
                let names = list.service.into_iter().map(|service| service.name);
                names.collect::<Vec<String>>()
            }
            other => panic!("{other:?}"),
        }
    }};
}

#[tokio::test]
async fn both_versions_name_the_services() {
    let server = Running::start(options()).await;
    let client = connect(server.address()).await;
    for names in [
        services!(v1, client.clone()),
        services!(v1alpha, client.clone()),
    ] {
        for name in ["feast.registry.RegistryServer", "grpc.health.v1.Health"] {
            assert!(names.iter().any(|it| it == name), "no {name} in {names:?}");
        }
    }
}
