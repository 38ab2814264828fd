//! The protocol as a tower service.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use feast_registry_core::Result;
use tonic::Status;
use tonic::body::Body;
use tonic::codegen::{StdError, http};
use tonic::server::NamedService;

use crate::places::Places;
use crate::status::refused;
use crate::{RegistrySlot, Rpc, calls, reply_body, request_body};

/// The largest request that is read unless told otherwise, as in Feast's server: 4 MiB.
const MAX_REQUEST_BYTES: usize = 4 * 1024 * 1024;

/// Feast's registry server over a registry, or over the slot of one that is opened later.
///
/// Why a call failed is a [`Failure`](crate::Failure) among the extensions of its response, for whoever
/// keeps a log: the service itself logs nothing, and tells clients nothing about its own faults.
pub fn service(registry: impl Into<RegistrySlot>) -> RegistryService {
    RegistryService {
        registry: registry.into(),
        max_request_bytes: MAX_REQUEST_BYTES,
        places: Places::default(),
    }
}

/// The service `feast.registry.RegistryServer`. Cheap to clone; clones share the registry.
#[derive(Clone, Debug)]
pub struct RegistryService {
    registry: RegistrySlot,
    max_request_bytes: usize,
    places: Places,
}

impl RegistryService {
    /// How many bytes a request may have; a larger one is answered with `RESOURCE_EXHAUSTED` before
    /// it is read.
    #[must_use]
    pub fn with_max_request_bytes(mut self, bytes: usize) -> Self {
        self.max_request_bytes = bytes;
        self
    }

    /// How many calls are worked on at a time; the others wait.
    pub(crate) fn with_places(mut self, places: Places) -> Self {
        self.places = places;
        self
    }

    /// Answers a request; one that fails is answered, too.
    pub(crate) fn respond<B>(
        &self,
        request: http::Request<B>,
    ) -> BoxFuture<Result<http::Response<Body>, Infallible>>
    where
        B: http_body::Body + Send + 'static,
        B::Error: Into<StdError> + Send + 'static,
    {
        let service = self.clone();
        Box::pin(async move {
            let Some(rpc) = Rpc::from_path(request.uri().path()) else {
                // As every server of gRPC says it: clients find out by this what a server can do.
                return Ok(Status::unimplemented("there is no such rpc").into_http());
            };
            Ok(service.answer(rpc, request).await.unwrap_or_else(refused))
        })
    }

    /// A place is taken when the request is there, and kept until the answer is taken.
    async fn answer<B>(&self, rpc: Rpc, request: http::Request<B>) -> Result<http::Response<Body>>
    where
        B: http_body::Body,
        B::Error: Into<StdError>,
    {
        let reading = request_body::read(request, self.max_request_bytes, &self.places);
        let received = self.places.in_time(reading).await?;
        let place = self.places.for_call().await;
        let request = received.into_message();
        let reply = calls::answer(self.registry.open()?, rpc, request).await?;
        reply_body::response(reply, place)
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
        self.respond(request)
    }
}

type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;
