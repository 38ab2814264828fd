//! What the conformance suite does not ask of a server.
fn main() {}
