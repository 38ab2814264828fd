//! The registry beside the raw driver, on databases that are as durable as in use.

use std::process::Command;

use crate::servers::{self, Site, Ward};
use crate::{Result, interop, shell};

/// Print how many times slower the registry is than the raw driver doing the same in the same run.
///
/// Servers are started for the run, with their defaults for durability. Absolute figures differ from
/// machine to machine and hour to hour; leave the machine alone meanwhile.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// sqlite, postgres, mariadb, mysql or server; all that can be had if none is named. `server` is
    /// the registry server on PostgreSQL beside a bare one and Feast's own, which it installs first.
    databases: Vec<String>,
    /// Only work whose name contains this: apply, materialise, read, batch, cache.
    #[arg(long)]
    only: Option<String>,
}

/// The benchmark of the registry server.
const SERVER: &str = "server";

const SERVERS: [&str; 3] = ["postgres", "mariadb", "mysql"];

pub(crate) fn run(args: &Args) -> Result {
    let wanted = |name: &str| args.databases.is_empty() || args.databases.iter().any(|n| n == name);
    let known = |name: &String| ["sqlite", SERVER].contains(&&**name) || SERVERS.contains(&&**name);
    if let Some(unknown) = args.databases.iter().find(|name| !known(name)) {
        return Err(format!("there is no benchmark of `{unknown}`").into());
    }
    if wanted("sqlite") {
        shell::run(shell::cargo(&[
            "bench",
            "--quiet",
            "--package",
            "feast-registry-sqlite",
        ]))?;
    }
    let package = [
        "build",
        "--quiet",
        "--release",
        "--package",
        "feast-registry-bench",
    ];
    shell::run(shell::cargo(&package))?;
    let ward = Ward::watching_signals()?;
    let site = Site::new(ward)?.durable();
    for name in SERVERS.into_iter().filter(|name| wanted(name)) {
        let server = servers::find(name).ok_or("a server that is listed")?;
        match server.start(&site) {
            Ok(server) => {
                println!("\n{}", server.version);
                let mut command = program("feast-registry-bench");
                command.arg(&server.url).args(&args.only);
                shell::run(command)?;
            }
            Err(error) if args.databases.is_empty() => println!("{name}: not run, {error}"),
            Err(error) => return Err(format!("{name} cannot be had: {error}").into()),
        }
    }
    if wanted(SERVER) {
        registry_server(&site)?;
    }
    Ok(())
}

/// The registry server, and the memory of its cache.
fn registry_server(site: &Site) -> Result {
    let feast = interop::python()?.with_file_name("feast");
    let postgres = servers::find("postgres").ok_or("a server that is listed")?;
    let postgres = postgres.start(site)?;
    println!("\n{}", postgres.version);
    let mut command = program("feast-registry-bench");
    command.args([&postgres.url, SERVER]).arg(feast);
    shell::run(command)?;
    shell::run(program("heap"))
}

/// A program of the benchmarks, with its arguments to follow.
fn program(name: &str) -> Command {
    let mut command = shell::cargo(&["run", "--quiet", "--release"]);
    command.args(["--package", "feast-registry-bench", "--bin", name, "--"]);
    command
}
