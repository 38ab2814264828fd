//! One connection of a client.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadBuf};
use tokio::sync::OwnedSemaphorePermit;

use super::gather::Gathered;
use super::unread::{Unread, Watch};

/// What every HTTP/2 client says first.
const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Bytes in both directions, by TCP, TLS or a Unix socket.
pub(super) trait Transport: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Transport for T {}

/// Who is at the other end.
#[derive(Clone, Debug)]
pub(super) struct Peer {
    /// For the log.
    pub(super) name: Arc<str>,
    /// The answers that it has not taken yet.
    pub(super) unread: Arc<Unread>,
}

impl Peer {
    pub(super) fn new(name: impl Into<Arc<str>>) -> Self {
        Peer {
            name: name.into(),
            unread: Arc::default(),
        }
    }
}

/// A connection whose client has begun to speak HTTP/2.
pub(super) struct Connection {
    transport: Gathered<Box<dyn Transport>>,
    /// How much of the preface was not handed on yet: it was read to see whether the client speaks.
    preface: &'static [u8],
    peer: Peer,
    watch: Watch,
    /// Counts among the connections as long as it lives.
    _permit: OwnedSemaphorePermit,
}

impl Connection {
    /// Waits for the client's first bytes: one that connects and is silent must not keep its place.
    pub(super) async fn greet(
        mut transport: Box<dyn Transport>,
        peer: Peer,
        permit: OwnedSemaphorePermit,
    ) -> io::Result<Self> {
        let mut said = [0; PREFACE.len()];
        transport.read_exact(&mut said).await?;
        if said != *PREFACE {
            let message = "the client does not speak HTTP/2";
            return Err(io::Error::new(io::ErrorKind::InvalidData, message));
        }
        Ok(Connection {
            transport: Gathered::new(transport),
            preface: PREFACE,
            watch: Watch::new(Arc::clone(&peer.unread)),
            peer,
            _permit: permit,
        })
    }

    /// Who is at the other end.
    pub(super) fn peer(&self) -> &Peer {
        &self.peer
    }

    fn transport(self: Pin<&mut Self>) -> Pin<&mut Gathered<Box<dyn Transport>>> {
        Pin::new(&mut self.get_mut().transport)
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if let Poll::Ready(error) = self.watch.poll(cx) {
            tracing::info!(peer = %self.peer.name, %error, "a connection is closed");
            return Poll::Ready(Err(error));
        }
        if self.preface.is_empty() {
            return self.transport().poll_read(cx, buffer);
        }
        let (now, later) = self
            .preface
            .split_at(self.preface.len().min(buffer.remaining()));
        buffer.put_slice(now);
        self.preface = later;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.transport().poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.transport().poll_write_vectored(cx, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.transport.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.transport().poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.transport().poll_shutdown(cx)
    }
}
