//! The proxy in front of a server that answers every line with what it read.

#![allow(clippy::unwrap_used, reason = "a test fails by panic")]

use std::time::Duration;

use feast_registry_conformance::proxy::{Fault, Proxy};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::{Instant, timeout};

/// How long what must happen may take.
const LONG: Duration = Duration::from_secs(30);

/// An echo, everything that it has read, and a proxy in front of it.
async fn echo() -> (Proxy, UnboundedReceiver<Vec<u8>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (seen, reader) = unbounded_channel();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let seen = seen.clone();
            tokio::spawn(async move {
                let mut buffer = [0; 1024];
                while let Ok(length @ 1..) = stream.read(&mut buffer).await {
                    let _ = seen.send(buffer[..length].to_vec());
                    let _ = stream.write_all(&buffer[..length]).await;
                }
            });
        }
    });
    (Proxy::start(address).await.unwrap(), reader)
}

async fn client(proxy: &Proxy) -> TcpStream {
    TcpStream::connect(proxy.address()).await.unwrap()
}

/// Sends, and reads as much as was sent; fewer bytes if the connection ends before that.
async fn ask(stream: &mut TcpStream, text: &[u8]) -> Vec<u8> {
    // A connection that is cut already shows when it is read.
    let _ = stream.write_all(text).await;
    let mut answer = Vec::new();
    let mut limited = stream.take(text.len() as u64);
    let _ = timeout(LONG, limited.read_to_end(&mut answer))
        .await
        .unwrap();
    answer
}

#[tokio::test]
async fn everything_passes_without_a_fault() {
    let (proxy, _seen) = echo().await;
    let mut stream = client(&proxy).await;
    assert_eq!(ask(&mut stream, b"one").await, b"one");
    assert_eq!(ask(&mut stream, b"two").await, b"two");
    assert_eq!((proxy.connections(), proxy.round_trips()), (1, 2));
    assert_eq!(proxy.tripped(), 0);
}

#[tokio::test]
async fn a_lost_request_never_reaches_the_server() {
    let (proxy, mut seen) = echo().await;
    let mut stream = client(&proxy).await;
    proxy.set(Fault::LoseRequest(b"COMMIT".to_vec()));
    assert_eq!(ask(&mut stream, b"BEGIN").await, b"BEGIN");
    assert_eq!(ask(&mut stream, b"COMMIT").await, b"");
    assert_eq!(proxy.tripped(), 1);
    assert_eq!(seen.recv().await.unwrap(), b"BEGIN");
    // The next try passes, and is the next that the server sees.
    let mut stream = client(&proxy).await;
    assert_eq!(ask(&mut stream, b"COMMIT again").await, b"COMMIT again");
    assert_eq!(seen.recv().await.unwrap(), b"COMMIT again");
}

#[tokio::test]
async fn a_lost_answer_is_that_to_a_request_which_the_server_has_seen() {
    let (proxy, mut seen) = echo().await;
    let mut stream = client(&proxy).await;
    let (request, answer) = (b"COMMIT".to_vec(), Vec::new());
    proxy.set(Fault::LoseAnswer { request, answer });
    assert_eq!(ask(&mut stream, b"COMMIT").await, b"");
    assert_eq!(seen.recv().await.unwrap(), b"COMMIT");
    assert_eq!(proxy.tripped(), 1);
}

#[tokio::test]
async fn answers_before_the_lost_one_are_lost_too() {
    let (proxy, mut seen) = echo().await;
    let mut stream = client(&proxy).await;
    let (request, answer) = (b"COMMIT".to_vec(), b"done".to_vec());
    proxy.set(Fault::LoseAnswer { request, answer });
    stream.write_all(b"UPDATE; COMMIT").await.unwrap();
    // The server has answered, but not what is waited for: the connection is still there.
    assert_eq!(seen.recv().await.unwrap(), b"UPDATE; COMMIT");
    assert_eq!(ask(&mut stream, b"done").await, b"");
}

#[tokio::test]
async fn a_connection_is_cut_after_so_many_bytes() {
    let (proxy, mut seen) = echo().await;
    let mut stream = client(&proxy).await;
    proxy.set(Fault::CutAfter(8));
    assert_eq!(ask(&mut stream, b"abc").await, b"abc");
    assert_eq!(ask(&mut stream, b"defg").await, b"");
    assert_eq!(seen.recv().await.unwrap(), b"abc");
    assert_eq!(seen.recv().await.unwrap(), b"de");
    assert_eq!(ask(&mut client(&proxy).await, b"more").await, b"more");
}

#[tokio::test]
async fn delayed_data_arrive_late() {
    let (proxy, _seen) = echo().await;
    let mut stream = client(&proxy).await;
    let delay = Duration::from_millis(20);
    proxy.set(Fault::Delay(delay));
    let began = Instant::now();
    assert_eq!(ask(&mut stream, b"slow").await, b"slow");
    assert!(began.elapsed() >= 2 * delay);
}

#[tokio::test]
async fn a_black_hole_keeps_the_connection_and_answers_nothing() {
    let (proxy, mut seen) = echo().await;
    let mut stream = client(&proxy).await;
    assert_eq!(ask(&mut stream, b"here").await, b"here");
    assert_eq!(seen.recv().await.unwrap(), b"here");
    proxy.set(Fault::BlackHole);
    stream.write_all(b"lost").await.unwrap();
    // Neither side ends, which would be an answer: both waits run into their limit.
    let limit = Duration::from_millis(50);
    assert!(timeout(limit, stream.read(&mut [0; 8])).await.is_err());
    assert!(timeout(limit, seen.recv()).await.is_err());
}

#[tokio::test]
async fn new_connections_are_refused_and_open_ones_go_on() {
    let (proxy, _seen) = echo().await;
    let mut open = client(&proxy).await;
    assert_eq!(ask(&mut open, b"before").await, b"before");
    proxy.set(Fault::Refuse);
    assert_eq!(ask(&mut client(&proxy).await, b"new").await, b"");
    assert_eq!(ask(&mut open, b"after").await, b"after");
}

#[tokio::test]
async fn all_open_connections_are_cut_at_once() {
    let (proxy, _seen) = echo().await;
    let mut streams = [client(&proxy).await, client(&proxy).await];
    for stream in &mut streams {
        assert_eq!(ask(stream, b"here").await, b"here");
    }
    proxy.cut();
    for stream in &mut streams {
        let ended = timeout(LONG, stream.read(&mut [0; 8])).await.unwrap();
        assert!(matches!(ended, Ok(0) | Err(_)));
    }
    assert_eq!(ask(&mut client(&proxy).await, b"new").await, b"new");
}

#[tokio::test]
async fn a_server_that_is_away_looks_like_a_closed_connection() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    drop(listener);
    let proxy = Proxy::start(address).await.unwrap();
    assert_eq!(ask(&mut client(&proxy).await, b"hello").await, b"");
}

#[tokio::test]
async fn connections_end_with_the_proxy() {
    let (proxy, _seen) = echo().await;
    let mut stream = client(&proxy).await;
    assert_eq!(ask(&mut stream, b"here").await, b"here");
    drop(proxy);
    let ended = timeout(LONG, stream.read(&mut [0; 8])).await.unwrap();
    assert!(matches!(ended, Ok(0) | Err(_)));
}
