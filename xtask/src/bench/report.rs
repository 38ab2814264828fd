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
            line != "ok" && !of_the_harness.iter().any(|begin| line.starts_with(begin))
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

    /// Writes the document: sections with these titles, those that were not measured now as they were.
    pub(super) fn write<const N: usize>(&self, titles: [&str; N]) -> Result {
        let path = workspace_root().join(DOCUMENT);
        let before = fs::read_to_string(&path).unwrap_or_default();
        let machine = machine()?;
        let mut document = HEAD.to_owned();
        for title in titles {
            let measured = self.sections.iter().find(|(it, _)| *it == title);
            if let Some((_, text)) = measured {
                let text = text.trim();
                write!(
                    document,
                    "\n## {title}\n\nOn {machine}.\n\n```text\n{text}\n```\n"
                )?;
            } else if let Some(text) = section(&before, title) {
                write!(document, "\n## {title}\n{text}")?;
            }
        }
        fs::write(path, document)?;
        Ok(())
    }
}

/// What stands below a title in a document.
fn section<'a>(document: &'a str, title: &str) -> Option<&'a str> {
    let (_, rest) = document.split_once(&format!("\n## {title}\n"))?;
    Some(rest.find("\n## ").map_or(rest, |end| &rest[..end]))
}

/// What was measured on, and when.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_ends_where_the_next_begins() {
        let document = "# Title\n\n## A\n\none\n\n## B\n\ntwo\n";
        assert_eq!(section(document, "A"), Some("\none\n"));
        assert_eq!(section(document, "B"), Some("\ntwo\n"));
        assert_eq!(section(document, "C"), None);
    }
}
