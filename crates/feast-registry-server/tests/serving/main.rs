//! The server around the protocol: real sockets, and clients that do not always behave.

#![allow(clippy::unwrap_used, reason = "what is not as expected fails the test")]

mod client;
#[allow(dead_code, reason = "shared with tests that need more of it")]
#[path = "../hostile/frames.rs"]
mod frames;
mod limits;
mod readiness;
mod reflection;
mod running;
mod sockets;
mod store;
mod telling;
mod tls;
