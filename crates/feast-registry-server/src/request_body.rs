//! The message of a request.

use std::future::poll_fn;
use std::pin::{Pin, pin};

use bytes::{Buf, Bytes, BytesMut};
use tonic::codegen::{Body, StdError, http};

use feast_registry_core::{Error, ErrorKind, Result};

use crate::places::{Place, Places};

/// What stands before a message: whether it is compressed, and its length.
const PREFIX: usize = 5;

/// How much of a request is read before there is a place for the rest: most are smaller.
const BEGINNING: usize = 8 * 1024;

/// A request that is whole.
#[derive(Debug)]
pub(crate) struct Received {
    message: Bytes,
    /// The place of a large one, until there is one to work on it.
    _place: Option<Place>,
}

impl Received {
    /// The message; its place is free for others.
    pub(crate) fn into_message(self) -> Bytes {
        self.message
    }
}

/// The bytes of the one message of a call, of at most `limit` bytes.
pub(crate) async fn read<B>(
    request: http::Request<B>,
    limit: usize,
    places: &Places,
) -> Result<Received>
where
    B: Body,
    B::Error: Into<StdError>,
{
    let encoding = request.headers().get("grpc-encoding");
    if encoding.is_some_and(|encoding| encoding != "identity") {
        return Err(compressed());
    }
    let mut body = pin!(request.into_body());
    let mut incoming = Incoming::new(limit);
    let mut place = None;
    while incoming.take_from(body.as_mut()).await? {
        if place.is_none() && incoming.is_large() {
            place = Some(places.for_request().await);
        }
    }
    Ok(Received {
        message: incoming.message()?,
        _place: place,
    })
}

/// What has come of a message, with what stands before it.
struct Incoming {
    bytes: Bytes,
    limit: usize,
    /// The length of both, once it is known.
    length: Option<usize>,
}

impl Incoming {
    fn new(limit: usize) -> Self {
        Incoming {
            bytes: Bytes::new(),
            limit,
            length: None,
        }
    }

    /// Whether more is to come of what is large already.
    fn is_large(&self) -> bool {
        self.bytes.len() > BEGINNING && self.length != Some(self.bytes.len())
    }

    /// The next piece, if there is one.
    async fn take_from<B>(&mut self, mut body: Pin<&mut B>) -> Result<bool>
    where
        B: Body,
        B::Error: Into<StdError>,
    {
        let Some(frame) = poll_fn(|cx| body.as_mut().poll_frame(cx)).await else {
            return Ok(false);
        };
        let frame = frame.map_err(|why| broken(&why.into()))?;
        if let Ok(mut data) = frame.into_data() {
            self.take(data.copy_to_bytes(data.remaining()))?;
        }
        Ok(true)
    }

    fn take(&mut self, data: Bytes) -> Result<()> {
        self.bytes = joined(std::mem::take(&mut self.bytes), data);
        if self.length.is_none() {
            self.length = self.told_length()?;
        }
        match self.length {
            Some(length) if self.bytes.len() > length => Err(not_one()),
            _ => Ok(()),
        }
    }

    /// What the bytes before the message say, if they are there.
    fn told_length(&self) -> Result<Option<usize>> {
        let Some(([flag, length @ ..], _)) = self.bytes.split_first_chunk::<PREFIX>() else {
            return Ok(None);
        };
        match flag {
            0 => {}
            1 => return Err(compressed()),
            _ => return Err(Error::invalid("the request is not framed as gRPC has it")),
        }
        let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
        if length > self.limit {
            return Err(too_large(self.limit));
        }
        Ok(Some(PREFIX + length))
    }

    fn message(self) -> Result<Bytes> {
        match self.length {
            Some(length) if length == self.bytes.len() => Ok(self.bytes.slice(PREFIX..)),
            None if self.bytes.is_empty() => Err(not_one()),
            _ => Err(Error::invalid("the request ends within its message")),
        }
    }
}

/// One after the other; without a copy where that is possible, as for all that come in one piece.
fn joined(first: Bytes, second: Bytes) -> Bytes {
    if first.is_empty() {
        return second;
    }
    let mut both = first.try_into_mut().unwrap_or_else(|shared| {
        let mut own = BytesMut::with_capacity(shared.len() + second.len());
        own.extend_from_slice(&shared);
        own
    });
    both.extend_from_slice(&second);
    both.freeze()
}

fn not_one() -> Error {
    Error::invalid("a call takes exactly one message as its request")
}

fn compressed() -> Error {
    Error::new(
        ErrorKind::Unsupported,
        "requests are taken uncompressed only",
    )
}

fn too_large(limit: usize) -> Error {
    let message = format!("the request is larger than the {limit} bytes that this server takes");
    Error::new(ErrorKind::TooLarge, message)
}

/// The client went away, or broke HTTP/2.
fn broken(why: &StdError) -> Error {
    Error::invalid(format!("the request broke off: {why}"))
}
