//! An acknowledged write is on the disk: before the command says that it is done, everything that
//! it wrote was synchronised, and so was the folder of every file that it made or removed.
//!
//! Runs the built command under `strace` and looks at its system calls. `cargo xtask test` runs it.

#![allow(clippy::unwrap_used, reason = "what is not as expected fails the test")]

mod command;
mod durable;
mod events;
mod parse;
