//! What must hold of `docker-compose.yml`, even where no container engine runs.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::compose::{FILE, SERVICES};
use crate::workspace_root;

#[derive(Debug, Deserialize)]
struct File {
    services: BTreeMap<String, Service>,
}

#[derive(Debug, Deserialize)]
struct Service {
    image: Option<String>,
    build: Option<Build>,
    ports: Vec<String>,
    healthcheck: Healthcheck,
}

#[derive(Debug, Deserialize)]
struct Build {
    dockerfile_inline: String,
}

impl Service {
    /// The image that it is, or is built on.
    fn image(&self) -> &str {
        let built_on = || {
            let build = self.build.as_ref().unwrap();
            let first = build.dockerfile_inline.lines().next().unwrap();
            first.strip_prefix("FROM ").unwrap()
        };
        self.image.as_deref().unwrap_or_else(built_on)
    }
}

#[derive(Debug, Deserialize)]
struct Healthcheck {
    test: Vec<String>,
    interval: String,
    retries: u32,
}

fn file() -> File {
    let text = std::fs::read_to_string(workspace_root().join(FILE)).unwrap();
    serde_saphyr::from_str(&text).unwrap()
}

#[test]
fn every_service_is_one_that_can_be_asked_for() {
    let file = file();
    let mut known: Vec<_> = SERVICES.iter().map(|service| service.name).collect();
    known.sort_unstable();
    assert_eq!(file.services.keys().collect::<Vec<_>>(), known);
}

#[test]
fn ports_are_those_of_the_urls_and_on_loopback_only() {
    let file = file();
    for service in SERVICES {
        let [published] = &file.services[service.name].ports[..] else {
            panic!("{} publishes one port", service.name);
        };
        let Some(("127.0.0.1", ports)) = published.split_once(':') else {
            panic!("{published} is not on loopback only");
        };
        let (port, _) = ports.split_once(':').unwrap();
        let authority = format!("127.0.0.1:{port}/");
        assert!(
            service.url.contains(&authority),
            "{published}: {}",
            service.url
        );
    }
}

#[test]
fn versions_are_pinned_to_a_release() {
    for (name, service) in file().services {
        let (_, tag) = service.image().rsplit_once(':').unwrap();
        let release = tag.split('-').next().unwrap();
        let numbers = release.trim_start_matches('v').split('.');
        let numbers: Vec<u32> = numbers.map(|part| part.parse().unwrap()).collect();
        assert!(numbers.len() >= 2, "{name}: {tag}");
    }
}

#[test]
fn the_releases_are_the_supported_ones() {
    let file = file();
    for (name, image) in [
        ("postgres-oldest", "postgres:14."),
        ("postgres", "postgres:18."),
        ("mysql", "mysql:8.4."),
        ("mariadb", "mariadb:11.8."),
        ("cockroachdb", "cockroachdb/cockroach:v25."),
    ] {
        let found = file.services[name].image();
        assert!(found.starts_with(image), "{name}: {found}");
    }
}

#[test]
fn every_service_says_when_it_is_ready() {
    for (name, service) in file().services {
        let Healthcheck {
            test,
            interval,
            retries,
        } = service.healthcheck;
        assert!(matches!(&test[0][..], "CMD" | "CMD-SHELL"), "{name}");
        assert!(interval.ends_with('s'), "{name}: {interval}");
        assert!(retries > 0, "{name}");
    }
}
