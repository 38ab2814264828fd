//! The registry beside the raw driver, on databases that are as durable as in use.

use std::process::Command;

use crate::servers::{self, Site, Ward};
use crate::{Result, interop, shell, workspace_root};

/// Print how many times slower the registry is than the raw driver doing the same in the same run.
///
/// Servers are started for the run, with their defaults for durability. Absolute figures differ from
/// machine to machine and hour to hour; leave the machine alone meanwhile.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// sqlite, file, s3, gcs, postgres, mariadb, mysql or server; all that can be had if none is named.
    /// `server` is the registry server on PostgreSQL beside a bare one and Feast's own, which it installs
    /// first; `gcs` is a fake.
    databases: Vec<String>,
    /// Only work on databases whose name contains this: apply, materialise, read, batch, cache.
    #[arg(long)]
    only: Option<String>,
}

/// The benchmark of the registry server.
const SERVER: &str = "server";

/// What needs no server, each with what `cargo bench` is told.
const ALONE: [(&str, &[&str]); 3] = [
    ("sqlite", &["--package", "feast-registry-sqlite"]),
    ("file", &["--package", FILE, "--bench", "local"]),
    ("gcs", OBJECTS),
];
const FILE: &str = "feast-registry-file";
const OBJECTS: &[&str] = &["--package", FILE, "--bench", "objects", "--all-features"];

const SERVERS: [&str; 4] = ["s3", "postgres", "mariadb", "mysql"];

pub(crate) fn run(args: &Args) -> Result {
    let wanted = |name: &str| args.databases.is_empty() || args.databases.iter().any(|n| n == name);
    let known = || {
        ALONE
            .iter()
            .map(|(name, _)| *name)
            .chain(SERVERS)
            .chain([SERVER])
    };
    if let Some(unknown) = args
        .databases
        .iter()
        .find(|name| known().all(|it| it != *name))
    {
        return Err(format!("there is no benchmark of `{unknown}`").into());
    }
    for (_, what) in ALONE.into_iter().filter(|(name, _)| wanted(name)) {
        shell::run(of_package(what))?;
    }
    let package = [
        "build",
        "--quiet",
        "--release",
        "--package",
        "feast-registry-bench",
    ];
    shell::run(shell::cargo(&package))?;
    if wanted("sqlite") {
        let mut command = program("feast-registry-bench");
        command.arg("sqlite:").args(&args.only);
        shell::run(command)?;
    }
    let ward = Ward::watching_signals()?;
    let site = Site::new(ward)?.durable();
    for name in SERVERS.into_iter().filter(|name| wanted(name)) {
        let server = servers::find(name).ok_or("a server that is listed")?;
        match server.start(&site) {
            Ok(server) => {
                println!("\n{}", server.version);
                shell::run(on_server(name, &server.url, args))?;
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

/// A benchmark of a package's own.
fn of_package(what: &[&str]) -> Command {
    let mut command = shell::cargo(&["bench", "--quiet"]);
    command.args(what);
    // Feast's figures stand beside ours where it was installed for the interop suite.
    let python = workspace_root().join("target/interop-venv/bin/python");
    if python.exists() {
        command.env(interop::PYTHON_VARIABLE, python);
    }
    command
}

fn on_server(name: &str, url: &str, args: &Args) -> Command {
    if name == "s3" {
        let mut command = of_package(OBJECTS);
        command.env("FEAST_REGISTRY_BENCH_URL", url);
        return command;
    }
    let mut command = program("feast-registry-bench");
    command.arg(url).args(&args.only);
    command
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
