//! Servers in containers, by `docker compose`.

use std::process::{Command, Stdio};

use crate::servers::{Held, Ward};
use crate::{Result, workspace_root};

/// The file with the services, in the root of the workspace.
pub(super) const FILE: &str = "docker-compose.yml";

/// A service of the file and how an administrator connects to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Service {
    /// Its name in the file.
    pub(crate) name: &'static str,
    /// The backend that it is for.
    pub(crate) backend: &'static str,
    pub(crate) url: &'static str,
}

/// The services, whose ports are those of the file.
pub(crate) const SERVICES: [Service; 7] = [
    Service {
        name: "postgres",
        backend: "postgres",
        url: "postgresql://postgres:feast@127.0.0.1:54318/feast",
    },
    Service {
        name: "postgres-oldest",
        backend: "postgres",
        url: "postgresql://postgres:feast@127.0.0.1:54314/feast",
    },
    Service {
        name: "mysql",
        backend: "mysql",
        url: "mysql://root:feast@127.0.0.1:33084/feast",
    },
    Service {
        name: "mariadb",
        backend: "mariadb",
        url: "mariadb://root:feast@127.0.0.1:33118/feast",
    },
    Service {
        name: "cockroachdb",
        backend: "cockroachdb",
        url: "cockroachdb://root@127.0.0.1:26258/defaultdb",
    },
    Service {
        name: "s3",
        backend: "s3",
        url: "s3://feast:feastfeast@feast/conformance?endpoint_url=http://127.0.0.1:59000/&region=us-east-1",
    },
    Service {
        name: "gcs",
        backend: "gcs",
        // What STORAGE_EMULATOR_HOST is to be.
        url: "http://127.0.0.1:59001/",
    },
];

/// The services of a backend.
pub(crate) fn services_of(backend: &str) -> Vec<Service> {
    let services = SERVICES.into_iter();
    services
        .filter(|service| service.backend == backend)
        .collect()
}

/// Why containers cannot be had on this machine, if so.
pub(crate) fn engine() -> Result {
    answer(&["compose", "version"])
        .map_err(|error| format!("docker has no compose plugin: {error}"))?;
    answer(&["info", "--format", "{{.ServerVersion}}"])
        .map_err(|error| format!("no container engine answers: {error}"))?;
    Ok(())
}

/// Starts these services and waits until they are healthy. Those that ran before go on when the
/// session ends, the others are removed with their data.
pub(crate) fn up(ward: &Ward, services: &[Service]) -> Result<Session> {
    let before = answer(&running())?;
    let before: Vec<_> = before.lines().collect();
    let started: Vec<_> = services.iter().map(|service| service.name).collect();
    let started: Vec<_> = started
        .into_iter()
        .filter(|name| !before.contains(name))
        .collect();
    if started.is_empty() {
        return Ok(Session { held: None });
    }
    // Before they are started: `up` may be interrupted half way.
    let (names, held) = ward.hold(
        || Ok(started),
        |names| {
            let names = names.clone();
            Box::new(move || {
                let _ = answer(&remove(&names));
            })
        },
    )?;
    answer(&start(&names))?;
    Ok(Session { held: Some(held) })
}

/// Removes services and their data.
pub(crate) fn down(names: &[&str]) -> Result {
    answer(&remove(names)).map(drop)
}

/// Services that are removed when this is dropped.
#[derive(Debug)]
pub(crate) struct Session {
    held: Option<Held>,
}

impl Session {
    /// Leaves them running.
    pub(crate) fn release(self) {
        if let Some(held) = self.held {
            held.release();
        }
    }
}

fn running() -> Vec<&'static str> {
    compose(&["ps", "--services", "--status", "running"], &[])
}

fn start<'a>(names: &[&'a str]) -> Vec<&'a str> {
    compose(
        &["up", "--detach", "--wait", "--wait-timeout", "180"],
        names,
    )
}

fn remove<'a>(names: &[&'a str]) -> Vec<&'a str> {
    compose(&["rm", "--stop", "--force", "--volumes"], names)
}

fn compose<'a>(what: &[&'static str], names: &[&'a str]) -> Vec<&'a str> {
    let mut arguments = vec!["compose", "--file", FILE];
    arguments.extend(what);
    arguments.extend(names);
    arguments
}

/// What `docker` prints; its failure is an error with what it says.
fn answer(arguments: &[&str]) -> Result<String> {
    let mut command = Command::new("docker");
    command.args(arguments).current_dir(workspace_root());
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("docker: {error}"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let last = said.trim().lines().last().unwrap_or_default();
    Err(format!("docker {}: {last}", arguments.join(" ")).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_named_services_are_started_and_waited_for() {
        let arguments = start(&["mysql", "mariadb"]).join(" ");
        assert_eq!(
            arguments,
            "compose --file docker-compose.yml up --detach --wait --wait-timeout 180 mysql mariadb"
        );
    }

    #[test]
    fn only_the_named_services_are_removed_with_their_data() {
        let arguments = remove(&["mysql"]).join(" ");
        assert_eq!(
            arguments,
            "compose --file docker-compose.yml rm --stop --force --volumes mysql"
        );
    }

    #[test]
    fn postgres_is_tried_in_its_oldest_and_its_newest_version() {
        let names: Vec<_> = services_of("postgres")
            .iter()
            .map(|service| service.name)
            .collect();
        assert_eq!(names, ["postgres", "postgres-oldest"]);
        assert!(services_of("memory").is_empty());
    }
}
