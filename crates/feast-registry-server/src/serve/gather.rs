//! Small writes that go out together.
//!
//! HTTP/2 asks for a flush between the message of an answer and the status behind it, and so for two
//! writes to the socket, and two packets, for every call. Here they wait for the next turn of the connection's
//! task: a flush only asks for one, behind the other tasks of the thread. It begins by reading, and then
//! everything is written at once.

use std::io::{self, IoSlice};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};

use bytes::{Buf as _, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::task::yield_now;

/// How many bytes wait at most; what is larger is written as it comes.
const MOST: usize = 8 * 1024;

/// A transport whose small writes go out together.
pub(super) struct Gathered<T> {
    transport: T,
    waiting: BytesMut,
    /// Whether the task was woken to write.
    woken: bool,
    /// Whether the transport took less than was there: then no flush is done before it has all.
    blocked: bool,
}

impl<T: AsyncWrite + Unpin> Gathered<T> {
    pub(super) fn new(transport: T) -> Self {
        Gathered {
            transport,
            waiting: BytesMut::new(),
            woken: false,
            blocked: false,
        }
    }

    /// Takes what is written here, if there is room for it.
    fn gather(&mut self, bytes: &[IoSlice<'_>]) -> Option<usize> {
        let length: usize = bytes.iter().map(|slice| slice.len()).sum();
        if self.blocked || self.waiting.len() + length > MOST {
            return None;
        }
        for slice in bytes {
            self.waiting.extend_from_slice(slice);
        }
        Some(length)
    }

    /// Writes what waits.
    fn poll_drain(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.woken = false;
        while !self.waiting.is_empty() {
            self.blocked = true;
            match ready!(Pin::new(&mut self.transport).poll_write(cx, &self.waiting))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                written => self.waiting.advance(written),
            }
        }
        self.blocked = false;
        // Connections that say nothing keep no memory.
        self.waiting = BytesMut::new();
        Pin::new(&mut self.transport).poll_flush(cx)
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> AsyncRead for Gathered<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.waiting.is_empty()
            && let Poll::Ready(Err(error)) = self.poll_drain(cx)
        {
            return Poll::Ready(Err(error));
        }
        Pin::new(&mut self.transport).poll_read(cx, buffer)
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Gathered<T> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[IoSlice::new(bytes)])
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if let Some(length) = self.gather(bytes) {
            return Poll::Ready(Ok(length));
        }
        if !self.waiting.is_empty() {
            ready!(self.poll_drain(cx))?;
        }
        Pin::new(&mut self.transport).poll_write_vectored(cx, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.transport.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.waiting.is_empty() {
            return Pin::new(&mut self.transport).poll_flush(cx);
        }
        if self.blocked {
            return self.poll_drain(cx);
        }
        if !self.woken {
            self.woken = true;
            // Behind the other tasks of this thread, and without waking another one for it.
            let _ = pin!(yield_now()).poll(cx);
        }
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_drain(cx))?;
        Pin::new(&mut self.transport).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::task::Wake;

    use futures::future::poll_fn;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};

    use super::*;

    /// How often a task was woken.
    #[derive(Default)]
    struct Woken(AtomicU32);

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn pair(room: usize) -> (Gathered<DuplexStream>, DuplexStream) {
        let (server, client) = duplex(room);
        (Gathered::new(server), client)
    }

    /// A turn of the connection's task, which reads; nothing is there to be read.
    async fn turn(server: &mut Gathered<DuplexStream>) {
        let mut bytes = [0; 1];
        let mut buffer = ReadBuf::new(&mut bytes);
        let read = poll_fn(|cx| {
            let read = Pin::new(&mut *server).poll_read(cx, &mut buffer);
            Poll::Ready(read.is_pending())
        });
        assert!(read.await);
    }

    #[tokio::test]
    async fn a_message_and_its_status_are_one_write() {
        let (mut server, mut client) = pair(MOST);
        for piece in [&[1; 2_000][..], &[2; 10]] {
            server.write_all(piece).await.unwrap();
            server.flush().await.unwrap();
        }
        let mut got = vec![0; MOST];
        {
            let mut read = Box::pin(client.read(&mut got));
            assert!(futures::poll!(&mut read).is_pending());
            turn(&mut server).await;
            assert_eq!(read.await.unwrap(), 2_010);
        }
        assert_eq!((got[0], got[1_999], got[2_000]), (1, 1, 2));
    }

    #[tokio::test]
    async fn a_flush_wakes_the_task_that_is_to_write() {
        let (mut server, _client) = pair(MOST);
        let woken = Arc::new(Woken::default());
        let waker = Arc::clone(&woken).into();
        let mut cx = Context::from_waker(&waker);
        let written = Pin::new(&mut server).poll_write(&mut cx, &[1; 10]);
        assert!(matches!(written, Poll::Ready(Ok(10))));
        yield_now().await;
        assert_eq!(woken.0.load(Ordering::Relaxed), 0);
        for _ in 0..2 {
            assert!(Pin::new(&mut server).poll_flush(&mut cx).is_ready());
            yield_now().await;
            assert_eq!(woken.0.load(Ordering::Relaxed), 1);
        }
    }

    /// Else the task would wake itself for as long as the client does not read.
    #[tokio::test]
    async fn a_flush_waits_for_a_client_that_does_not_read() {
        let (mut server, mut client) = pair(5);
        server.write_all(&[1; 10]).await.unwrap();
        server.flush().await.unwrap();
        turn(&mut server).await;
        {
            let mut flush = Box::pin(server.flush());
            assert!(futures::poll!(&mut flush).is_pending());
            client.read_exact(&mut [0; 5]).await.unwrap();
            flush.await.unwrap();
        }
        client.read_exact(&mut [0; 5]).await.unwrap();
    }

    #[tokio::test]
    async fn everything_comes_in_order_whatever_its_size() {
        for size in [1, MOST - 1, MOST, MOST + 1, 3 * MOST] {
            let (mut server, mut client) = pair(100);
            let answer = async {
                for value in 0..3 {
                    server.write_all(&vec![value; size]).await.unwrap();
                    server.flush().await.unwrap();
                }
                server.shutdown().await.unwrap();
            };
            let mut got = Vec::new();
            let (_, read) = tokio::join!(answer, client.read_to_end(&mut got));
            assert_eq!(read.unwrap(), 3 * size);
            assert!(got.is_sorted());
        }
    }
}
