//! The message of a request.

use bytes::{Buf, Bytes};
use tonic::codec::{DecodeBuf, Decoder, Streaming};
use tonic::codegen::{Body, StdError, http};
use tonic::{Code, Status};

use feast_registry_core::{Error, ErrorKind};

use crate::status::status;

/// The bytes of the one message of a call, of at most `limit` bytes.
pub(crate) async fn read<B>(request: http::Request<B>, limit: usize) -> Result<Bytes, Status>
where
    B: Body + Send + 'static,
    B::Error: Into<StdError>,
{
    let encoding = request.headers().get("grpc-encoding");
    if encoding.is_some_and(|encoding| encoding != "identity") {
        return Err(Status::unimplemented("requests are taken uncompressed"));
    }
    let mut messages = Streaming::new_request(Raw, request.into_body(), None, Some(limit));
    let first = messages.message().await.map_err(|why| match why.code() {
        // So tonic says it, but no other gRPC server does, Feast's among them.
        Code::OutOfRange => too_large(limit),
        _ => why,
    })?;
    match (first, messages.message().await?) {
        (Some(message), None) => Ok(message),
        _ => Err(status(&Error::invalid(
            "a call takes exactly one message as its request",
        ))),
    }
}

fn too_large(limit: usize) -> Status {
    let message = format!("the request is larger than the {limit} bytes that this server takes");
    status(&Error::new(ErrorKind::TooLarge, message))
}

/// Takes the bytes of a message as they are.
struct Raw;

impl Decoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, source: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(source.copy_to_bytes(source.remaining())))
    }
}
