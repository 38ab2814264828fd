//! The facade with each of its features alone, with none and with all.

use crate::Result;
use crate::shell::{self, cargo};

const FACADE: &str = "feast-registry";

/// A feature and the drivers that it must bring.
struct Feature {
    name: &'static str,
    drivers: &'static [&'static str],
}

const FEATURES: [Feature; 7] = [
    Feature {
        name: "file",
        drivers: &[],
    },
    Feature {
        name: "sqlite",
        drivers: &["rusqlite"],
    },
    Feature {
        name: "postgres",
        drivers: &["tokio-postgres"],
    },
    Feature {
        name: "cockroachdb",
        drivers: &["tokio-postgres"],
    },
    Feature {
        name: "mysql",
        drivers: &["mysql_async"],
    },
    Feature {
        name: "s3",
        drivers: &["object_store"],
    },
    Feature {
        name: "gcs",
        drivers: &["object_store"],
    },
];

/// Every driver that some backend uses.
const DRIVERS: [&str; 4] = ["rusqlite", "tokio-postgres", "mysql_async", "object_store"];

pub(crate) fn run() -> Result {
    check(&["--no-default-features"])?;
    for feature in &FEATURES {
        check(&["--no-default-features", "--features", feature.name])?;
        check_drivers(
            &["--no-default-features", "--features", feature.name],
            feature.drivers,
        )?;
    }
    check(&["--all-features"])?;
    check_drivers(&["--no-default-features"], &[])
}

fn check(features: &[&str]) -> Result {
    let mut command = cargo(&["check", "--quiet", "--package", FACADE]);
    command.args(features);
    shell::run(command)
}

/// Proves that a choice of features pulls in its own drivers and no other.
fn check_drivers(features: &[&str], wanted: &[&str]) -> Result {
    let mut command = cargo(&[
        "tree",
        "--package",
        FACADE,
        "--edges",
        "normal",
        "--prefix",
        "none",
    ]);
    command.args(features);
    let tree = shell::output(command)?;
    for driver in DRIVERS {
        let present = tree
            .lines()
            .any(|line| line.split_whitespace().next() == Some(driver));
        if present != wanted.contains(&driver) {
            let what = if present { "pulls in" } else { "lacks" };
            return Err(format!("{FACADE} with {features:?} {what} {driver}").into());
        }
    }
    Ok(())
}
