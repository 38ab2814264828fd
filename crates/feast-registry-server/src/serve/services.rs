//! What is served at which path.

use std::convert::Infallible;

use feast_registry_core::{Error, ErrorKind, Result};
use feast_registry_proto::FILE_DESCRIPTOR_SET;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use hyper::body::Incoming;
use tonic::body::Body;
use tonic::codegen::http::{Request, Response};
use tonic::service::Routes;
use tower::Service as _;

use crate::{RegistryService, Rpc};

/// The registry's service and all others. Clones share them.
#[derive(Clone, Debug)]
pub(super) struct Services {
    registry: RegistryService,
    others: Routes,
}

impl Services {
    /// With both versions of the reflection service: Feast has the older one, tools want the newer.
    pub(super) fn new(registry: RegistryService, health: Routes) -> Result<Self> {
        let builder = || {
            tonic_reflection::server::Builder::configure()
                .register_encoded_file_descriptor_set(FILE_DESCRIPTOR_SET)
                .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        };
        let fault = |error| {
            let message = format!("the description of the service cannot be read: {error}");
            Error::new(ErrorKind::Internal, message)
        };
        let others = health
            .add_service(builder().build_v1().map_err(fault)?)
            .add_service(builder().build_v1alpha().map_err(fault)?)
            .prepare();
        Ok(Services { registry, others })
    }
}

impl hyper::service::Service<Request<Incoming>> for Services {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<Body>, Infallible>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        match Rpc::is_path(request.uri().path()) {
            // Nearly all are, and need no router.
            true => self.registry.respond(request),
            false => self.others.clone().call(request).boxed(),
        }
    }
}
