//! Every test there is.

use crate::conformance::SOAK_VARIABLE;
use crate::provision::Provision;
use crate::servers::programs;
use crate::shell::{self, Count};
use crate::{Result, conformance, fuzz, interop};

/// Run every test: units, the command, the conformance suite, the real Feast.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The large tier: full concurrency, long runs, the fuzzer.
    #[arg(long)]
    soak: bool,
    /// Leave out the suite with the real Feast, which installs it from PyPI.
    #[arg(long)]
    no_interop: bool,
    /// Backends that must be among those tested, separated by commas, and `strace`. Others are
    /// tested where their servers can be had.
    #[arg(long, value_delimiter = ',')]
    require: Vec<String>,
    /// Where database servers come from.
    #[arg(long, value_enum, default_value_t)]
    provision: Provision,
}

/// What shows the system calls of a program, on Linux.
const STRACE: &str = "strace";

pub(crate) fn run(args: &Args) -> Result {
    let (tools, required): (Vec<_>, Vec<_>) = args
        .require
        .iter()
        .cloned()
        .partition(|name| name == STRACE);
    conformance::check_required(&required)?;
    let mut count = workspace(args.soak)?;
    if args.soak {
        fuzz::soak()?;
    }
    count += trace(!tools.is_empty())?;
    let (found, rows) = conformance::conform(&conformance::Args {
        require: required.clone(),
        provision: args.provision,
        keep_going: true,
        soak: args.soak,
        ..conformance::Args::default()
    })?;
    count += found;
    if args.no_interop {
        println!("\nleft out as asked: the suite with the real Feast");
    } else {
        count += interop::run_suite(&interop::Args {
            require: required.clone(),
            provision: args.provision,
            soak: args.soak,
            ..interop::Args::default()
        })?;
    }
    let reached = rows.iter().filter(|row| row.not_run.is_none());
    let reached: Vec<_> = reached.map(|row| &row.backend[..]).collect();
    println!("\ndatabases: {}", reached.join(", "));
    println!("{count}");
    let required = |row: &conformance::Row| required.contains(&row.backend);
    if let Some(row) = conformance::unreached(&rows, required) {
        return Err(conformance::unreached_error(row).into());
    }
    if count.failed > 0 {
        Err("tests failed".into())
    } else {
        Ok(())
    }
}

/// Units, integration tests and examples of the documentation. The suites that have a task of
/// their own say `test = false` in their manifest.
fn workspace(soak: bool) -> Result<Count> {
    let mut total = Count::default();
    for what in [&["--lib", "--bins", "--tests"][..], &["--doc"]] {
        total += cargo_test(&["--workspace"], what, soak)?;
    }
    Ok(total)
}

/// The suite that watches the system calls of the command.
fn trace(required: bool) -> Result<Count> {
    if programs::find(STRACE).is_none() {
        let message =
            format!("left out: the suite that watches system calls, {STRACE} is not installed");
        if required {
            return Err(message.into());
        }
        println!("\n{message}");
        return Ok(Count::default());
    }
    shell::build_command()?;
    cargo_test(
        &["--package", "feast-registry-trace"],
        &["--test", "trace"],
        false,
    )
}

fn cargo_test(packages: &[&str], targets: &[&str], soak: bool) -> Result<Count> {
    let mut command = shell::cargo(&["test", "--quiet"]);
    command.args(packages).args(targets);
    if soak {
        command.env(SOAK_VARIABLE, "1");
    }
    let (mut count, succeeded) = shell::tests(command)?;
    // A program that crashed has counted no failure of its own.
    count.failed = count.failed.max(usize::from(!succeeded));
    Ok(count)
}
