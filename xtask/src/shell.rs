//! Running programs: every command is printed, and test results are counted on the way through.

use std::fmt;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::{Result, workspace_root};

/// How many tests passed, failed and were ignored.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Count {
    pub(crate) passed: usize,
    pub(crate) failed: usize,
    pub(crate) ignored: usize,
}

impl std::ops::AddAssign for Count {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.ignored += other.ignored;
    }
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)?;
        if self.ignored > 0 {
            write!(f, ", {} skipped", self.ignored)
        } else {
            Ok(())
        }
    }
}

/// A Cargo command in the workspace.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    program(env!("CARGO"), arguments)
}

/// Builds the `feast-registry` command with every backend, for suites that run it.
pub(crate) fn build_command() -> Result {
    run(cargo(&[
        "build",
        "--quiet",
        "--package",
        "feast-registry-cli",
        "--all-features",
    ]))
}

/// Any command in the workspace.
pub(crate) fn program(name: impl AsRef<std::ffi::OsStr>, arguments: &[&str]) -> Command {
    let mut command = Command::new(name);
    command.args(arguments).current_dir(workspace_root());
    command
}

/// Runs a command to its end; its failure is an error.
pub(crate) fn run(mut command: Command) -> Result {
    announce(&command);
    let status = command
        .status()
        .map_err(|error| format!("{command:?} cannot be started: {error}"))?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("{command:?} failed: {status}").into())
    }
}

/// Runs a command to its end and returns what it printed; its failure is an error.
pub(crate) fn output(mut command: Command) -> Result<String> {
    announce(&command);
    let output = command.stderr(Stdio::inherit()).output()?;
    if !output.status.success() {
        return Err(format!("{command:?} failed: {}", output.status).into());
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// Runs tests, showing their output, and counts them. The flag says whether all succeeded.
pub(crate) fn tests(mut command: Command) -> Result<(Count, bool)> {
    announce(&command);
    let mut child = command.stdout(Stdio::piped()).spawn()?;
    let mut count = Count::default();
    if let Some(stdout) = child.stdout.take() {
        for line in BufReader::new(stdout).lines() {
            let line = line?;
            count += result_line(&line);
            // A line for each of thousands of passing tests says nothing.
            if !line.ends_with("... ok") {
                println!("{line}");
            }
        }
    }
    Ok((count, child.wait()?.success()))
}

fn announce(command: &Command) {
    let program = Path::new(command.get_program())
        .file_name()
        .unwrap_or_default();
    let words = std::iter::once(program)
        .chain(command.get_args())
        .map(|word| word.to_string_lossy());
    println!("$ {}", words.collect::<Vec<_>>().join(" "));
}

/// The figures of a line such as `test result: ok. 3 passed; 0 failed; 1 ignored; …`.
fn result_line(line: &str) -> Count {
    let Some(figures) = line.trim().strip_prefix("test result:") else {
        return Count::default();
    };
    let figure = |word: &str| {
        let before = figures
            .split(word)
            .next()
            .filter(|before| before.len() < figures.len());
        before
            .and_then(|before| before.split_whitespace().last())
            .and_then(|number| number.parse().ok())
            .unwrap_or(0)
    };
    Count {
        passed: figure(" passed"),
        failed: figure(" failed"),
        ignored: figure(" ignored"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_line_is_counted() {
        let line = "test result: FAILED. 12 passed; 3 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.1s";
        let count = result_line(line);
        assert_eq!((count.passed, count.failed, count.ignored), (12, 3, 1));
        assert_eq!(result_line("running 3 tests").passed, 0);
    }
}
