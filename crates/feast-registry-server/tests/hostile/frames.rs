//! HTTP/2 by hand, for what no library sends.

use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

pub(crate) const DATA: u8 = 0;
pub(crate) const HEADERS: u8 = 1;
pub(crate) const RESET: u8 = 3;
const SETTINGS: u8 = 4;
const WINDOW_UPDATE: u8 = 8;
pub(crate) const CONTINUATION: u8 = 9;

/// The flag of the last frame of a stream.
pub(crate) const END_STREAM: u8 = 1;
/// The flag of the last frame of headers.
pub(crate) const END_HEADERS: u8 = 4;

/// The most that a window may hold.
const WIDEST: u32 = (1 << 31) - 1;
const INITIAL_WINDOW: u32 = 65_535;

/// A connection that takes as much as the server would send.
pub(crate) async fn connect(address: SocketAddr) -> TcpStream {
    connect_with(address, WIDEST).await
}

/// A connection whose calls take so many bytes and then no more.
pub(crate) async fn connect_with(address: SocketAddr, window: u32) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let mut said = PREFACE.to_vec();
    // SETTINGS_INITIAL_WINDOW_SIZE is 4.
    let mut wide = 4_u16.to_be_bytes().to_vec();
    wide.extend(window.to_be_bytes());
    frame(&mut said, SETTINGS, 0, 0, &wide);
    let more = (WIDEST - INITIAL_WINDOW).to_be_bytes();
    frame(&mut said, WINDOW_UPDATE, 0, 0, &more);
    stream.write_all(&said).await.unwrap();
    stream
}

/// Adds a frame.
pub(crate) fn frame(out: &mut Vec<u8>, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    out.extend(&length[1..]);
    out.extend([kind, flags]);
    out.extend(stream.to_be_bytes());
    out.extend(payload);
}

/// Reads a frame: its kind, its stream and what is in it.
pub(crate) async fn next(stream: &mut TcpStream) -> (u8, u32, Vec<u8>) {
    let mut head = [0; 9];
    stream.read_exact(&mut head).await.unwrap();
    let [a, b, c, kind, _flags, of @ ..] = head;
    let length = u32::from_be_bytes([0, a, b, c]);
    let mut payload = vec![0; usize::try_from(length).unwrap()];
    stream.read_exact(&mut payload).await.unwrap();
    (kind, u32::from_be_bytes(of), payload)
}

/// The headers of a call, as they are compressed: not at all.
pub(crate) fn headers(rpc: &str) -> Vec<u8> {
    let path = format!("/feast.registry.RegistryServer/{rpc}");
    let mut block = Vec::new();
    for (name, value) in [
        (":method", "POST"),
        (":scheme", "http"),
        (":authority", "localhost"),
        (":path", &path),
        ("te", "trailers"),
        ("content-type", "application/grpc"),
    ] {
        header(&mut block, name, value);
    }
    block
}

/// Adds a header of less than 127 bytes on each side.
pub(crate) fn header(block: &mut Vec<u8>, name: &str, value: &str) {
    block.push(0);
    for text in [name, value] {
        block.push(u8::try_from(text.len()).unwrap());
        block.extend(text.as_bytes());
    }
}

/// A message of gRPC.
pub(crate) fn message(body: &[u8]) -> Vec<u8> {
    let mut message = vec![0];
    message.extend(u32::try_from(body.len()).unwrap().to_be_bytes());
    message.extend(body);
    message
}

/// Adds a whole call.
pub(crate) fn call(out: &mut Vec<u8>, stream: u32, rpc: &str, request: &[u8]) {
    frame(out, HEADERS, END_HEADERS, stream, &headers(rpc));
    frame(out, DATA, END_STREAM, stream, &message(request));
}

/// Reads until the server closes the connection.
pub(crate) async fn until_closed(stream: &mut TcpStream) {
    let mut heard = [0; 4096];
    // An end or a reset.
    while !matches!(stream.read(&mut heard).await, Ok(0) | Err(_)) {}
}

/// Writes until the server takes no more; whether it did before `limit` bytes.
pub(crate) async fn is_cut_off(stream: &mut TcpStream, piece: &[u8], limit: usize) -> bool {
    let (mut reader, mut writer) = stream.split();
    let reading = async {
        let mut heard = [0; 4096];
        while !matches!(reader.read(&mut heard).await, Ok(0) | Err(_)) {}
    };
    let writing = async {
        for _ in 0..limit.div_ceil(piece.len()) {
            let written: io::Result<()> = writer.write_all(piece).await;
            if written.is_err() {
                return true;
            }
        }
        false
    };
    tokio::select! {
        () = reading => true,
        cut = writing => cut,
    }
}
