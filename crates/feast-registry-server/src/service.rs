//! The protocol as a tower service.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use tonic::body::Body;
use tonic::codegen::{StdError, http};
use tonic::server::{Grpc, NamedService, UnaryService};
use tonic::{Code, Request, Response, Status};

use feast_registry_core::{Error, ErrorKind};

use crate::codec::Raw;
use crate::reply::Reply;
use crate::{RegistrySlot, Rpc, calls, status};

/// The largest request that is read unless told otherwise, as in Feast's server: 4 MiB.
const MAX_REQUEST_BYTES: usize = 4 * 1024 * 1024;

/// Feast's registry server over a registry, or over the slot of one that is opened later.
pub fn service(registry: impl Into<RegistrySlot>) -> RegistryService {
    RegistryService {
        registry: registry.into(),
        max_request_bytes: MAX_REQUEST_BYTES,
    }
}

/// The service `feast.registry.RegistryServer`. Cheap to clone; clones share the registry.
#[derive(Clone, Debug)]
pub struct RegistryService {
    registry: RegistrySlot,
    max_request_bytes: usize,
}

impl RegistryService {
    /// How many bytes a request may have; a larger one is answered with `RESOURCE_EXHAUSTED` before
    /// it is read.
    #[must_use]
    pub fn with_max_request_bytes(mut self, bytes: usize) -> Self {
        self.max_request_bytes = bytes;
        self
    }
}

impl NamedService for RegistryService {
    const NAME: &'static str = Rpc::SERVICE;
}

impl<B> tower::Service<http::Request<B>> for RegistryService
where
    B: http_body::Body + Send + 'static,
    B::Error: Into<StdError> + Send + 'static,
{
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<B>) -> Self::Future {
        let Some(rpc) = Rpc::from_path(request.uri().path()) else {
            let unknown = Status::unimplemented("there is no such rpc");
            return Box::pin(async move { Ok(unknown.into_http()) });
        };
        let call = Call {
            rpc,
            registry: self.registry.clone(),
        };
        let limit = self.max_request_bytes;
        let mut grpc = Grpc::new(Raw).max_decoding_message_size(limit);
        Box::pin(async move {
            let response = grpc.unary(call, request).await;
            Ok(match Status::from_header_map(response.headers()) {
                // So tonic says it, and nothing else here does.
                Some(status) if status.code() == Code::OutOfRange => too_large(limit).into_http(),
                _ => response,
            })
        })
    }
}

/// As gRPC servers other than tonic say it, Feast's among them.
fn too_large(limit: usize) -> Status {
    let message = format!("the request is larger than the {limit} bytes that this server takes");
    status::status(&Error::new(ErrorKind::TooLarge, message))
}

type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// One rpc, about to be answered.
struct Call {
    rpc: Rpc,
    registry: RegistrySlot,
}

impl UnaryService<Bytes> for Call {
    type Response = Reply;
    type Future = BoxFuture<Result<Response<Reply>, Status>>;

    fn call(&mut self, request: Request<Bytes>) -> Self::Future {
        let (rpc, registry) = (self.rpc, self.registry.clone());
        Box::pin(async move {
            let reply = match registry.open() {
                Ok(registry) => calls::answer(registry, rpc, request.into_inner()).await,
                Err(error) => Err(error),
            };
            reply
                .map(Response::new)
                .map_err(|error| status::status(&error))
        })
    }
}
