//! feast-registry beside the real Feast, on the same databases.
//!
//! `cargo xtask interop` installs Feast, starts servers and runs this; `python/README.md` describes
//! the scripts that do the Python side. Tests of tables run on every database of [`engine::Engine`].

#![allow(clippy::unwrap_used, reason = "what is not as expected fails the test")]

mod client;
mod cluster;
mod command;
mod commands;
mod compare;
mod database;
mod descriptors;
mod doctor;
mod engine;
mod errors;
mod every_kind;
mod example;
#[path = "../../../crates/feast-registry-file/tests/fake/mod.rs"]
mod fake;
mod feast040;
mod files;
mod fleet;
mod history;
mod keeper;
mod load;
mod metadata;
mod moving;
mod narrow;
mod objects;
mod outage;
mod processes;
mod protobuf_json;
mod python;
mod reader;
mod reading;
mod real;
mod reapplying;
mod refreshing;
mod remote;
mod s3;
mod served;
mod speed;
mod templates;
mod time;
mod together;
mod transfer;
mod trials;
mod worker;
mod writers;
mod writing;

use std::io::Write;
use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};

use crate::cluster::System;
use crate::engine::Engine;
use crate::keeper::Keeper;
use crate::trials::Ground;

fn main() -> ExitCode {
    if worker::is_asked_for() {
        worker::work();
        return ExitCode::SUCCESS;
    }
    let mut arguments = Arguments::from_args();
    // One thread for each interpreter of Python.
    arguments.test_threads.get_or_insert(2);
    if arguments.list {
        return libtest_mimic::run(&arguments, all()).exit_code();
    }
    say_what_is_not_run();
    let _command = command::copy();
    let conclusion = libtest_mimic::run(&arguments, all());
    engine::drop_all();
    conclusion.exit_code()
}

fn all() -> Vec<Trial> {
    let modules = [
        descriptors::trials(),
        reading::trials(),
        reapplying::trials(),
        refreshing::trials(),
        writing::trials(),
        transfer::trials(),
        protobuf_json::trials(),
        history::trials(),
        metadata::trials(),
        doctor::trials(),
        together::trials(),
        processes::trials(),
        example::trials(),
        feast040::trials(),
        files::trials(),
        narrow::trials(),
        real::trials(),
        templates::trials(),
        remote::trials(),
        commands::trials(),
        errors::trials(),
        fleet::trials(),
        outage::trials(),
        speed::trials(),
        s3::trials(),
        moving::trials(),
        writers::trials(),
    ];
    modules.into_iter().flatten().collect()
}

fn say_what_is_not_run() {
    Engine::ALL.into_iter().for_each(say_if_missing);
    Keeper::ALL.into_iter().for_each(say_if_missing);
    System::ALL.into_iter().for_each(say_if_missing);
}

fn say_if_missing(ground: impl Ground) {
    if let Some(reason) = ground.missing() {
        say(&format!("not run on {}: {reason}", ground.name()));
    }
}

/// Writes a line that is seen though the test passes.
fn say(line: &str) {
    let line = format!("{line}\n");
    // Nobody can be told of a closed standard error.
    let _ = std::io::stderr().write_all(line.as_bytes());
}
