//! The suite with Feast's own Python SDK, in a virtual environment below `target/`, on every
//! database whose server can be had.

use std::env;
use std::path::PathBuf;
use std::process::Command;

use crate::provision::{Provision, Starting, Target};
use crate::servers::Ward;
use crate::shell::{self, Count};
use crate::{Result, venv};

/// Run the suite with the real Feast, which it installs first if need be.
///
/// Servers are started for the run and stopped after it. A server whose URL is in the environment,
/// in FEAST_REGISTRY_INTEROP_POSTGRES_URL, FEAST_REGISTRY_INTEROP_MARIADB_URL,
/// FEAST_REGISTRY_INTEROP_S3_URL or FEAST_REGISTRY_INTEROP_SEAWEEDFS_URL, is used instead.
#[derive(Debug, Default, clap::Args)]
pub(crate) struct Args {
    /// Only tests whose name contains this; `postgres` and the like are part of names.
    pub(crate) filter: Option<String>,
    /// Databases that must be among those reached, separated by commas. Others are tested where
    /// their servers can be had.
    #[arg(long, value_delimiter = ',')]
    pub(crate) require: Vec<String>,
    /// Where database servers come from.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) provision: Provision,
    /// The large tier: eight processes with a hundred materialisations each.
    #[arg(long)]
    pub(crate) soak: bool,
}

const PACKAGE: &str = "feast-registry-interop";
const REQUIREMENTS: &str = "tests/interop/python/requirements.txt";
/// The variable that tells the suite which Python has Feast.
pub(crate) const PYTHON_VARIABLE: &str = "FEAST_REGISTRY_INTEROP_PYTHON";
/// The variable that asks the suite for the large numbers.
const SOAK_VARIABLE: &str = "FEAST_REGISTRY_INTEROP_SOAK";
/// Servers that the suite uses, each with the variable that tells it of the URL.
const SERVERS: [(&str, &str); 4] = [
    ("postgres", "FEAST_REGISTRY_INTEROP_POSTGRES_URL"),
    ("mariadb", "FEAST_REGISTRY_INTEROP_MARIADB_URL"),
    ("s3", "FEAST_REGISTRY_INTEROP_S3_URL"),
    ("seaweedfs", "FEAST_REGISTRY_INTEROP_SEAWEEDFS_URL"),
];

pub(crate) fn run(args: &Args) -> Result {
    args.require.iter().try_for_each(|name| check_used(name))?;
    let count = run_suite(args)?;
    if count.failed > 0 {
        Err("the interop suite failed".into())
    } else {
        Ok(())
    }
}

/// Refuses requirements that nothing could meet.
fn check_used(name: &str) -> Result {
    let mut used = SERVERS.map(|(server, _)| server).into_iter();
    if ["sqlite", "file"].contains(&name) || used.any(|server| server == name) {
        return Ok(());
    }
    Err(
        format!("the real Feast is run on sqlite, file, postgres, mariadb, s3 and seaweedfs, not on `{name}`")
            .into(),
    )
}

/// The Python that has Feast, which is installed if need be.
pub(crate) fn python() -> Result<PathBuf> {
    Ok(venv::programs("interop-venv", REQUIREMENTS)?.join("python"))
}

/// Installs Feast, starts servers and runs the suite.
pub(crate) fn run_suite(args: &Args) -> Result<Count> {
    let (mut count, succeeded) = with_servers(args, suite(args), shell::tests)?;
    count.failed = count.failed.max(usize::from(!succeeded));
    Ok(count)
}

/// Runs the measurements of the suite, which are no tests, on every database that can be had.
pub(crate) fn measurements(run: impl FnOnce(Command) -> Result) -> Result {
    let mut command = shell::cargo(&["test", "--quiet", "--release", "--package", PACKAGE]);
    command.args(["--test", "interop", "--", "--ignored", "speed"]);
    command.args(["--test-threads", "1", "--nocapture"]);
    with_servers(&Args::default(), command, run)
}

/// Installs Feast and starts servers, and then runs a command that is told of them.
fn with_servers<T>(
    args: &Args,
    mut command: Command,
    run: impl FnOnce(Command) -> Result<T>,
) -> Result<T> {
    command.env(PYTHON_VARIABLE, python()?);
    // The suite runs the command itself as well.
    shell::build_command()?;
    // They run as long as this lives.
    let (_starting, servers) = servers(args)?;
    for (variable, target) in &servers {
        command.env(variable, target.url.as_deref().unwrap_or_default());
    }
    run(command)
}

fn suite(args: &Args) -> Command {
    let mut command = shell::cargo(&["test", "--quiet", "--package", PACKAGE]);
    command.args(["--test", "interop", "--"]).args(&args.filter);
    command.env("PYTHONDONTWRITEBYTECODE", "1");
    if args.soak {
        command.env(SOAK_VARIABLE, "1");
    }
    command
}

/// The servers that can be had, each with its variable. What is missing is said, or an error if it
/// is required.
fn servers(args: &Args) -> Result<(Starting, Vec<(&'static str, Target)>)> {
    let ward = Ward::watching_signals()?;
    let given = |variable: &str| env::var_os(variable).is_some();
    let wanted = SERVERS.iter().filter(|(_, variable)| !given(variable));
    let names: Vec<&str> = wanted.clone().map(|(name, _)| *name).collect();
    let mut starting = Starting::begin(&ward, args.provision, &names)?;
    let mut servers = Vec::new();
    for &(name, variable) in wanted {
        match starting.targets(name) {
            // One of several containers of the same database is enough.
            Ok(targets) => servers.extend(targets.into_iter().take(1).map(|it| (variable, it))),
            Err(reason) if args.require.iter().any(|required| required == name) => {
                return Err(format!("{name} was asked for and not reached: {reason}").into());
            }
            Err(reason) => println!("the real Feast is not run on {name}: {reason}"),
        }
    }
    Ok((starting, servers))
}
