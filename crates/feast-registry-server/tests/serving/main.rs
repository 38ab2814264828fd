//! The server around the protocol: real sockets, and clients that do not always behave.

#![allow(clippy::unwrap_used, reason = "what is not as expected fails the test")]

mod client;
mod limits;
mod readiness;
mod running;
mod sockets;
mod store;
mod telling;
mod tls;
