//! The protocol as a client sees it: real gRPC framing, in one process unless a test says otherwise.

mod changes;
mod client;
mod errors;
mod every_rpc;
mod hostile;
mod lineage;
mod lists;
mod samples;
mod tcp;
mod views;
