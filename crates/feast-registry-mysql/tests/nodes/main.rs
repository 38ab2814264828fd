//! What only a cluster can get wrong: a node that knows its own locks and no others.
#![allow(clippy::unwrap_used, reason = "a test fails by panic")]

#[path = "../common/mod.rs"]
mod common;
#[path = "../server/objects.rs"]
mod objects;

use std::process::ExitCode;
use std::sync::Arc;

use feast_registry_core::store::SchemaMode;
use feast_registry_core::{
    ErrorKind, Freshness, Key, Kind, Outcome, Registry, RegistryOptions, Result, Store,
};
use libtest_mimic::{Arguments, Trial};
use tokio::runtime::Runtime;

use common::Server;
use objects::view;

/// How often both nodes are asked at once.
const ROUNDS: usize = 50;

fn main() -> ExitCode {
    let trial = Trial::test("nodes::a_new_name_is_given_once", || {
        Runtime::new().unwrap().block_on(a_new_name_is_given_once());
        Ok(())
    });
    libtest_mimic::run(&Arguments::from_args(), vec![trial]).exit_code()
}

/// Two views of one name may not be, of whatever kinds: they are rows of two tables, so no key of the
/// database is in the way, and no lock of one node is seen on the other.
async fn a_new_name_is_given_once() {
    let server = Server::from_env();
    assert!(server.nodes() > 1, "this needs a cluster");
    let database = server.create_database().await.unwrap();
    let first = server.open_at(0, &database).await.unwrap();
    first.initialize(SchemaMode::Auto).await.unwrap();
    let second = server.open_at(1, &database).await.unwrap();
    let registry = async |store| {
        let registry = Registry::open(Arc::new(store), RegistryOptions::default());
        registry.await.unwrap()
    };
    let (first, second) = (registry(first).await, registry(second).await);
    for round in 0..ROUNDS {
        let name = format!("trips_{round}");
        let mut stream = view(&name, "");
        stream.kind = Kind::StreamFeatureView;
        let (one, other) = tokio::join!(first.apply(view(&name, "")), second.apply(stream));
        let won = [&one, &other].map(Result::is_ok);
        assert!(won[0] != won[1], "{name}: {one:?}, {other:?}");
        lost(if won[0] { other } else { one });
        for node in [&first, &second] {
            assert_eq!(there(node, &name).await, won, "{name}");
        }
    }
    for node in [first, second] {
        node.close().await.unwrap();
    }
    server.drop_database(&database).await.unwrap();
}

fn lost(outcome: Result<Outcome>) {
    let error = outcome.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NameConflict, "{error}");
}

/// Whether a node has the one and the other.
async fn there(node: &Registry, name: &str) -> [bool; 2] {
    let mut there = [false; 2];
    for (found, kind) in there
        .iter_mut()
        .zip([Kind::FeatureView, Kind::StreamFeatureView])
    {
        let key = Key::new(kind, "p", name);
        *found = node.find(&key, Freshness::Store).await.unwrap().is_some();
    }
    there
}
