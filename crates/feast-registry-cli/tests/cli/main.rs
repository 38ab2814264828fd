//! Runs the real binary, each test in a folder of its own.

#![cfg(feature = "sqlite")]
#![allow(clippy::unwrap_used, reason = "the helpers of tests may panic too")]

mod admin;
mod apply;
#[cfg(feature = "file")]
mod backups;
mod docs;
mod doctor;
mod hostile;
mod library;
mod life;
mod moving;
mod objects;
mod permissions;
mod plan;
mod runner;
#[cfg(feature = "server")]
mod serve;
mod transfer;
