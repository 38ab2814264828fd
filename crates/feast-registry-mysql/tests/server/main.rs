//! What the conformance suite does not ask of a server: what a broken connection means, what goes
//! over it, and what old databases hold.
#![allow(clippy::unwrap_used, reason = "a test fails by panic")]

mod columns;
#[path = "../common/mod.rs"]
mod common;
mod conflicts;
mod connections;
mod fixture;
mod names;
mod objects;
mod options;
mod plain;
mod rights;
mod tls;
mod trips;

use std::future::Future;
use std::process::ExitCode;
use std::sync::Arc;

use libtest_mimic::{Arguments, Trial};
use tokio::runtime::Runtime;

use common::Server;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let server = Arc::new(Server::from_env());
    let trials = [
        columns::trials(&server),
        conflicts::trials(&server),
        connections::trials(&server),
        names::trials(&server),
        options::trials(&server),
        rights::trials(&server),
        tls::trials(&server),
        trips::trials(&server),
    ];
    libtest_mimic::run(&arguments, trials.into_iter().flatten().collect()).exit_code()
}

/// A test with a runtime of its own.
fn trial<F>(name: &str, server: &Arc<Server>, test: fn(Arc<Server>) -> F) -> Trial
where
    F: Future<Output = ()> + 'static,
{
    let server = Arc::clone(server);
    Trial::test(name, move || {
        Runtime::new().unwrap().block_on(test(server));
        Ok(())
    })
}

/// Tests under their own names.
#[macro_export]
macro_rules! trials {
    ($server:expr, $group:literal: $($test:ident),+ $(,)?) => {
        vec![$($crate::trial(concat!($group, "::", stringify!($test)), $server, $test)),+]
    };
}
