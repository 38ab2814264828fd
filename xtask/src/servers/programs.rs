//! Finding programs and asking them what they are.

use std::cmp::Ordering;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Result;

/// Where servers are that Linux distributions do not put into the path of users.
const SERVER_FOLDERS: [&str; 4] = [
    "/usr/sbin",
    "/usr/local/sbin",
    "/usr/libexec",
    "/usr/local/bin",
];

/// A program in the path or where servers usually are.
pub(crate) fn find(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(SERVER_FOLDERS.map(PathBuf::from))
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
}

/// The same; an error that says what is missing and who has it.
pub(crate) fn need(name: &str, package: &str) -> Result<PathBuf> {
    find(name).ok_or_else(|| {
        format!("the program `{name}` is not installed (Debian: apt-get install {package})").into()
    })
}

/// What a program answers to `--version`, on one line.
pub(crate) fn version(mut command: Command) -> Result<String> {
    let output = command
        .arg("--version")
        .output()
        .map_err(|error| format!("{command:?}: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().next().unwrap_or_default().trim();
    if output.status.success() && !line.is_empty() {
        return Ok(without_folder(line).to_owned());
    }
    let why = String::from_utf8_lossy(&output.stderr);
    Err(format!("{command:?}: {}: {}", output.status, why.trim()).into())
}

/// Some programs say first where they are.
fn without_folder(line: &str) -> &str {
    let end = line.find(' ').unwrap_or(line.len());
    line[..end].rfind('/').map_or(line, |at| &line[at + 1..])
}

/// The version number in what a program says of itself: `15.18` of `postgres (PostgreSQL) 15.18`.
pub(crate) fn number(version: &str) -> &str {
    version
        .split_whitespace()
        .find(|word| word.starts_with(|first: char| first.is_ascii_digit()))
        .unwrap_or("unknown")
}

/// The subfolder with the highest version number as its name.
pub(crate) fn newest(folder: &Path) -> Option<PathBuf> {
    let entries = fs::read_dir(folder).ok()?;
    let versions = entries.flatten().map(|entry| entry.path());
    versions
        .filter(|path| !numbers(path).is_empty())
        .max_by(|one, other| by_version(one, other))
}

fn by_version(one: &Path, other: &Path) -> Ordering {
    numbers(one).cmp(&numbers(other))
}

fn numbers(path: &Path) -> Vec<u32> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.split('.')
        .map_while(|part| part.parse().ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_is_taken_out_of_what_a_program_says() {
        for (said, number_of_it) in [
            (
                "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)",
                "15.18",
            ),
            (
                "mariadbd  Ver 10.11.19-MariaDB-0+deb12u1 for debian",
                "10.11.19-MariaDB-0+deb12u1",
            ),
            (
                "/usr/sbin/mysqld  Ver 9.7.4-2 for Linux on x86_64",
                "9.7.4-2",
            ),
            ("nothing", "unknown"),
        ] {
            assert_eq!(number(said), number_of_it);
        }
    }

    #[test]
    fn the_folder_of_a_program_is_not_its_version() {
        assert_eq!(
            without_folder("/usr/sbin/mysqld  Ver 9.7.4"),
            "mysqld  Ver 9.7.4"
        );
        assert_eq!(
            without_folder("PgBouncer 1.18.0 a/b"),
            "PgBouncer 1.18.0 a/b"
        );
    }

    #[test]
    fn the_newest_version_is_that_with_the_highest_number() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["9.6", "14", "18", "common"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        assert_eq!(newest(folder.path()), Some(folder.path().join("18")));
        assert_eq!(newest(&folder.path().join("missing")), None);
    }

    #[test]
    fn a_missing_program_is_named_with_its_package() {
        let error = need("no-such-program", "its-package")
            .unwrap_err()
            .to_string();
        assert!(error.contains("no-such-program") && error.contains("its-package"));
    }
}
