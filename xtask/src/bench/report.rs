//! The tables that benchmarks print, on the terminal and as a document.

use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use crate::{Result, shell, workspace_root};

const DOCUMENT: &str = "docs/performance.md";
/// What the document says before the tables.
const HEAD: &str = include_str!("performance.md");

/// What has been printed, in sections.
#[derive(Debug, Default)]
pub(super) struct Report {
    sections: Vec<(&'static str, String)>,
}

impl Report {
    /// Begins a section.
    pub(super) fn begin(&mut self, title: &'static str) {
        self.sections.push((title, String::new()));
    }

    /// Prints a line of the section.
    pub(super) fn line(&mut self, line: &str) {
        println!("{line}");
        if let Some((_, text)) = self.sections.last_mut() {
            text.push_str(line.trim_end());
            text.push('\n');
        }
    }

    /// Runs a benchmark, whose output belongs to the section; its failure is an error.
    pub(super) fn run(&mut self, command: Command) -> Result {
        self.lines(command, |_| true)
    }

    /// Runs a benchmark that is a test: what the harness says is not part of the section.
    pub(super) fn run_test(&mut self, command: Command) -> Result {
        self.lines(command, |line| {
            let of_the_harness = ["running ", "test "];
            !of_the_harness.iter().any(|begin| line.starts_with(begin))
        })
    }

    fn lines(&mut self, mut command: Command, belongs: fn(&str) -> bool) -> Result {
        let mut child = command.stdout(Stdio::piped()).spawn()?;
        if let Some(stdout) = child.stdout.take() {
            for line in BufReader::new(stdout).lines() {
                let line = line?;
                if belongs(&line) {
                    self.line(&line);
                }
            }
        }
        let status = child.wait()?;
        match status.success() {
            true => Ok(()),
            false => Err(format!("a benchmark failed: {status}").into()),
        }
    }

    /// Writes the document.
    pub(super) fn write(&self) -> Result {
        let mut document = HEAD.replace("{machine}", &machine()?);
        for (title, text) in &self.sections {
            write!(document, "\n## {title}\n\n```text\n{}\n```\n", text.trim())?;
        }
        fs::write(workspace_root().join(DOCUMENT), document)?;
        Ok(())
    }
}

/// On what was measured, and when.
fn machine() -> Result<String> {
    let processors = fs::read_to_string("/proc/cpuinfo")?;
    let model = processors
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": "))
        .map_or("an unknown processor", |(_, model)| model);
    let cores = std::thread::available_parallelism()?;
    let memory = fs::read_to_string("/proc/meminfo")?;
    let kibibytes: u64 = memory
        .split_whitespace()
        .nth(1)
        .unwrap_or_default()
        .parse()?;
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease")?;
    let date = shell::output(shell::program("date", &["+%Y-%m-%d"]))?;
    let compiler = shell::output(shell::program("rustc", &["--version"]))?;
    Ok(format!(
        "{cores} cores of {model}, {} GiB of memory, Linux {}, {}, on {}",
        kibibytes.div_ceil(1 << 20),
        kernel.trim(),
        compiler.trim(),
        date.trim()
    ))
}
