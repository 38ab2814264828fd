//! The `feast-registry` command.

fn main() {}
