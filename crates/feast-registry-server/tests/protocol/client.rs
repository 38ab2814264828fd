//! A client that sends and reads protobuf JSON for short, and needs no socket.

use std::sync::{Arc, LazyLock};

use bytes::{Buf, BufMut, Bytes};
use serde_json::{Value, json};
use tonic::body::Body;
use tonic::client::{Grpc, GrpcService};
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::codegen::http::uri::{PathAndQuery, Uri};
use tonic::codegen::{Body as HttpBody, StdError};
use tonic::{Code, Request, Status};

use feast_registry_core::store::MemoryStore;
use feast_registry_core::{Kind, Registry, RegistryOptions};
use feast_registry_proto::FILE_DESCRIPTOR_SET;
use feast_registry_proto::prost::Message as _;
use feast_registry_proto::prost_types::{FileDescriptorSet, MethodDescriptorProto};
use feast_registry_server::{RegistryService, Rpc, service};

use crate::samples;

/// Calls rpcs of a service, wherever it is.
pub(crate) struct Client<S = RegistryService>(Grpc<S>);

/// A registry of one test.
pub(crate) async fn registry() -> Registry {
    registry_with(RegistryOptions::default()).await
}

/// The same with settings.
pub(crate) async fn registry_with(options: RegistryOptions) -> Registry {
    let store = Arc::new(MemoryStore::new());
    Registry::open(store, options)
        .await
        .expect("a registry in memory opens")
}

/// A client of an empty registry.
pub(crate) async fn client() -> Client {
    Client::of(service(registry().await))
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

    /// Calls an rpc; request and answer are protobuf JSON.
    pub(crate) async fn call(&mut self, rpc: Rpc, request: Value) -> Result<Value, Status> {
        let method = method(rpc);
        let request = message(method.input_type(), request);
        let reply = self.send(rpc, request).await?;
        Ok(read(method.output_type(), &reply))
    }

    /// The same where an error is a failure of the test.
    pub(crate) async fn ok(&mut self, rpc: Rpc, request: Value) -> Value {
        self.call(rpc, request.clone())
            .await
            .unwrap_or_else(|status| panic!("{} of {request}: {status}", rpc.name()))
    }

    /// Calls an rpc that must fail: the code, and the class and the message of the details.
    pub(crate) async fn refused(&mut self, rpc: Rpc, request: Value) -> (Code, String, String) {
        let status = match self.call(rpc, request).await {
            Ok(reply) => panic!("{} was answered: {reply}", rpc.name()),
            Err(status) => status,
        };
        let details: Value = serde_json::from_str(status.message()).expect("details are JSON");
        assert_eq!(details["module"], "feast.errors");
        let text = |key: &str| details[key].as_str().expect("a text").to_owned();
        (status.code(), text("class"), text("message"))
    }

    /// Calls an rpc with bytes.
    pub(crate) async fn send(&mut self, rpc: Rpc, request: Bytes) -> Result<Bytes, Status> {
        let path = format!("/{}/{}", Rpc::SERVICE, rpc.name());
        self.send_to(&path, request).await
    }

    /// The same at a path that may be no rpc.
    pub(crate) async fn send_to(&mut self, path: &str, request: Bytes) -> Result<Bytes, Status> {
        let path: PathAndQuery = path.parse().expect("the path of a request");
        self.0.ready().await.expect("the service takes calls");
        let reply = self.0.unary(Request::new(request), path, Raw).await?;
        Ok(reply.into_inner())
    }

    /// Calls an rpc with any number of messages, where one is expected.
    pub(crate) async fn send_all(
        &mut self,
        rpc: Rpc,
        messages: Vec<Bytes>,
    ) -> Result<Bytes, Status> {
        let path = format!("/{}/{}", Rpc::SERVICE, rpc.name());
        let path: PathAndQuery = path.parse().expect("the path of a request");
        let messages = Request::new(futures::stream::iter(messages));
        let reply = self.0.client_streaming(messages, path, Raw).await?;
        Ok(reply.into_inner())
    }

    /// Applies a sample of a kind.
    pub(crate) async fn apply(&mut self, kind: Kind, project: &str, name: &str) {
        self.apply_value(kind, project, samples::value(kind, name))
            .await;
    }

    /// Applies an object that is given as JSON.
    pub(crate) async fn apply_value(&mut self, kind: Kind, project: &str, value: Value) {
        let (rpc, field) = apply_rpc(kind);
        let request = match kind {
            Kind::Project => json!({field: value, "commit": true}),
            _ => json!({field: value, "project": project, "commit": true}),
        };
        self.ok(rpc, request).await;
    }
}

/// The rpc that applies an object of a kind, and the field of its request.
pub(crate) fn apply_rpc(kind: Kind) -> (Rpc, &'static str) {
    match kind {
        Kind::Project => (Rpc::ApplyProject, "project"),
        Kind::Entity => (Rpc::ApplyEntity, "entity"),
        Kind::DataSource => (Rpc::ApplyDataSource, "dataSource"),
        Kind::FeatureView => (Rpc::ApplyFeatureView, "featureView"),
        Kind::StreamFeatureView => (Rpc::ApplyFeatureView, "streamFeatureView"),
        Kind::OnDemandFeatureView => (Rpc::ApplyFeatureView, "onDemandFeatureView"),
        Kind::LabelView => (Rpc::ApplyFeatureView, "labelView"),
        Kind::FeatureService => (Rpc::ApplyFeatureService, "featureService"),
        Kind::SavedDataset => (Rpc::ApplySavedDataset, "savedDataset"),
        Kind::ValidationReference => (Rpc::ApplyValidationReference, "validationReference"),
        Kind::Permission => (Rpc::ApplyPermission, "permission"),
        Kind::Infra => (Rpc::UpdateInfra, "infra"),
        Kind::Version | Kind::Metadata => unreachable!("nobody applies those"),
    }
}

/// The rpc with this name.
pub(crate) fn rpc(name: &str) -> Rpc {
    Rpc::from_name(name).unwrap_or_else(|| panic!("there is no rpc {name}"))
}

/// The serialized message that stands for a JSON value.
pub(crate) fn message(name: &str, value: Value) -> Bytes {
    let name = name.trim_start_matches('.');
    if name == "google.protobuf.Empty" {
        return Bytes::new();
    }
    feast_registry_core::json::from_json(name, value)
        .unwrap_or_else(|why| panic!("{why}"))
        .into()
}

/// The JSON of a message.
pub(crate) fn read(name: &str, body: &[u8]) -> Value {
    let name = name.trim_start_matches('.');
    if name == "google.protobuf.Empty" {
        assert!(body.is_empty(), "an empty message has no bytes");
        return json!({});
    }
    feast_registry_core::json::to_json(name, body).unwrap_or_else(|why| panic!("{why}"))
}

static METHODS: LazyLock<Vec<MethodDescriptorProto>> = LazyLock::new(|| {
    let descriptors = FileDescriptorSet::decode(FILE_DESCRIPTOR_SET).expect("descriptors decode");
    let services = descriptors.file.into_iter().flat_map(|file| file.service);
    services.flat_map(|service| service.method).collect()
});

/// What the descriptors say of an rpc.
pub(crate) fn method(rpc: Rpc) -> &'static MethodDescriptorProto {
    let mut methods = METHODS.iter();
    methods
        .find(|method| method.name() == rpc.name())
        .expect("every rpc is described")
}

/// Bytes both ways.
struct Raw;

impl Codec for Raw {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Raw;
    type Decoder = Raw;

    fn encoder(&mut self) -> Raw {
        Raw
    }

    fn decoder(&mut self) -> Raw {
        Raw
    }
}

impl Encoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, item: Bytes, out: &mut EncodeBuf<'_>) -> Result<(), Status> {
        out.put(item);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, source: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(source.copy_to_bytes(source.remaining())))
    }
}
