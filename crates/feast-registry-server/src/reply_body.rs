//! A reply on its way to the client.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{BufMut, Bytes, BytesMut};
use http_body::Frame;
use tonic::Status;
use tonic::body::Body;
use tonic::codegen::http;
use tonic::codegen::http::header::CONTENT_TYPE;
use tonic::metadata::GRPC_CONTENT_TYPE;

use feast_registry_core::{Error, ErrorKind, Result};

use crate::places::Place;
use crate::reply::Reply;

/// A reply is written in pieces of this size, each when the client takes it: one that reads slowly
/// holds a piece in memory, not the list.
const PIECE: usize = 64 * 1024;

/// The response that carries a reply, which keeps its place until it is taken.
pub(crate) fn response(reply: Reply, place: Place) -> Result<http::Response<Body>> {
    let length = u32::try_from(reply.encoded_len()).map_err(|_| {
        let message = "the answer is larger than the 4 GiB that gRPC can tell";
        Error::new(ErrorKind::TooLarge, message).with_hint("ask for pages")
    })?;
    let mut response = http::Response::new(Body::new(ReplyBody {
        length: Some(length),
        left: reply.encoded_len(),
        reply,
        ended: false,
        _place: place,
    }));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, GRPC_CONTENT_TYPE);
    Ok(response)
}

/// Length, message and status, as gRPC frames them.
#[derive(Debug)]
struct ReplyBody {
    /// The length in front of the message, until it is written.
    length: Option<u32>,
    /// What is not written yet, and its bytes.
    reply: Reply,
    left: usize,
    ended: bool,
    _place: Place,
}

impl ReplyBody {
    fn piece(&mut self) -> Bytes {
        const PREFIX: usize = 5;
        let mut piece = BytesMut::with_capacity(PREFIX + self.left.min(PIECE));
        let mut prefix = 0;
        if let Some(length) = self.length.take() {
            piece.put_u8(0);
            piece.put_u32(length);
            prefix = PREFIX;
        }
        self.reply.write(&mut piece, PIECE);
        self.left = self.left.saturating_sub(piece.len() - prefix);
        piece.freeze()
    }
}

impl http_body::Body for ReplyBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.length.is_some() || self.left > 0 {
            return Poll::Ready(Some(Ok(Frame::data(self.piece()))));
        }
        if self.ended {
            return Poll::Ready(None);
        }
        self.ended = true;
        let mut trailers = http::HeaderMap::with_capacity(1);
        trailers.insert(Status::GRPC_STATUS, http::HeaderValue::from_static("0"));
        Poll::Ready(Some(Ok(Frame::trailers(trailers))))
    }

    fn is_end_stream(&self) -> bool {
        self.ended
    }
}
