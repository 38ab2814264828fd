//! The registry beside the raw driver, on databases that are as durable as in use.

mod report;

use std::process::Command;

use self::report::Report;
use crate::servers::{self, Running, Site, Ward};
use crate::{Result, interop, shell, workspace_root};

/// Print how many times slower the registry is than the raw driver doing the same in the same run.
///
/// Servers are started for the run, with their defaults for durability. Absolute figures differ from
/// machine to machine and hour to hour; leave the machine alone meanwhile.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// sqlite, file, gcs, s3, postgres, mariadb, mysql, server or feast; all that can be had if none is
    /// named. `gcs` is a fake. `server` is the registry server on PostgreSQL beside a bare one and Feast's
    /// own, `feast` the registry beside Feast's; both install Feast first.
    subjects: Vec<String>,
    /// Only work on databases whose name contains this: apply, materialise, read, batch, bulk, cache,
    /// operations, growth; or calls of the server.
    #[arg(long)]
    only: Option<String>,
    /// Write the tables into docs/performance.md, in place of older ones of the same subjects.
    #[arg(long, conflicts_with = "only")]
    write: bool,
}

/// Something to measure.
struct Subject {
    name: &'static str,
    title: &'static str,
    measure: fn(&Subject, &mut Run) -> Result,
}

/// In the order of the document.
const SUBJECTS: [Subject; 9] = [
    Subject {
        name: "sqlite",
        title: "SQLite",
        measure: sqlite,
    },
    Subject {
        name: "file",
        title: "Registry files",
        measure: file,
    },
    Subject {
        name: "s3",
        title: "Registry files on S3 (moto)",
        measure: s3,
    },
    Subject {
        name: "gcs",
        title: "Registry files on GCS (a fake)",
        measure: gcs,
    },
    Subject {
        name: "postgres",
        title: "PostgreSQL",
        measure: database,
    },
    Subject {
        name: "mariadb",
        title: "MariaDB",
        measure: database,
    },
    Subject {
        name: "mysql",
        title: "MySQL",
        measure: database,
    },
    Subject {
        name: "server",
        title: "The registry server",
        measure: registry_server,
    },
    Subject {
        name: "feast",
        title: "Feast beside it",
        measure: feast,
    },
];

/// What the subjects share.
struct Run {
    site: Site,
    only: String,
    report: Report,
}

pub(crate) fn run(args: &Args) -> Result {
    let known = |name: &String| SUBJECTS.iter().any(|subject| subject.name == *name);
    if let Some(unknown) = args.subjects.iter().find(|name| !known(name)) {
        return Err(format!("there is no benchmark of `{unknown}`").into());
    }
    let package = [
        "build",
        "--quiet",
        "--release",
        "--package",
        "feast-registry-bench",
    ];
    shell::run(shell::cargo(&package))?;
    let mut run = Run {
        site: Site::new(Ward::watching_signals()?)?.durable(),
        only: args.only.clone().unwrap_or_default(),
        report: Report::default(),
    };
    let wanted = |name| args.subjects.is_empty() || args.subjects.iter().any(|n| n == name);
    for subject in SUBJECTS.iter().filter(|subject| wanted(subject.name)) {
        run.report.begin(subject.title);
        match (subject.measure)(subject, &mut run) {
            Err(error) if args.subjects.is_empty() => {
                run.report.line(&format!("not measured: {error}"));
            }
            done => done?,
        }
    }
    match args.write {
        true => run.report.write(SUBJECTS.map(|subject| subject.title)),
        false => Ok(()),
    }
}

fn sqlite(_: &Subject, run: &mut Run) -> Result {
    if run.only.is_empty() {
        run.report.run(of_package(&[
            "--package",
            "feast-registry-sqlite",
            "--bench",
            "ratio",
        ]))?;
    }
    let mut command = program("feast-registry-bench");
    command.args(["sqlite:", &run.only]);
    run.report.run(command)
}

const FILE: &str = "feast-registry-file";
const OBJECTS: &[&str] = &["--package", FILE, "--bench", "objects", "--all-features"];

fn file(_: &Subject, run: &mut Run) -> Result {
    run.report
        .run(of_package(&["--package", FILE, "--bench", "local"]))
}

fn gcs(_: &Subject, run: &mut Run) -> Result {
    run.report.run(of_package(OBJECTS))
}

fn s3(subject: &Subject, run: &mut Run) -> Result {
    let server = start(subject.name, run)?;
    let mut command = of_package(OBJECTS);
    command.env("FEAST_REGISTRY_BENCH_URL", &server.url);
    run.report.run(command)
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

/// Starts a server as durable as in use, and says which.
fn start(name: &str, run: &mut Run) -> Result<Running> {
    let server = servers::find(name).ok_or("a server that is listed")?;
    let server = server.start(&run.site)?;
    run.report.line(&server.version);
    Ok(server)
}

fn database(subject: &Subject, run: &mut Run) -> Result {
    let server = start(subject.name, run)?;
    let mut command = program("feast-registry-bench");
    command.args([&server.url, &run.only]);
    run.report.run(command)
}

/// The registry server, and the memory of its cache.
fn registry_server(subject: &Subject, run: &mut Run) -> Result {
    let feast = interop::python()?.with_file_name("feast");
    let postgres = start("postgres", run)?;
    let mut command = program("feast-registry-bench");
    command.args([&postgres.url, subject.name, &run.only]);
    command.arg(feast);
    run.report.run(command)?;
    match run.only.is_empty() {
        true => run.report.run(program("heap")),
        false => Ok(()),
    }
}

/// Feast's own registries, on the same databases in the same run.
fn feast(_: &Subject, run: &mut Run) -> Result {
    interop::measurements(|command| run.report.run_test(command))
}

/// A program of the benchmarks, with its arguments to follow.
fn program(name: &str) -> Command {
    let mut command = shell::cargo(&["run", "--quiet", "--release"]);
    command.args(["--package", "feast-registry-bench", "--bin", name, "--"]);
    command
}
