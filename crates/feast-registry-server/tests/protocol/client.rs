//! A client that speaks to the service without a socket.

use std::sync::Arc;

use tonic::body::Body;
use tonic::client::{Grpc, GrpcService};
use tonic::codegen::http::uri::{PathAndQuery, Uri};
use tonic::codegen::{Body as HttpBody, StdError};
use tonic::{Request, Status};
use tonic_prost::ProstCodec;
use tonic_prost::prost::Message;

use feast_registry_core::store::MemoryStore;
use feast_registry_core::{Registry, RegistryOptions};
use feast_registry_server::Rpc;

/// Calls rpcs of a service, wherever it is.
pub(crate) struct Client<S>(Grpc<S>);

/// A registry of one test.
pub(crate) async fn registry() -> Registry {
    let store = Arc::new(MemoryStore::new());
    Registry::open(store, RegistryOptions::default())
        .await
        .expect("a registry in memory opens")
}

impl<S> Client<S>
where
    S: GrpcService<Body>,
    S::ResponseBody: HttpBody + Send + 'static,
    <S::ResponseBody as HttpBody>::Error: Into<StdError>,
    S::Error: std::fmt::Debug,
{
    pub(crate) fn of(service: S) -> Self {
        Client(Grpc::with_origin(
            service,
            Uri::from_static("http://localhost"),
        ))
    }

    /// Calls an rpc with a message, and decodes what it answers.
    pub(crate) async fn call<A>(
        &mut self,
        rpc: Rpc,
        request: impl Message + 'static,
    ) -> Result<A, Status>
    where
        A: Message + Default + 'static,
    {
        self.call_path(&format!("/{}/{}", Rpc::SERVICE, rpc.name()), request)
            .await
    }

    /// The same at a path that may be no rpc.
    pub(crate) async fn call_path<Q, A>(&mut self, path: &str, request: Q) -> Result<A, Status>
    where
        Q: Message + 'static,
        A: Message + Default + 'static,
    {
        let path: PathAndQuery = path.parse().expect("the path of a request");
        self.0.ready().await.expect("the service takes calls");
        let codec = ProstCodec::<Q, A>::default();
        let response = self.0.unary(Request::new(request), path, codec).await?;
        Ok(response.into_inner())
    }
}
