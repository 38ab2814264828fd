//! A TCP proxy that hurts the connections that run through it, for tests of what a backend does
//! when the network or the server fails.
//!
//! It stands between a backend and its database, on a free port of the loopback address, and
//! passes everything on until a [`Fault`] is set. It knows no protocol, only bytes, so it serves
//! PostgreSQL and MySQL alike. No trigger and no setting of a server can lose the answer to a
//! COMMIT; [`Fault::LoseAnswer`] can.
//!
//! ```no_run
//! use feast_registry_conformance::proxy::{Fault, Proxy};
//!
//! # async fn example() -> std::io::Result<()> {
//! let proxy = Proxy::start("127.0.0.1:5432").await?;
//! let url = format!("postgresql://postgres@{}/registry", proxy.address());
//! // … open a store with that URL, then:
//! proxy.set(Fault::LoseAnswer { request: b"COMMIT".to_vec(), answer: b"COMMIT".to_vec() });
//! // … a write must now be reported as of unknown outcome, or be found to have happened.
//! assert_eq!(proxy.tripped(), 1);
//! # Ok(())
//! # }
//! ```
//!
//! TLS hides the bytes from it: faults with a pattern need a connection without TLS.

mod connection;
mod fault;
mod find;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

pub use self::fault::Fault;

use self::fault::Faults;

/// A proxy in front of one server. It ends, with every connection through it, when it is dropped.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    faults: Arc<Faults>,
    task: JoinHandle<()>,
}

impl Proxy {
    /// Starts a proxy in front of a server, given as `host:port`. The server need not be there
    /// yet: it is connected to for each connection.
    ///
    /// It must be called, and goes on, in a Tokio runtime with I/O and time enabled.
    ///
    /// # Errors
    ///
    /// No port can be listened on.
    pub async fn start(server: impl Into<String>) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let faults = Arc::new(Faults::default());
        let task = tokio::spawn(serve(listener, server.into(), Arc::clone(&faults)));
        Ok(Proxy {
            address,
            faults,
            task,
        })
    }

    /// Where clients connect.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Sets what happens from now on, to open connections and to new ones, instead of what was set
    /// before.
    pub fn set(&self, fault: Fault) {
        self.faults.set(fault);
    }

    /// Cuts every open connection now, as a server does that is killed. New ones are let in.
    pub fn cut(&self) {
        self.faults.cut();
    }

    /// How often a fault that happens once has happened.
    pub fn tripped(&self) -> u64 {
        self.faults.tripped()
    }

    /// How many connections were made so far.
    pub fn connections(&self) -> u64 {
        self.faults.connections()
    }

    /// How often a client has sent something after an answer, or at first, over all connections:
    /// the round trips, if clients wait for the whole answer. For clients that send in advance, and
    /// may be answered meanwhile, set [`Fault::Delay`]: what they send before they see an answer is one trip.
    pub fn round_trips(&self) -> u64 {
        self.faults.round_trips()
    }

    /// How many bytes the server has sent, over all connections.
    pub fn answered_bytes(&self) -> u64 {
        self.faults.answered_bytes()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        // The connections are tasks of this one's, so they end with it.
        self.task.abort();
    }
}

async fn serve(listener: TcpListener, server: String, faults: Arc<Faults>) {
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            Some(_) = connections.join_next() => continue,
        };
        // What fails here is the client's own affair: it has gone already.
        let Ok((client, _)) = accepted else { continue };
        faults.connected();
        if faults.refuses() {
            continue;
        }
        let (server, faults) = (server.clone(), Arc::clone(&faults));
        connections.spawn(async move {
            // A server that is not there looks as it would without a proxy: a closed connection.
            if let Ok(server) = TcpStream::connect(server).await {
                connection::run(client, server, &faults).await;
            }
        });
    }
}
