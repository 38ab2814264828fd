//! Finding out whether a pooler stands between this program and the server.
//!
//! A pooler that gives every transaction another session mixes up prepared statements: a name that
//! one client has prepared is unknown in the next session, or, worse, is another client's statement.
//! The second is not reported by anybody, so that it must not be tried.
//!
//! Who connects is told the number of the process that serves it. A pooler invents one, and so the
//! server's own answer differs.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream, ReadBuf};
use tokio_postgres::tls::{ChannelBinding, TlsConnect, TlsStream};
use tokio_postgres::{CancelToken, Client, Error, SimpleQueryMessage};

/// What begins a request for TLS, in place of a version of the protocol.
const TLS_REQUEST: i32 = 80_877_103;

/// Whether somebody else answers than who took the connection.
pub(crate) async fn is_between(client: &Client) -> Result<bool, Error> {
    let answers = client.simple_query("SELECT pg_backend_pid()").await?;
    let answers = answers.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0)?.parse::<i32>().ok(),
        _ => None,
    });
    let told = told(&client.cancel_token()).await.ok();
    Ok(answers.is_some() && told != answers)
}

/// The process that the client was told of. The client keeps it to itself, except in requests to
/// cancel a statement: such a request is made, and read, here, and reaches nobody else.
async fn told(token: &CancelToken) -> io::Result<i32> {
    let (ours, theirs) = tokio::io::duplex(64);
    let (_, process) = futures::join!(token.cancel_query_raw(theirs, Nothing), read(ours));
    process
}

async fn read(mut stream: DuplexStream) -> io::Result<i32> {
    let mut code = head(&mut stream).await?;
    if code == TLS_REQUEST {
        stream.write_all(b"S").await?;
        code = head(&mut stream).await?;
    }
    debug_assert_ne!(code, TLS_REQUEST, "asked for once");
    stream.read_i32().await
}

/// The length of a message, which is known, and its code.
async fn head(stream: &mut DuplexStream) -> io::Result<i32> {
    stream.read_i32().await?;
    stream.read_i32().await
}

/// TLS that encrypts nothing, for what never leaves this process.
struct Nothing;

struct Plain(DuplexStream);

impl TlsConnect<DuplexStream> for Nothing {
    type Stream = Plain;
    type Error = io::Error;
    type Future = std::future::Ready<io::Result<Plain>>;

    fn connect(self, stream: DuplexStream) -> Self::Future {
        std::future::ready(Ok(Plain(stream)))
    }
}

impl TlsStream for Plain {
    fn channel_binding(&self) -> ChannelBinding {
        ChannelBinding::none()
    }
}

impl AsyncRead for Plain {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Plain {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}
