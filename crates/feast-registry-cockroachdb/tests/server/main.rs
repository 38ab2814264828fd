//! 40001, the way CockroachDB asks for another try, wherever it may come from.
//!
//! The server raises the error itself, in place of a statement: so what was sent behind it fails as
//! well, and a COMMIT behind it rolls back.

#![allow(clippy::unwrap_used, reason = "a test fails by panic")]

#[path = "../common/mod.rs"]
mod common;
mod refusing;

use std::process::ExitCode;
use std::sync::Arc;

use feast_registry_core::store::Capabilities;
use feast_registry_core::{
    Apply, Effect, Error, ErrorKind, Key, Kind, Registry, RegistryOptions, Result,
};
use feast_registry_proto::core::{FeatureView, FeatureViewSpec};
use feast_registry_proto::prost::Message;
use feast_registry_sql::SqlStore;
use libtest_mimic::{Arguments, Trial};
use tokio::runtime::{Builder, Runtime};

use crate::refusing::{FOREVER, Plan, Refusing};

fn main() -> ExitCode {
    let runtime = Arc::new(Builder::new_multi_thread().enable_all().build().unwrap());
    let trials = vec![
        trial(
            &runtime,
            "retries::at_every_statement_and_at_commit",
            every_position,
        ),
        trial(&runtime, "retries::for_ever_is_given_up", for_ever),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn trial<F: Future<Output = ()>>(
    runtime: &Arc<Runtime>,
    name: &str,
    run: impl FnOnce() -> F + Send + 'static,
) -> Trial {
    let runtime = Arc::clone(runtime);
    Trial::test(name, move || {
        runtime.block_on(run());
        Ok(())
    })
}

/// A registry in a schema of its own whose server refuses as planned.
struct Fixture {
    schema: String,
    registry: Registry,
    plan: Arc<Plan>,
}

impl Fixture {
    async fn new() -> Self {
        let schema = common::create_schema().await.unwrap();
        let plan = Arc::new(Plan::default());
        let driver = Refusing::new(common::driver(Some(&schema)).unwrap(), &plan);
        let store = SqlStore::new(driver, Capabilities::default(), false);
        let registry = Registry::open(Arc::new(store), RegistryOptions::default());
        Fixture {
            schema,
            registry: registry.await.unwrap(),
            plan,
        }
    }

    async fn end(self) {
        self.registry.close().await.unwrap();
        common::drop_schema(&self.schema).await.unwrap();
    }

    /// Creates a view, and changes it, each with refusals at one position; how many there were.
    async fn create_and_change(&self, position: usize, times: usize) -> Result<usize> {
        let name = format!("v{position}");
        let mut refused = 0;
        for (edition, expected) in [("first", Effect::Created), ("second", Effect::Updated)] {
            self.plan.refuse(position, times);
            let outcome = self.registry.apply(view(&name, edition)).await;
            refused += self.plan.stop();
            if outcome?.effect != expected {
                return Err(Error::new(ErrorKind::Internal, "another effect"));
            }
        }
        Ok(refused)
    }
}

fn view(name: &str, description: &str) -> Apply {
    let spec = FeatureViewSpec {
        name: name.to_owned(),
        entities: vec!["driver".to_owned()],
        description: description.to_owned(),
        ..Default::default()
    };
    let view = FeatureView {
        spec: Some(spec),
        meta: None,
    };
    Apply::new(Kind::FeatureView, "p", name, view.encode_to_vec())
}

async fn every_position() {
    let fixture = Fixture::new().await;
    fixture.registry.apply(view("v", "first")).await.unwrap();
    let mut positions = 0;
    loop {
        let refused = fixture.create_and_change(positions, 3).await.unwrap();
        if refused == 0 {
            break;
        }
        positions += 1;
    }
    // A view that is created: what is read under locks, what is written, COMMIT.
    assert!(positions > 5, "{positions} statements in a transaction");
    fixture.end().await;
}

async fn for_ever() {
    let fixture = Fixture::new().await;
    fixture.registry.apply(view("v", "first")).await.unwrap();
    let error = fixture.create_and_change(1, FOREVER).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Contention, "{error}");
    fixture.plan.stop();
    let key = Key::new(Kind::FeatureView, "p", "v1");
    let found = fixture
        .registry
        .get(&key, feast_registry_core::Freshness::Store)
        .await;
    assert_eq!(
        found.unwrap_err().kind(),
        ErrorKind::NotFound(Kind::FeatureView)
    );
    fixture.end().await;
}
