//! Every test there is.

use crate::shell::{self, Count};
use crate::{Result, conformance, interop};

/// Run every test: units, the command, the conformance suite, the real Feast.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The large tier: full concurrency, long runs.
    #[arg(long)]
    soak: bool,
    /// Leave out the suite with the real Feast, which installs it from PyPI.
    #[arg(long)]
    no_interop: bool,
    /// Backends that must be among those tested, separated by commas.
    #[arg(long, value_delimiter = ',')]
    require: Vec<String>,
}

/// Backends that the suite runs on, wherever it runs.
const TESTED: [&str; 2] = ["memory", "sqlite"];

pub(crate) fn run(args: &Args) -> Result {
    if let Some(missing) = args
        .require
        .iter()
        .find(|name| !TESTED.contains(&name.as_str()))
    {
        return Err(format!(
            "`{missing}` is required, but only {} can be tested here",
            TESTED.join(", ")
        )
        .into());
    }
    let mut count = workspace()?;
    count += conformance::run_all(args.soak)?;
    if args.no_interop {
        println!("\nleft out as asked: the suite with the real Feast");
    } else {
        count += interop::run_suite(None)?;
    }
    println!("\ndatabases: {}", TESTED.join(", "));
    println!("{count}");
    if count.failed > 0 {
        Err("tests failed".into())
    } else {
        Ok(())
    }
}

/// Units, integration tests and examples of the documentation. The suites that have a task of
/// their own say `test = false` in their manifest.
fn workspace() -> Result<Count> {
    let mut total = Count::default();
    for what in [&["--lib", "--bins", "--tests"][..], &["--doc"]] {
        let mut command = shell::cargo(&["test", "--quiet", "--workspace"]);
        command.args(what);
        let (mut count, succeeded) = shell::tests(command)?;
        count.failed = count.failed.max(usize::from(!succeeded));
        total += count;
    }
    Ok(total)
}
