//! A proxy between client and server that cuts connections at COMMIT, or counts round trips.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, sleep_until};

/// What happens to a COMMIT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cut {
    /// It never reaches the server.
    Before,
    /// The server has done it, and its answer is lost.
    After,
}

/// What asks for TLS.
const TLS_REQUEST: i32 = 80_877_103;

/// How long a client must be silent before it is sure to wait for the server.
const QUIET: Duration = Duration::from_millis(15);

async fn listen() -> (TcpListener, u16) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}

/// Starts a proxy that cuts the next connections that commit, as many as `times` says; the port.
pub(crate) async fn cutting(server: String, cut: Cut, times: Arc<AtomicUsize>) -> u16 {
    let (listener, port) = listen().await;
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let server = TcpStream::connect(&server).await.unwrap();
            tokio::spawn(cut_at_commit(client, server, cut, Arc::clone(&times)));
        }
    });
    port
}

/// Both directions, until one of them ends; then both sockets are closed.
async fn cut_at_commit(client: TcpStream, server: TcpStream, cut: Cut, times: Arc<AtomicUsize>) {
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let muted = AtomicBool::new(false);
    tokio::select! {
        _ = requests(from_client, to_server, cut, &times, &muted) => {}
        _ = answers(from_server, to_client, &muted) => {}
    }
}

/// Passes the client's messages on, one by one.
async fn requests(
    mut client: OwnedReadHalf,
    mut server: OwnedWriteHalf,
    cut: Cut,
    times: &AtomicUsize,
    muted: &AtomicBool,
) -> std::io::Result<()> {
    // Messages have no type until the session has begun.
    while pass(&mut client, &mut server).await? == TLS_REQUEST {}
    // The registry reads its cache now and then, in a transaction, too.
    let mut writes = true;
    loop {
        let kind = client.read_u8().await?;
        let length = client.read_i32().await?;
        let body = read(&mut client, length).await?;
        if kind == b'Q' && body.starts_with(b"BEGIN") {
            writes = !body.windows(9).any(|words| words == b"READ ONLY");
        }
        let is_commit = kind == b'Q' && body.starts_with(b"COMMIT");
        let hit = is_commit && writes && take_one(times);
        if hit && cut == Cut::Before {
            return Ok(());
        }
        if hit {
            muted.store(true, Ordering::SeqCst);
        }
        server.write_u8(kind).await?;
        server.write_i32(length).await?;
        server.write_all(&body).await?;
        if hit {
            // The other direction ends it all once the server has committed.
            return std::future::pending().await;
        }
    }
}

fn take_one(times: &AtomicUsize) -> bool {
    let less = |left: usize| left.checked_sub(1);
    times
        .fetch_update(Ordering::SeqCst, Ordering::SeqCst, less)
        .is_ok()
}

/// Passes a message without a type on; its code.
async fn pass(client: &mut OwnedReadHalf, server: &mut OwnedWriteHalf) -> std::io::Result<i32> {
    let length = client.read_i32().await?;
    let body = read(client, length).await?;
    server.write_i32(length).await?;
    server.write_all(&body).await?;
    Ok(i32::from_be_bytes(body[..4].try_into().unwrap()))
}

async fn read(client: &mut OwnedReadHalf, length: i32) -> std::io::Result<Vec<u8>> {
    let mut body = vec![0; usize::try_from(length - 4).unwrap()];
    client.read_exact(&mut body).await?;
    Ok(body)
}

/// Passes answers on; once muted, only waits for that of COMMIT.
async fn answers(
    mut server: OwnedReadHalf,
    mut client: OwnedWriteHalf,
    muted: &AtomicBool,
) -> std::io::Result<()> {
    let mut swallowed = Vec::new();
    loop {
        let mut buffer = vec![0; 16 << 10];
        let count = server.read(&mut buffer).await?;
        if count == 0 {
            return Ok(());
        }
        if !muted.load(Ordering::SeqCst) {
            client.write_all(&buffer[..count]).await?;
            continue;
        }
        swallowed.extend_from_slice(&buffer[..count]);
        if swallowed.windows(7).any(|window| window == b"COMMIT\0") {
            return Ok(());
        }
    }
}

/// Starts a proxy that counts in `trips` how often a client sends after it was answered. What the
/// server answers is held back until the client is silent, so that whatever needs no answer is
/// sent before; the port.
pub(crate) async fn counting(server: String, trips: Arc<AtomicUsize>) -> u16 {
    let (listener, port) = listen().await;
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let server = TcpStream::connect(&server).await.unwrap();
            tokio::spawn(count(client, server, Arc::clone(&trips)));
        }
    });
    port
}

async fn count(
    mut client: TcpStream,
    mut server: TcpStream,
    trips: Arc<AtomicUsize>,
) -> std::io::Result<()> {
    let (mut from_client, mut from_server) = (vec![0; 64 << 10], vec![0; 64 << 10]);
    let mut held = Vec::new();
    let mut answered = true;
    let mut quiet_at = Instant::now();
    loop {
        tokio::select! {
            count = client.read(&mut from_client) => {
                let count = count?;
                if count == 0 {
                    return Ok(());
                }
                if answered {
                    trips.fetch_add(1, Ordering::SeqCst);
                    answered = false;
                }
                quiet_at = Instant::now() + QUIET;
                server.write_all(&from_client[..count]).await?;
            }
            count = server.read(&mut from_server) => {
                let count = count?;
                if count == 0 {
                    return Ok(());
                }
                held.extend_from_slice(&from_server[..count]);
            }
            () = sleep_until(quiet_at), if !held.is_empty() => {
                client.write_all(&held).await?;
                held.clear();
                answered = true;
            }
        }
    }
}
