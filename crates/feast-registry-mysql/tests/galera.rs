//! What only a Galera cluster does.
#![allow(clippy::unwrap_used, reason = "a test fails by panic")]

mod common;

use std::process::ExitCode;
use std::sync::Arc;

use feast_registry_core::{Apply, Change, ErrorKind, Kind, Registry, RegistryOptions, Store};
use feast_registry_proto::core::{Entity, EntitySpecV2};
use feast_registry_proto::prost::Message;
use libtest_mimic::{Arguments, Trial};
use tokio::runtime::Runtime;

use common::Server;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let server = Server::from_env();
    let trial = Trial::test(
        "galera::a_cap_of_the_cluster_is_that_of_the_store",
        move || {
            let runtime = Runtime::new().unwrap();
            runtime.block_on(a_cap_of_the_cluster_is_that_of_the_store(server));
            Ok(())
        },
    );
    libtest_mimic::run(&arguments, vec![trial]).exit_code()
}

fn entities(count: usize) -> Vec<Change> {
    let entity = |number| {
        let name = format!("entity_{number}");
        let spec = EntitySpecV2 {
            name: name.clone(),
            ..Default::default()
        };
        let entity = Entity {
            spec: Some(spec),
            meta: None,
        };
        Change::Apply(Apply::new(Kind::Entity, "p", name, entity.encode_to_vec()))
    };
    (0..count).map(entity).collect()
}

/// What it allows the server takes, and what it does not is refused with the figure.
async fn a_cap_of_the_cluster_is_that_of_the_store(server: Server) {
    let database = server.create_database().await.unwrap();
    let cap = |rows| server.administer(rows);
    cap("SET GLOBAL wsrep_max_ws_rows = 40").await.unwrap();
    let store = Arc::new(server.open(&database).await.unwrap());
    assert_eq!(store.limits().transaction_writes, 24);
    let registry = Registry::open(store, RegistryOptions::default());
    let registry = registry.await.unwrap();

    let error = registry.commit(entities(25)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge);
    assert!(error.message().contains("at most 24"), "{error}");
    // With them come rows of their project.
    let mut most = 24;
    while let Err(error) = registry.commit(entities(most)).await {
        assert!(error.message().contains("at most 24"), "{most}: {error}");
        most -= 1;
    }
    assert!(most > 20, "{most}");

    cap("SET GLOBAL wsrep_max_ws_rows = 0").await.unwrap();
    server.drop_database(&database).await.unwrap();
}
