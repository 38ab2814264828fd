//! The protocol as a client sees it: real gRPC framing, in one process unless a test says otherwise.

mod client;
mod samples;
mod tcp;
