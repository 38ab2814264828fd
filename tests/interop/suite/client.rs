//! A client of registry servers that goes to the next one when one cannot be reached.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use prost::Message;
use tonic::client::Grpc;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request, Status, TimeoutExpired};
use tonic_health::ServingStatus;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use tonic_prost::ProstCodec;

use feast_registry_proto::core::{Entity, EntitySpecV2};
use feast_registry_proto::registry::{ApplyEntityRequest, GetEntityRequest};

/// How long a call may take with all its attempts, and how long to wait between them.
const PATIENCE: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(5);

/// A connection to each of some servers. Clones share them.
#[derive(Clone)]
pub(crate) struct Client {
    channels: Arc<[Channel]>,
    next: Arc<AtomicUsize>,
    /// After which another attempt is made. All calls here may be made again.
    healed: &'static [Code],
}

impl Client {
    /// Connects when it is needed.
    pub(crate) fn of(addresses: &[&str]) -> Self {
        let channel = |address: &&str| {
            let endpoint = Endpoint::from_shared(format!("http://{address}")).unwrap();
            endpoint.connect_lazy()
        };
        Client {
            channels: addresses.iter().map(channel).collect(),
            next: Arc::default(),
            healed: &[Code::Unavailable],
        }
    }

    /// The same, which also tries again where nobody knows whether a write has happened.
    pub(crate) fn of_doubt(self) -> Self {
        let healed = &[Code::Unavailable, Code::Unknown];
        Client { healed, ..self }
    }

    /// Applies an entity of this name; the status of the first attempt that settles it.
    pub(crate) async fn apply(&self, project: &str, name: &str) -> Result<(), Status> {
        self.call("ApplyEntity", applying(project, name)).await
    }

    /// The same, once and with so much time: not even a moment if it is over already.
    pub(crate) async fn apply_within(
        &self,
        time: Duration,
        project: &str,
        name: &str,
    ) -> Result<(), Status> {
        let mut request = Request::new(applying(project, name));
        request.set_timeout(time);
        once(&self.channels[0], "ApplyEntity", request).await
    }

    /// Whether an entity is there.
    pub(crate) async fn has(&self, project: &str, name: &str, cached: bool) -> bool {
        let request = GetEntityRequest {
            name: name.into(),
            project: project.into(),
            allow_cache: cached,
        };
        match self.call::<_, Entity>("GetEntity", request).await {
            Ok(_) => true,
            Err(status) if status.code() == Code::NotFound => false,
            Err(status) => panic!("{status:?}"),
        }
    }

    /// Waits until the first server says this of itself.
    pub(crate) async fn until(&self, wanted: ServingStatus) {
        let mut health = HealthClient::new(self.channels[0].clone());
        let request = HealthCheckRequest::default();
        let mut said = health.watch(request).await.unwrap().into_inner();
        while let Some(status) = said.message().await.unwrap() {
            if status.status == wanted as i32 {
                return;
            }
        }
        panic!("the health check ended");
    }

    /// One server after the other, for a bounded time, until one can be reached and tells how the call ended.
    async fn call<Q, A>(&self, rpc: &str, request: Q) -> Result<A, Status>
    where
        Q: Message + Clone + 'static,
        A: Message + Default + 'static,
    {
        let mut last = Status::unavailable("there is no server");
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            let at = self.next.load(Ordering::Relaxed) % self.channels.len();
            match once(&self.channels[at], rpc, Request::new(request.clone())).await {
                Err(status) if self.healed.contains(&status.code()) => {
                    self.next.store(at + 1, Ordering::Relaxed);
                    last = status;
                    tokio::time::sleep(PAUSE).await;
                }
                settled => return settled,
            }
        }
        Err(last)
    }
}

fn applying(project: &str, name: &str) -> ApplyEntityRequest {
    let spec = EntitySpecV2 {
        name: name.into(),
        join_key: "id".into(),
        ..Default::default()
    };
    ApplyEntityRequest {
        entity: Some(Entity {
            spec: Some(spec),
            meta: None,
        }),
        project: project.into(),
        commit: true,
    }
}

async fn once<Q, A>(channel: &Channel, rpc: &str, request: Request<Q>) -> Result<A, Status>
where
    Q: Message + 'static,
    A: Message + Default + 'static,
{
    let mut grpc = Grpc::new(channel.clone());
    let ready = grpc.ready().await;
    ready.map_err(|error| Status::unavailable(error.to_string()))?;
    let path = format!("/feast.registry.RegistryServer/{rpc}");
    let path = PathAndQuery::try_from(path).unwrap();
    let answer = grpc.unary(request, path, ProstCodec::default());
    Ok(answer.await.map_err(unreached)?.into_inner())
}

/// A connection that broke is UNAVAILABLE, as it is to other clients of gRPC: what the server said is
/// left as it is, and so is what our own clock says.
fn unreached(status: Status) -> Status {
    let late = |cause: &dyn Error| {
        cause
            .source()
            .is_some_and(|cause| cause.is::<TimeoutExpired>())
    };
    let broke =
        |cause: &(dyn Error + 'static)| cause.is::<tonic::transport::Error>() && !late(cause);
    match status.source().is_some_and(broke) {
        true => Status::unavailable(status.to_string()),
        false => status,
    }
}
