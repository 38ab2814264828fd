//! A man in the middle that counts commands, and cuts connections when he is told to.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};

const QUERY: u8 = 0x03;
const LONG_DATA: u8 = 0x18;
const CLOSE: u8 = 0x19;

/// When to cut a connection, once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cut {
    /// COMMIT never reaches the server.
    BeforeCommit,
    /// The server has committed, and its answer never comes.
    AfterCommit,
    /// The first command of all but COMMIT.
    Statement,
}

/// A way to a server on a port of its own.
#[derive(Debug)]
pub(crate) struct Proxy {
    pub(crate) port: u16,
    state: Arc<State>,
}

#[derive(Debug, Default)]
struct State {
    trips: AtomicU64,
    cut: Mutex<Option<Cut>>,
}

impl Proxy {
    pub(crate) async fn to(host: String, port: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let proxy = Proxy {
            port: listener.local_addr().unwrap().port(),
            state: Arc::default(),
        };
        let state = Arc::clone(&proxy.state);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect((host.as_str(), port)).await.unwrap();
                tokio::spawn(serve(client, server, Arc::clone(&state)));
            }
        });
        proxy
    }

    /// Commands that were answered since the proxy was made.
    pub(crate) fn trips(&self) -> u64 {
        self.state.trips.load(Ordering::SeqCst)
    }

    pub(crate) fn cut(&self, cut: Cut) {
        *self.state.cut.lock().unwrap() = Some(cut);
    }
}

async fn serve(client: TcpStream, server: TcpStream, state: Arc<State>) {
    client.set_nodelay(true).unwrap();
    server.set_nodelay(true).unwrap();
    let (from_client, mut to_client) = client.into_split();
    let (mut from_server, to_server) = server.into_split();
    let answers = tokio::io::copy(&mut from_server, &mut to_client);
    // Whoever ends first ends both; a cut drops the answers that are still to come.
    tokio::select! {
        _ = answers => {}
        _ = commands(from_client, to_server, state) => {}
    }
}

/// Passes packets on, until the end or a cut.
async fn commands(
    mut client: OwnedReadHalf,
    mut server: OwnedWriteHalf,
    state: Arc<State>,
) -> std::io::Result<()> {
    loop {
        let mut header = [0; 4];
        client.read_exact(&mut header).await?;
        let length = u32::from_le_bytes([header[0], header[1], header[2], 0]) as usize;
        let mut packet = header.to_vec();
        packet.resize(4 + length, 0);
        client.read_exact(&mut packet[4..]).await?;
        // A command is the first packet of an exchange; what comes before is the login.
        let cut = match header[3] {
            0 => state.see(&packet[4..]),
            _ => None,
        };
        match cut {
            None => server.write_all(&packet).await?,
            Some(Cut::AfterCommit) => {
                // No answer is read from here on; the server ends the session behind COMMIT.
                return finish(client, server, &packet).await;
            }
            Some(_) => return Ok(()),
        }
    }
}

/// Sends COMMIT and the end of the session, so that the transaction is over when this returns.
async fn finish(
    client: OwnedReadHalf,
    mut server: OwnedWriteHalf,
    commit: &[u8],
) -> std::io::Result<()> {
    drop(client);
    server.write_all(commit).await?;
    server.write_all(&[1, 0, 0, 0, 1]).await?;
    server.flush().await
}

impl State {
    fn see(&self, command: &[u8]) -> Option<Cut> {
        let (&kind, text) = command.split_first()?;
        if ![CLOSE, LONG_DATA].contains(&kind) {
            self.trips.fetch_add(1, Ordering::SeqCst);
        }
        let is_commit = kind == QUERY && text == b"COMMIT";
        let mut cut = self.cut.lock().unwrap();
        let hit = match *cut {
            Some(Cut::Statement) => !is_commit,
            Some(_) => is_commit,
            None => false,
        };
        if hit { cut.take() } else { None }
    }
}
