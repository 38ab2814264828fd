//! The table of backends: which suite proves each of them.

use std::path::PathBuf;
use std::process::Command;

use crate::{Result, servers, shell, workspace_root};

/// A backend and where its suite is.
#[derive(Debug)]
pub(crate) struct Backend {
    pub(crate) name: &'static str,
    pub(super) package: &'static str,
    /// Test targets, the suite first.
    pub(super) tests: &'static [&'static str],
    /// Where the package is if it is none of this workspace.
    outside: Option<&'static str>,
}

/// What most packages have: the suite, and tests of the backend's own that need a server.
const WITH_SERVER: &[&str] = &["conformance", "server"];
const SUITE_ONLY: &[&str] = &["conformance"];
const S3: &[&str] = &["s3", "refusals"];
const POSTGRES: &str = "feast-registry-postgres";
const MYSQL: &str = "feast-registry-mysql";
const FILE: &str = "feast-registry-file";

/// Every backend, in the order of the table that is printed.
pub(crate) const BACKENDS: [Backend; 13] = [
    backend("memory", "feast-registry-conformance", &["memory"]),
    backend("file", FILE, SUITE_ONLY),
    backend("sqlite", "feast-registry-sqlite", SUITE_ONLY),
    backend("postgres", POSTGRES, WITH_SERVER),
    // Tests of the backend's own end sessions, which in transaction mode are nobody's.
    backend("pgbouncer", POSTGRES, SUITE_ONLY),
    backend("mysql", MYSQL, WITH_SERVER),
    backend("mariadb", MYSQL, WITH_SERVER),
    backend("galera", MYSQL, &["conformance", "nodes", "galera"]),
    backend("cockroachdb", "feast-registry-cockroachdb", WITH_SERVER),
    // A dialect as somebody outside would bring it, with a workspace of its own.
    Backend {
        outside: Some("examples/third-party-dialect"),
        ..backend("third-party", "feast-registry-yugabytedb", SUITE_ONLY)
    },
    backend("s3", FILE, S3),
    backend("seaweedfs", FILE, S3),
    // Trials of blobs on the same fake, and on that of S3.
    backend("gcs", FILE, &["gcs", "objects"]),
];

const fn backend(
    name: &'static str,
    package: &'static str,
    tests: &'static [&'static str],
) -> Backend {
    Backend {
        name,
        package,
        tests,
        outside: None,
    }
}

impl Backend {
    /// Whether it needs a database server.
    pub(crate) fn needs_server(&self) -> bool {
        servers::find(self.name).is_some()
    }

    fn folder(&self) -> PathBuf {
        match self.outside {
            Some(folder) => workspace_root().join(folder),
            None => workspace_root().join("crates").join(self.package),
        }
    }

    /// Runs a test target of its package.
    pub(super) fn command(&self, test: &str) -> Command {
        let mut command = shell::cargo(&["test", "--quiet", "--test", test]);
        if self.outside.is_some() {
            command.args(["--locked", "--manifest-path"]);
            command.arg(self.folder().join("Cargo.toml"));
            // What it has in common with this workspace is built once.
            command.env("CARGO_TARGET_DIR", workspace_root().join("target"));
        } else {
            command.args(["--package", self.package, "--all-features"]);
        }
        command
    }

    /// Whether its package has a test target.
    pub(super) fn has(&self, test: &str) -> bool {
        let tests = self.folder().join("tests");
        tests.join(format!("{test}.rs")).is_file() || tests.join(test).join("main.rs").is_file()
    }
}

/// The backends with these names, each once; `all` stands for every one.
pub(super) fn chosen(names: &[String]) -> Result<Vec<&'static Backend>> {
    for name in names {
        check_known(name)?;
    }
    let all = names.iter().any(|name| name == "all");
    let wanted = |backend: &&Backend| all || names.iter().any(|name| name == backend.name);
    Ok(BACKENDS.iter().filter(wanted).collect())
}

fn check_known(name: &str) -> Result {
    let known: Vec<_> = BACKENDS.iter().map(|backend| backend.name).collect();
    if name == "all" || known.contains(&name) {
        return Ok(());
    }
    let known = known.join(", ");
    Err(format!("there is no backend `{name}`; known are {known} and all").into())
}

/// Refuses requirements that nothing could meet.
pub(crate) fn check_required(names: &[String]) -> Result {
    names.iter().try_for_each(|name| check_known(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(given: &[&str]) -> Vec<&'static str> {
        let given: Vec<_> = given.iter().map(|name| (*name).to_owned()).collect();
        let chosen = chosen(&given).unwrap();
        chosen.iter().map(|backend| backend.name).collect()
    }

    #[test]
    fn a_backend_is_chosen_once() {
        assert_eq!(names(&["sqlite", "memory", "sqlite"]), ["memory", "sqlite"]);
        assert_eq!(names(&["sqlite", "all"]).len(), BACKENDS.len());
    }

    #[test]
    fn an_unknown_backend_is_answered_with_the_known_ones() {
        let error = chosen(&["oracle".to_owned()]).unwrap_err().to_string();
        assert!(
            error.contains("oracle") && error.contains("galera"),
            "{error}"
        );
    }

    #[test]
    fn every_server_is_that_of_a_backend() {
        for server in servers::SERVERS {
            assert!(check_known(server.name()).is_ok());
        }
    }

    #[test]
    fn a_test_target_is_seen_in_its_package() {
        assert!(BACKENDS[0].has("memory"));
        assert!(!BACKENDS[0].has("no_such_test"));
        let [outside] = chosen(&["third-party".to_owned()]).unwrap()[..] else {
            panic!("it is there once");
        };
        assert!(outside.has("conformance"));
    }
}
