//! Runs the real binary, each test in a folder of its own.

#![cfg(feature = "sqlite")]

mod admin;
mod apply;
mod hostile;
mod library;
mod life;
mod objects;
mod permissions;
mod runner;
mod transfer;
