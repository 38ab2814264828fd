//! Development tasks, run as `cargo xtask <task>`.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command-line tool talks to its user"
)]

mod bench;
mod codegen;
mod conformance;
mod db;
mod features;
mod fuzz;
mod interop;
mod provision;
mod servers;
mod shell;
mod test;
mod venv;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// What a task ends with. Tasks only report failures, so any error will do.
type Result<T = (), E = Box<dyn std::error::Error>> = std::result::Result<T, E>;

/// Development tasks of the feast-registry workspace.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Bench(bench::Args),
    Codegen(codegen::Args),
    Fuzz(fuzz::Args),
    Test(test::Args),
    Conformance(conformance::Args),
    Db(db::Args),
    Interop(interop::Args),
    /// Check the facade with each feature alone, with none and with all.
    Features,
}

impl Command {
    fn run(self) -> Result {
        match self {
            Self::Bench(args) => bench::run(&args),
            Self::Codegen(args) => codegen::run(&args),
            Self::Fuzz(args) => fuzz::run(&args),
            Self::Test(args) => test::run(&args),
            Self::Conformance(args) => conformance::run(&args),
            Self::Db(args) => db::run(&args),
            Self::Interop(args) => interop::run(&args),
            Self::Features => features::run(),
        }
    }
}

fn main() -> ExitCode {
    match Cli::parse().command.run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Folder of the workspace, independent of where the task is started.
fn workspace_root() -> PathBuf {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().unwrap_or(xtask).to_path_buf()
}
