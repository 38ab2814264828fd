//! 40001, the way CockroachDB asks for another try, wherever it may come from.
//!
//! The server raises the error itself, in place of a statement: so what was sent behind it fails as
//! well, and a COMMIT behind it rolls back.

#![allow(clippy::unwrap_used, reason = "a test fails by panic")]

#[path = "../restarts/mod.rs"]
mod restarts;

use std::process::ExitCode;
use std::sync::Arc;

use feast_registry_cockroachdb::CockroachDialect;
use feast_registry_postgres::PostgresDriver;
use feast_registry_postgres::testing::TestServer;
use feast_registry_sql::testing::{restarts_at_every_place, restarts_for_ever};
use libtest_mimic::{Arguments, Trial};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::OnceCell;

fn main() -> ExitCode {
    let runtime = Arc::new(Builder::new_multi_thread().enable_all().build().unwrap());
    let trials = vec![
        trial(
            &runtime,
            "retries::at_every_statement_and_at_commit",
            everywhere,
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
    let trial = Trial::test(name, move || {
        runtime.block_on(run());
        Ok(())
    });
    match restarts::stands_in() {
        true => trial,
        // It has no triggers that fail at COMMIT, and restarts of its own.
        false => trial.with_kind("on PostgreSQL").with_ignored_flag(true),
    }
}

/// A schema of a trial's own.
struct Fixture {
    server: TestServer<CockroachDialect>,
    schema: String,
}

impl Fixture {
    async fn new() -> Self {
        let server = TestServer::from_env(CockroachDialect::in_schema).unwrap();
        // Two at once would be in each other's way.
        static PREPARED: OnceCell<()> = OnceCell::const_new();
        let prepare = || restarts::let_commits_fail(&server);
        PREPARED.get_or_try_init(prepare).await.unwrap();
        let schema = server.create().await.unwrap();
        Fixture { server, schema }
    }

    fn driver(&self) -> PostgresDriver {
        let settings = self.server.settings(Some(&self.schema)).unwrap();
        self.server.driver(&settings).unwrap()
    }

    async fn end(self) {
        self.server.discard(&self.schema).await.unwrap();
    }
}

async fn everywhere() {
    let fixture = Fixture::new().await;
    restarts_at_every_place(async || Ok(fixture.driver()), &restarts::failing())
        .await
        .unwrap();
    fixture.end().await;
}

async fn for_ever() {
    let fixture = Fixture::new().await;
    restarts_for_ever(fixture.driver(), &restarts::failing())
        .await
        .unwrap();
    fixture.end().await;
}
