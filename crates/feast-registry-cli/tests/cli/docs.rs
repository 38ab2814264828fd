//! The pages for people say what the binary says.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use regex::Regex;

use crate::runner::Folder;

/// What is not run: it writes outside the folder.
const NOT_RUN: &str = "completions bash";

/// Wrong on purpose: the input of an example.
const TYPO: &str = "kind: Entity\nname: rider\nspec: {valueType: INT65}\n";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn page(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap()
}

/// A command line, and what the page says that it prints.
struct Example<'a> {
    line: &'a str,
    shown: String,
}

/// The examples in the blocks marked `console`.
fn examples(page: &str) -> Vec<Example<'_>> {
    let mut found: Vec<Example<'_>> = Vec::new();
    let mut inside = false;
    for line in page.lines() {
        match line {
            "```console" => inside = true,
            "```" => inside = false,
            _ if !inside => {}
            line => match line.strip_prefix("$ ") {
                Some(line) => found.push(Example {
                    line,
                    shown: String::new(),
                }),
                None => {
                    let example = found.last_mut().expect("a block begins with a command");
                    example.shown += line;
                    example.shown.push('\n');
                }
            },
        }
    }
    found
}

/// Runs the examples of a page one after the other, as its reader would.
fn check(name: &str) {
    let folder = Folder::new();
    std::os::unix::fs::symlink(root().join("examples"), folder.path().join("examples")).unwrap();
    folder.write("typo.yaml", TYPO);
    let page = page(name);
    let examples = examples(&page);
    assert!(examples.len() > 3, "{name} has hardly any examples");
    for Example { line, shown } in examples {
        if line.contains(NOT_RUN) {
            continue;
        }
        let printed = shell(&folder, line);
        if line.ends_with(" backends") {
            // The page has those of a default build.
            let rows = words(&printed);
            let lacking = words(&shown).into_iter().find(|row| !rows.contains(row));
            assert_eq!(lacking, None, "{name}: {line}");
            continue;
        }
        assert_eq!(steady(&printed), steady(&shown), "{name}: {line}");
    }
}

/// The rows of a table, however wide its columns are.
fn words(table: &str) -> Vec<Vec<&str>> {
    let lines = table.lines().filter(|line| !line.trim().is_empty());
    lines
        .map(|line| line.split_whitespace().collect())
        .collect()
}

/// What a line prints, on both streams.
fn shell(folder: &Folder, line: &str) -> String {
    let binary = Path::new(env!("CARGO_BIN_EXE_feast-registry"));
    let mut path = vec![binary.parent().unwrap().to_owned()];
    path.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap()));
    let mut command = Command::new("sh");
    let plain = folder.command();
    command.args(["-c", &format!("{{ {line}\n}} 2>&1")]);
    command.current_dir(folder.path()).stdin(Stdio::null());
    for (name, value) in plain.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command.env("PATH", std::env::join_paths(path).unwrap());
    let output = command.output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

/// The text with the times, identities, digests and spaces at ends taken out.
fn steady(text: &str) -> String {
    let mut text = text.to_owned();
    for (what, name) in [
        (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "<time>"),
        (r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f-]{21}", "<identity>"),
        (r"\b[0-9a-f]{32}\b", "<revision>"),
        (r"(?m) +$", ""),
    ] {
        text = Regex::new(what)
            .unwrap()
            .replace_all(&text, name)
            .into_owned();
    }
    text.trim_end().to_owned()
}

#[test]
fn the_examples_of_the_command_line_print_what_they_show() {
    check("docs/cli.md");
}

#[test]
fn the_tour_of_the_readme_prints_what_it_shows() {
    check("README.md");
}

/// The names of the commands and options that a help text lists.
fn listed(help: &str, pattern: &str) -> Vec<String> {
    let pattern = Regex::new(pattern).unwrap();
    pattern
        .captures_iter(help)
        .map(|found| found[1].to_owned())
        .collect()
}

/// Every command with its help text.
fn helps(folder: &Folder, path: &str, found: &mut Vec<(String, String)>) {
    let help = folder.cli(&format!("{path} --help")).ok();
    let commands = help.split_once("Commands:\n").map_or("", |(_, rest)| {
        rest.split("\n\n").next().unwrap_or_default()
    });
    for command in listed(commands, r"(?m)^  ([a-z][a-z_-]*)") {
        helps(folder, &format!("{path} {command}"), found);
    }
    found.push((path.trim().to_owned(), help));
}

#[test]
fn every_command_and_option_is_on_the_page() {
    let page = page("docs/cli.md");
    let words: BTreeSet<&str> = page
        .split(|letter: char| !(letter.is_alphanumeric() || "-_".contains(letter)))
        .collect();
    let mut found = Vec::new();
    helps(&Folder::new(), "", &mut found);
    assert!(found.len() > 50, "only {} commands were found", found.len());
    for (command, help) in found {
        let options = listed(&help, r"(?m)^ +(?:-\w, )?(--[a-z-]+)");
        let name = command.rsplit(' ').next().unwrap_or_default().to_owned();
        for word in options.into_iter().chain([name]) {
            let known = ["", "--help", "--version"].contains(&word.as_str());
            assert!(
                known || words.contains(word.as_str()),
                "docs/cli.md says nothing of `{word}` of `{command}`"
            );
        }
    }
}
