//! One connection: two streams of bytes, and what becomes of each piece.

use std::io;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;

use super::fault::{Fault, Faults};
use super::find::Finder;

/// The largest piece that is looked at, and delayed, at a time.
const PIECE: usize = 64 * 1024;

/// Which way bytes go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    ToServer,
    ToClient,
}

/// What becomes of a piece.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    Pass,
    PassAfter(Duration),
    /// It vanishes; the connection stays.
    Swallow,
    /// So many bytes of it pass, and that is the end.
    Cut(usize),
}

/// What is known of one connection.
#[derive(Debug, Default)]
struct Memory {
    /// Whether the client has sent something since it was last answered.
    asked: bool,
    request: Option<Finder>,
    /// Looks for the answer that shall be lost. From now on the client gets nothing.
    answer: Option<Finder>,
}

/// Passes bytes on until one side ends, or the connection is cut.
pub(super) async fn run(mut client: TcpStream, mut server: TcpStream, faults: &Faults) {
    // Small pieces must not wait for each other: that would look like a slow server.
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let mut cuts = faults.cuts();
    let memory = Mutex::new(Memory::default());
    let (from_client, to_client) = client.split();
    let (from_server, to_server) = server.split();
    let lock = || memory.lock().unwrap_or_else(PoisonError::into_inner);
    let judge = |way, piece: &[u8]| lock().judge(way, piece, faults);
    // Whatever ends first ends the other too: both sides are closed when this returns.
    tokio::select! {
        _ = pump(from_client, to_server, |piece| judge(Way::ToServer, piece), || {}) => {}
        _ = pump(from_server, to_client, |piece| judge(Way::ToClient, piece), || lock().answered()) => {}
        _ = cuts.changed() => {}
    }
}

async fn pump(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    judge: impl Fn(&[u8]) -> Verdict,
    passed: impl Fn(),
) -> io::Result<()> {
    let mut buffer = vec![0; PIECE];
    loop {
        let length = from.read(&mut buffer).await?;
        if length == 0 {
            return Ok(());
        }
        let piece = &buffer[..length];
        match judge(piece) {
            Verdict::Pass => to.write_all(piece).await?,
            Verdict::PassAfter(delay) => {
                tokio::time::sleep(delay).await;
                to.write_all(piece).await?;
            }
            Verdict::Swallow => {}
            Verdict::Cut(rest) => return to.write_all(&piece[..rest.min(length)]).await,
        }
        passed();
    }
}

impl Memory {
    /// The client has been given an answer, or a part of one. Not before it was passed on: whatever the
    /// client sent until then was sent in advance.
    fn answered(&mut self) {
        self.asked = false;
    }

    fn judge(&mut self, way: Way, piece: &[u8], faults: &Faults) -> Verdict {
        if way == Way::ToClient {
            faults.answered(piece.len());
        } else if !std::mem::replace(&mut self.asked, true) {
            faults.turned();
        }
        if let (Some(answer), Way::ToClient) = (&mut self.answer, way) {
            // The fault may be over for others; this connection is lost.
            return if answer.ends_in(piece) {
                Verdict::Cut(0)
            } else {
                Verdict::Swallow
            };
        }
        let mut fault = faults.lock();
        let (verdict, over) = self.apply(&mut fault, way, piece);
        if over {
            *fault = Fault::None;
            faults.trip();
        }
        verdict
    }

    /// What a fault does to a piece, and whether that was all of it.
    fn apply(&mut self, fault: &mut Fault, way: Way, piece: &[u8]) -> (Verdict, bool) {
        match fault {
            Fault::None | Fault::Refuse => (Verdict::Pass, false),
            Fault::Delay(delay) => (Verdict::PassAfter(*delay), false),
            Fault::BlackHole => (Verdict::Swallow, false),
            Fault::CutAfter(left) => {
                let length = u64::try_from(piece.len()).unwrap_or(u64::MAX);
                if let Some(rest) = left.checked_sub(length) {
                    *left = rest;
                    return (Verdict::Pass, false);
                }
                let rest = usize::try_from(*left).unwrap_or(usize::MAX);
                (Verdict::Cut(rest), true)
            }
            Fault::LoseRequest(request) => match self.asks_for(request, way, piece) {
                true => (Verdict::Cut(0), true),
                false => (Verdict::Pass, false),
            },
            Fault::LoseAnswer { request, answer } => {
                let asked = self.asks_for(request, way, piece);
                if asked {
                    self.answer = Some(Finder::new(answer));
                }
                (Verdict::Pass, asked)
            }
        }
    }

    fn asks_for(&mut self, request: &[u8], way: Way, piece: &[u8]) -> bool {
        if way == Way::ToClient {
            return false;
        }
        if self.request.as_ref().is_none_or(|old| old.differs(request)) {
            self.request = Some(Finder::new(request));
        }
        let finder = self.request.as_mut();
        finder.is_some_and(|finder| finder.ends_in(piece))
    }
}
