//! feast-registry beside the real Feast, on the same databases.
//!
//! `cargo xtask interop` installs Feast and runs this; `python/README.md` describes the scripts
//! that do the Python side.

#![allow(clippy::unwrap_used, reason = "what is not as expected fails the test")]

mod command;
mod compare;
mod database;
mod descriptors;
mod every_kind;
mod feast040;
mod history;
mod metadata;
mod objects;
mod protobuf_json;
mod python;
mod reading;
mod real;
mod reapplying;
mod speed;
mod templates;
mod time;
mod together;
mod transfer;
mod writing;
