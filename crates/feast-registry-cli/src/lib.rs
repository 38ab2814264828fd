//! The `feast-registry` command, as a library.
//!
//! A program with a backend of its own gets the whole command line with five lines:
//!
//! ```no_run
//! use feast_registry_core::backend::Backends;
//!
//! fn main() -> std::process::ExitCode {
//!     // Add yours: `feast_registry::backends().with(MyBackend)`.
//!     let backends = Backends::new();
//!     feast_registry_cli::main(backends)
//! }
//! ```
//!
//! [`main`] takes the arguments and streams of the process; [`run`] takes others, and leaves
//! logging to the caller.

mod args;
mod commands;
mod failure;
#[cfg(feature = "server")]
mod feast;
mod input;
mod logging;
mod output;
mod session;

use std::ffi::OsString;
use std::io;
use std::process::ExitCode;

use clap::Parser as _;
use feast_registry_core::backend::Backends;
use tokio::runtime::Runtime;

use self::args::{Cli, Command};
pub use self::output::Streams;
use self::session::Session;

/// Runs the command of this process: its arguments, streams and environment.
///
/// Sets up logging and a runtime; call it from `main` and from nowhere else.
pub fn main(backends: Backends) -> ExitCode {
    let cli = match parse(std::env::args_os()) {
        Ok(cli) => cli,
        Err(usage) => return ExitCode::from(output::usage(&usage)),
    };
    cli.global.color.apply();
    logging::install(cli.global.log_level, cli.global.log_format);
    let mut streams = Streams::process();
    let code = match runtime(&cli.command) {
        Ok(runtime) => runtime.block_on(execute(cli, &backends, &mut streams)),
        Err(error) => output::fail(
            &mut streams,
            &failure::internal(format!("cannot start the runtime: {error}")),
        ),
    };
    ExitCode::from(code)
}

/// Runs one command line, the program's name first, and answers its exit code.
///
/// Warnings go to the log ([`tracing`]), errors to `streams`.
pub async fn run(
    args: impl IntoIterator<Item = impl Into<OsString> + Clone>,
    backends: &Backends,
    streams: &mut Streams,
) -> u8 {
    match parse(args) {
        Ok(cli) => execute(cli, backends, streams).await,
        Err(usage) => output::usage_to(&usage, streams),
    }
}

fn parse(args: impl IntoIterator<Item = impl Into<OsString>>) -> Result<Cli, clap::Error> {
    let args: Vec<OsString> = args.into_iter().map(Into::into).collect();
    #[cfg(feature = "server")]
    let args = feast::translate(args)?;
    Cli::try_parse_from(args)
}

/// A server uses every core; other commands mostly wait for the store.
fn runtime(command: &Command) -> io::Result<Runtime> {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    if !command.is_server() {
        builder.worker_threads(2);
    }
    builder.enable_all().build()
}

async fn execute(cli: Cli, backends: &Backends, streams: &mut Streams) -> u8 {
    let mut session = Session::new(cli.global, backends, streams);
    let result = commands::run(cli.command, &mut session).await;
    let result = session.finish().await.and(result);
    match result {
        Ok(()) => 0,
        Err(failure) => output::fail(streams, &failure),
    }
}
