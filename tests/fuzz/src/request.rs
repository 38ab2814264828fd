//! A request of any rpc: the first byte says which, the others are the message.

use bytes::Bytes;
use feast_registry_core::Registry;
use feast_registry_server::{Rpc, service};
use http_body_util::{BodyExt as _, Full};
use tonic::codegen::http;
use tonic::{Code, Status};
use tower::Service as _;

use crate::{block_on, examples, valid};

/// Clients take 8 KiB of headers, the status among them.
const MAX_STATUS_BYTES: usize = 8_000;

pub(crate) fn run(input: &[u8]) {
    let Some((rpc, message)) = input.split_first() else {
        return;
    };
    let rpc = Rpc::ALL[usize::from(*rpc) % Rpc::ALL.len()];
    block_on(examples::on_registry(async |registry| {
        let status = send(registry, rpc, message).await;
        let fault = [
            Code::Internal,
            Code::Unknown,
            Code::DataLoss,
            Code::Unavailable,
        ];
        assert!(!fault.contains(&status.code()), "{}: {status}", rpc.name());
    }));
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let requests = (0_u8..).zip(Rpc::ALL).map(|(number, rpc)| {
        let mut seed = vec![number];
        seed.extend(valid::request(rpc));
        seed
    });
    requests.collect()
}

async fn send(registry: &Registry, rpc: Rpc, message: &[u8]) -> Status {
    let request = http::Request::post(format!("/{}/{}", Rpc::SERVICE, rpc.name()))
        .header("content-type", "application/grpc")
        .body(Full::new(framed(message)))
        .unwrap();
    let answer = service(registry.clone()).call(request).await.unwrap();
    let headers = answer.headers().clone();
    let body = answer.into_body().collect().await.unwrap();
    let told = body.trailers().cloned().unwrap_or(headers);
    let length: usize = told.values().map(http::HeaderValue::len).sum();
    assert!(length < MAX_STATUS_BYTES, "{}: {told:?}", rpc.name());
    Status::from_header_map(&told).unwrap()
}

/// A message of gRPC.
fn framed(message: &[u8]) -> Bytes {
    let mut framed = vec![0];
    framed.extend(u32::try_from(message.len()).unwrap().to_be_bytes());
    framed.extend(message);
    framed.into()
}
