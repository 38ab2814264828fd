//! The protocol as a tower service.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use tonic::Status;
use tonic::body::Body;
use tonic::codegen::{StdError, http};
use tonic::server::NamedService;

use crate::reply::Reply;
use crate::status::status;
use crate::{RegistrySlot, Rpc, calls, reply_body, request_body};

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

impl RegistryService {
    async fn answer<B>(&self, request: http::Request<B>) -> Result<Reply, Status>
    where
        B: http_body::Body + Send + 'static,
        B::Error: Into<StdError> + Send + 'static,
    {
        let rpc = Rpc::from_path(request.uri().path())
            .ok_or_else(|| Status::unimplemented("there is no such rpc"))?;
        let request = request_body::read(request, self.max_request_bytes).await?;
        let answered = match self.registry.open() {
            Ok(registry) => calls::answer(registry, rpc, request).await,
            Err(error) => Err(error),
        };
        answered.map_err(|error| status(&error))
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
        let service = self.clone();
        Box::pin(async move {
            let answered = service.answer(request).await;
            Ok(answered.map_or_else(Status::into_http, reply_body::response))
        })
    }
}

type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;
