//! A client that costs next to nothing, so that what is measured is the server.
//!
//! It speaks HTTP/2 (RFC 9113) as far as unary calls of gRPC need it, one call at a time. Headers of
//! answers are not decoded: gRPC sends no message with an error, and whoever gets no whole message panics.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// The largest flow-control window, and what one is before anybody says.
const WINDOW: u32 = (1 << 31) - 1;
const FIRST_WINDOW: u32 = (1 << 16) - 1;
/// The largest frame, unless somebody asks for larger ones.
const FRAME: usize = 1 << 14;
const FRAME_HEAD: usize = 9;
/// What stands before a message: whether it is compressed, and its length.
const PREFIX: usize = 5;

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const WINDOW_UPDATE: u8 = 8;

const INITIAL_WINDOW_SIZE: u16 = 4;

const ACK: u8 = 1;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;
const PADDED: u8 = 8;

/// One connection.
pub(crate) struct Client {
    connection: TcpStream,
    /// What was read, and how much of it is done with.
    input: Vec<u8>,
    done: usize,
    output: Vec<u8>,
    /// The headers of the next call, and of those after it, which name entries of the peer's table.
    headers: Vec<u8>,
    stream: u32,
    /// How much the server takes, and how much it may still send, on the whole connection.
    may_send: u32,
    may_receive: u32,
}

/// A frame in the input.
struct Frame {
    kind: u8,
    flags: u8,
    stream: u32,
    payload: std::ops::Range<usize>,
}

impl Client {
    /// Connects, to call one rpc.
    pub(crate) async fn connect(server: SocketAddr, path: &str) -> Self {
        let connection = TcpStream::connect(server).await;
        let connection = connection.expect("the server accepts");
        connection.set_nodelay(true).expect("a socket");
        let mut client = Client {
            connection,
            input: Vec::new(),
            done: 0,
            output: PREFACE.to_vec(),
            headers: headers(path, &server.to_string()),
            stream: 1,
            may_send: FIRST_WINDOW,
            may_receive: FIRST_WINDOW,
        };
        let mut settings = INITIAL_WINDOW_SIZE.to_be_bytes().to_vec();
        settings.extend(WINDOW.to_be_bytes());
        client.put_frame(SETTINGS, 0, 0, &settings);
        client.widen();
        client
    }

    /// Calls, and waits for the answer; the length of its message.
    pub(crate) async fn call(&mut self, request: &[u8]) -> usize {
        let length = PREFIX + request.len();
        assert!(length <= FRAME, "requests of one frame");
        while (self.may_send as usize) < length {
            self.flush().await;
            let frame = self.frame().await;
            self.serve(&frame);
        }
        self.may_send -= length as u32;
        let headers = std::mem::replace(&mut self.headers, INDEXED_HEADERS.to_vec());
        self.put_frame(HEADERS, END_HEADERS, self.stream, &headers);
        self.put_head(length, DATA, END_STREAM, self.stream);
        self.output.push(0);
        self.output.extend((request.len() as u32).to_be_bytes());
        self.output.extend(request);
        self.flush().await;
        let length = self.answer().await;
        self.stream += 2;
        length
    }

    /// The answer to the call under way.
    async fn answer(&mut self) -> usize {
        let (mut prefix, mut length) = (Vec::with_capacity(PREFIX), 0);
        loop {
            let frame = self.frame().await;
            if frame.stream != self.stream {
                self.serve(&frame);
                continue;
            }
            assert_ne!(frame.kind, RST_STREAM, "the call is answered");
            if frame.kind == DATA {
                assert_eq!(frame.flags & PADDED, 0, "nobody pads");
                let payload = &self.input[frame.payload];
                let missing = PREFIX - prefix.len();
                prefix.extend(payload.iter().take(missing));
                length += payload.len();
                self.may_receive -= payload.len() as u32;
            }
            if matches!(frame.kind, DATA | HEADERS) && frame.flags & END_STREAM != 0 {
                break;
            }
        }
        if self.may_receive < WINDOW / 2 {
            self.widen();
        }
        let said = prefix.get(1..).and_then(|length| length.try_into().ok());
        let length = length.saturating_sub(PREFIX);
        assert_eq!(
            said.map(u32::from_be_bytes),
            Some(length as u32),
            "a message"
        );
        length
    }

    /// Does what a frame asks for that belongs to no call under way.
    fn serve(&mut self, frame: &Frame) {
        let payload = self.input[frame.payload.clone()].to_vec();
        match frame.kind {
            SETTINGS if frame.flags & ACK == 0 => self.put_frame(SETTINGS, ACK, 0, &[]),
            PING if frame.flags & ACK == 0 => self.put_frame(PING, ACK, 0, &payload),
            WINDOW_UPDATE if frame.stream == 0 => {
                let more = payload[..].try_into().map_or(0, u32::from_be_bytes);
                self.may_send = self.may_send.saturating_add(more);
            }
            GOAWAY => panic!("the server ends the connection: {payload:?}"),
            _ => {}
        }
    }

    /// Lets the server send as much as possible.
    fn widen(&mut self) {
        let more = WINDOW - self.may_receive;
        self.put_frame(WINDOW_UPDATE, 0, 0, &more.to_be_bytes());
        self.may_receive = WINDOW;
    }

    async fn frame(&mut self) -> Frame {
        let head = self.take(FRAME_HEAD).await;
        let &[a, b, c, kind, flags, d, e, f, g] = &self.input[head] else {
            panic!("a head of nine bytes");
        };
        let length = u32::from_be_bytes([0, a, b, c]) as usize;
        let stream = u32::from_be_bytes([d, e, f, g]);
        let payload = self.take(length).await;
        Frame {
            kind,
            flags,
            stream,
            payload,
        }
    }

    /// The place of the next bytes of the input, valid until more are taken.
    async fn take(&mut self, length: usize) -> std::ops::Range<usize> {
        while self.input.len() - self.done < length {
            self.input.drain(..self.done);
            self.done = 0;
            self.input.reserve(4 * FRAME);
            let read = self.connection.read_buf(&mut self.input).await;
            assert_ne!(read.expect("a connection"), 0, "the connection is open");
        }
        let begin = self.done;
        self.done += length;
        begin..self.done
    }

    fn put_frame(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
        self.put_head(payload.len(), kind, flags, stream);
        self.output.extend(payload);
    }

    fn put_head(&mut self, length: usize, kind: u8, flags: u8, stream: u32) {
        self.output.extend(&(length as u32).to_be_bytes()[1..]);
        self.output.extend([kind, flags]);
        self.output.extend(stream.to_be_bytes());
    }

    async fn flush(&mut self) {
        let written = self.connection.write_all(&self.output).await;
        written.expect("a connection");
        self.output.clear();
    }
}

/// The headers of a call in HPACK (RFC 7541): `:method: POST`, `:scheme: http`, and four that the peer
/// puts into its table.
fn headers(path: &str, authority: &str) -> Vec<u8> {
    let mut block = vec![0x83, 0x86];
    let mut put = |name: &[u8], value: &str| {
        block.extend(name);
        // From 127 on a length takes more than a byte.
        assert!(value.len() < 127, "a short value");
        block.push(value.len() as u8);
        block.extend(value.as_bytes());
    };
    // The numbers of the static table; `te` is not in it.
    put(&[0x40 | 4], path);
    put(&[0x40 | 1], authority);
    put(&[0x40 | 31], "application/grpc");
    put(&[0x40, 2, b't', b'e'], "trailers");
    block
}

/// The same headers once they are in the table, of which the entry that came last is number 62.
const INDEXED_HEADERS: [u8; 6] = [0x83, 0x86, 0x80 | 65, 0x80 | 64, 0x80 | 63, 0x80 | 62];
