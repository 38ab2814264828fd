//! Clients that send more than is good for anybody.

use std::io::Write as _;
use std::time::Duration;

use rustix::process::{Resource, getrlimit, setrlimit};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tonic::Code;
use tonic::transport::Channel;

use crate::client::{connect, get_project, named};
use crate::frames::{self, frame, headers};
use crate::memory::{KIB, MIB, Memory};
use crate::running::{Running, options};

/// A server, a client that behaves, and one that will not.
async fn serve() -> (Running, Channel, TcpStream) {
    let (server, client) = Running::ready(options()).await;
    let attacker = frames::connect(server.address()).await;
    (server, client, attacker)
}

/// Nobody else suffers.
async fn is_served(client: &Channel) {
    let answer = get_project(client, named("rides")).await.unwrap_err();
    assert_eq!(answer.code(), Code::NotFound, "{answer}");
}

pub(crate) async fn headers_without_end() {
    let (_server, client, mut attacker) = serve().await;
    let memory = Memory::watch();
    let mut begin = Vec::new();
    frame(&mut begin, frames::HEADERS, 0, 1, &headers("GetProject"));
    attacker.write_all(&begin).await.unwrap();
    let mut block = Vec::new();
    for number in 0..100 {
        frames::header(&mut block, &format!("x-{number}"), &"y".repeat(100));
    }
    let mut more = Vec::new();
    frame(&mut more, frames::CONTINUATION, 0, 1, &block);
    assert!(frames::is_cut_off(&mut attacker, &more, 64 * MIB).await);
    is_served(&client).await;
    memory.at_most(MIB);
}

/// Calls that are taken just before something ends their connection.
pub(crate) async fn ends() {
    const CALLS: u32 = 200;
    let (server, client, _) = serve().await;
    let mut connect = Vec::new();
    for (name, value) in [
        (":method", "CONNECT"),
        (":authority", "localhost"),
        ("content-length", "5"),
    ] {
        frames::header(&mut connect, name, value);
    }
    let mut said = Vec::new();
    for call in 0..CALLS {
        frames::call(&mut said, 1 + 2 * call, "GetProject", b"");
    }
    frame(
        &mut said,
        frames::HEADERS,
        frames::END_HEADERS,
        1 + 2 * CALLS,
        &connect,
    );
    let memory = Memory::watch();
    for _ in 0..100 {
        let mut attacker = frames::connect(server.address()).await;
        attacker.write_all(&said).await.unwrap();
        frames::until_closed(&mut attacker).await;
    }
    is_served(&client).await;
    memory.at_most(8 * MIB);
}

pub(crate) async fn resets() {
    const CALLS: u32 = 100_000;
    let (_server, client, mut attacker) = serve().await;
    let memory = Memory::watch();
    let mut said = Vec::with_capacity(CALLS as usize * 200);
    for call in 0..CALLS {
        let stream = 1 + 2 * call;
        let block = headers("GetProject");
        frame(
            &mut said,
            frames::HEADERS,
            frames::END_HEADERS,
            stream,
            &block,
        );
        frame(&mut said, frames::RESET, 0, stream, &8_u32.to_be_bytes());
    }
    // Whether it is cut off or served to the end is for the library to say.
    frames::is_cut_off(&mut attacker, &said, said.len()).await;
    is_served(&client).await;
    // What is to be sent is in memory too.
    memory.at_most(said.capacity() + MIB);
}

/// What a connection may hold before its calls are worked on is the window; then it is the message.
pub(crate) async fn messages_that_never_end() {
    const CALLS: u32 = 50;
    let mut options = options();
    options.limits.message_bytes = 256 * KIB;
    let (server, client) = Running::ready(options).await;
    let mut attacker = frames::connect(server.address()).await;
    let memory = Memory::watch();
    let mut unfinished = frames::message(&vec![0; 200 * KIB]);
    unfinished.truncate(150 * KIB);
    let (mut reader, mut writer) = attacker.split();
    let sending = async {
        for call in 0..CALLS {
            let mut said = Vec::new();
            let stream = 1 + 2 * call;
            frame(
                &mut said,
                frames::HEADERS,
                frames::END_HEADERS,
                stream,
                &headers("ApplyEntity"),
            );
            for piece in unfinished.chunks(16 * KIB) {
                frame(&mut said, frames::DATA, 0, stream, piece);
            }
            // The windows are not looked at: the server ends the connection, or takes it.
            if writer.write_all(&said).await.is_err() {
                return;
            }
        }
        is_served(&client).await;
    };
    let hearing = async { tokio::io::copy(&mut reader, &mut tokio::io::sink()).await };
    tokio::select! {
        () = sending => {}
        _ = hearing => {}
    }
    is_served(&client).await;
    memory.at_most(CALLS as usize * 256 * KIB + 4 * MIB);
}

/// As many calls as there are places begin and do not go on, and as many large requests.
pub(crate) async fn calls_that_are_never_whole() {
    // All of it fits into the first window of a connection.
    const PLACES: u32 = 6;
    let mut options = options();
    options.limits.calls = PLACES as usize;
    // They are not given up before the trial is over.
    options.limits.request_time = Duration::from_secs(600);
    options.metrics_port = Some(0);
    let (server, client) = Running::ready(options).await;
    let mut attacker = frames::connect(server.address()).await;
    let mut large = frames::message(&vec![0; 20 * KIB]);
    large.truncate(9 * KIB);
    let mut said = Vec::new();
    for call in 0..2 * PLACES {
        let stream = 1 + 2 * call;
        let block = headers("ApplyEntity");
        frame(
            &mut said,
            frames::HEADERS,
            frames::END_HEADERS,
            stream,
            &block,
        );
        if call >= PLACES {
            frame(&mut said, frames::DATA, 0, stream, &large);
        }
    }
    attacker.write_all(&said).await.unwrap();
    server
        .until_told(&format!("grpc_server_in_flight {}", 2 * PLACES))
        .await;
    let served = timeout(Duration::from_secs(20), is_served(&client)).await;
    assert!(served.is_ok(), "there is no place for others");
}

pub(crate) async fn a_length_of_four_gibibytes() {
    let (_server, client, mut attacker) = serve().await;
    let memory = Memory::watch();
    let mut said = Vec::new();
    frame(
        &mut said,
        frames::HEADERS,
        frames::END_HEADERS,
        1,
        &headers("ApplyEntity"),
    );
    frame(
        &mut said,
        frames::DATA,
        0,
        1,
        &[0, 0xff, 0xff, 0xff, 0xff, 1, 2, 3],
    );
    attacker.write_all(&said).await.unwrap();
    is_served(&client).await;
    memory.at_most(MIB);
}

pub(crate) async fn nonsense() {
    let (server, client, _) = serve().await;
    let memory = Memory::watch();
    let mut random = 1_u64;
    for _ in 0..200 {
        let mut attacker = frames::connect(server.address()).await;
        let payload: [u8; 40] = std::array::from_fn(|_| {
            // A generator of Knuth's: any bytes will do, the same in every run.
            random = random
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (random >> 56) as u8
        });
        let mut said = Vec::new();
        let [kind, flags, stream, ..] = payload;
        frame(
            &mut said,
            kind % 12,
            flags,
            u32::from(stream % 4),
            &payload[3..],
        );
        // It may have been closed by then.
        let _ = attacker.write_all(&said).await;
        let _ = attacker.shutdown().await;
        frames::until_closed(&mut attacker).await;
    }
    is_served(&client).await;
    memory.at_most(2 * MIB);
}

/// A connection that says nothing more costs little.
pub(crate) async fn connections() {
    let count = connections_to_make();
    let (server, client) = Running::ready(options()).await;
    let memory = Memory::watch();
    let mut idle = Vec::with_capacity(count);
    for _ in 0..count {
        idle.push(frames::connect(server.address()).await);
    }
    is_served(&client).await;
    let newcomer = connect(server.address()).await;
    is_served(&newcomer).await;
    memory.at_most(count * 64 * KIB);
}

/// As many as one machine is asked to stand. Both ends are in this process, each with a descriptor: fewer, if the
/// system gives it no more of them.
fn connections_to_make() -> usize {
    const WANTED: u64 = 5_000;
    /// Descriptors of everything else.
    const OTHERS: u64 = 100;
    let mut limit = getrlimit(Resource::Nofile);
    let needed = 2 * WANTED + OTHERS;
    let allowed = needed.min(limit.maximum.unwrap_or(needed));
    if limit.current.is_some_and(|current| current < allowed) {
        limit.current = Some(allowed);
        setrlimit(Resource::Nofile, limit).unwrap();
    }
    let count = (allowed - OTHERS) / 2;
    if count < WANTED {
        let said = format!("many_connections: {count}, not {WANTED}: see `ulimit -Hn`\n");
        // Nobody can be told of a closed standard error.
        let _ = std::io::stderr().write_all(said.as_bytes());
    }
    usize::try_from(count).unwrap()
}
