//! Running the test programs of one backend on one server.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::Args;
use super::backends::Backend;
use super::rows::Row;
use crate::Result;
use crate::provision::Target;
use crate::shell::{self, Count};

/// Tells a suite where to write its row.
const ROW_VARIABLE: &str = "FEAST_REGISTRY_CONFORMANCE_JSON";
/// Asks a suite for the large tier.
pub(crate) const SOAK_VARIABLE: &str = "FEAST_REGISTRY_SOAK";
/// How an administrator connects to the server; several URLs of one cluster have blanks between.
const URL_VARIABLE: &str = "FEAST_REGISTRY_CONFORMANCE_URL";
/// The name of the row.
const NAME_VARIABLE: &str = "FEAST_REGISTRY_CONFORMANCE_NAME";
/// Set if the server only takes the place of the one asked for: what it really is.
const STANDS_IN_VARIABLE: &str = "FEAST_REGISTRY_CONFORMANCE_STANDS_IN";

/// How many trials run at once on a server: they mostly wait for its answers.
const THREADS: &str = "8";

/// Whose suite it is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Suite<'a> {
    Ours(&'a Backend),
    /// The test `conformance` of the crate with this manifest.
    ThirdParty(&'a Path),
}

impl Suite<'_> {
    /// The test programs that it has, the suite first.
    fn tests(self) -> Vec<&'static str> {
        match self {
            Self::Ours(backend) => {
                let (suite, others) = backend.tests.split_at(1);
                let others = others.iter().filter(|test| backend.has(test));
                suite.iter().chain(others).copied().collect()
            }
            Self::ThirdParty(_) => vec!["conformance"],
        }
    }

    fn command(self, test: &str) -> Command {
        match self {
            Self::Ours(backend) => backend.command(test),
            Self::ThirdParty(manifest) => {
                let mut command = shell::cargo(&["test", "--quiet", "--test", test]);
                command.arg("--manifest-path").arg(manifest);
                command
            }
        }
    }
}

/// Runs the programs of a suite on a server, and counts.
pub(super) fn run(suite: Suite<'_>, target: &Target, args: &Args) -> Result<(Count, Row)> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("row");
    let mut total = Count::default();
    let mut row = None;
    for test in suite.tests() {
        let mut command = suite.command(test);
        environment(&mut command, suite, target, args, &file);
        command.arg("--").args(&args.filter);
        if target.url.is_some() {
            command.args(["--test-threads", THREADS]);
        }
        let (mut count, succeeded) = shell::tests(command)?;
        // A program that crashed has counted no failure of its own.
        count.failed = count.failed.max(usize::from(!succeeded));
        total += count;
        match &mut row {
            None => row = Some(read(suite, target, &file, count, succeeded)?),
            Some(row) => row.add(count),
        }
    }
    let mut row = row.ok_or("a suite has a test program")?;
    row.stands_in = target.stands_in.map(str::to_owned);
    Ok((total, row))
}

fn read(
    suite: Suite<'_>,
    target: &Target,
    file: &Path,
    count: Count,
    succeeded: bool,
) -> Result<Row> {
    let mut row = Row::read(&target.label, file, count)?;
    if let Suite::Ours(_) = suite {
        row.backend.clone_from(&target.label);
    }
    if !succeeded {
        row.failed = row.failed.max(1);
    }
    Ok(row)
}

fn environment(command: &mut Command, suite: Suite<'_>, target: &Target, args: &Args, row: &Path) {
    command.env(ROW_VARIABLE, row);
    if let Some(url) = &target.url {
        command.env(URL_VARIABLE, url);
    }
    if let Suite::Ours(_) = suite {
        command.env(NAME_VARIABLE, &target.label);
    }
    if let Some(server) = target.stands_in {
        command.env(STANDS_IN_VARIABLE, server);
    }
    if args.soak {
        command.env(SOAK_VARIABLE, "1");
    }
}

/// A manifest relative to where the user is, not to the workspace.
pub(super) fn absolute(manifest: &Path) -> Result<PathBuf> {
    let manifest = std::path::absolute(manifest)?;
    if manifest.is_file() {
        return Ok(manifest);
    }
    Err(format!(
        "{} is no file; --manifest-path wants the Cargo.toml of a crate with a test `conformance`",
        manifest.display()
    )
    .into())
}
