//! How PostgreSQL is made to fail as CockroachDB does.

use feast_registry_cockroachdb::CockroachDialect;
use feast_registry_core::Result;
use feast_registry_postgres::testing::TestServer;
use feast_registry_sql::testing::Failing;

/// Fails as a transaction fails that must start again.
const FAILS_AT_ONCE: &str = "DO $$ BEGIN RAISE EXCEPTION USING errcode = '40001', \
                             message = 'restart transaction: planned by the test'; END $$";
/// Succeeds, and lets COMMIT fail so.
const FAILS_AT_COMMIT: &str = "INSERT INTO feast_registry_restarts.at_commit VALUES (1)";

/// What makes [`FAILS_AT_COMMIT`] work: a constraint that is looked at when a transaction commits, and
/// never holds. The table stays empty.
const LET_COMMITS_FAIL: [&str; 5] = [
    "CREATE SCHEMA IF NOT EXISTS feast_registry_restarts",
    "CREATE TABLE IF NOT EXISTS feast_registry_restarts.at_commit (n int)",
    "CREATE OR REPLACE FUNCTION feast_registry_restarts.fail() RETURNS trigger LANGUAGE plpgsql AS $$ \
     BEGIN RAISE EXCEPTION USING errcode = '40001', message = 'restart transaction: planned by the test'; END $$",
    "DROP TRIGGER IF EXISTS fail ON feast_registry_restarts.at_commit",
    "CREATE CONSTRAINT TRIGGER fail AFTER INSERT ON feast_registry_restarts.at_commit \
     DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION feast_registry_restarts.fail()",
];

/// Set if the server only takes the place of the real one, which knows none of these statements and
/// needs none.
const STANDS_IN: &str = "FEAST_REGISTRY_CONFORMANCE_STANDS_IN";

/// Whether the server is PostgreSQL in the place of CockroachDB.
pub(crate) fn stands_in() -> bool {
    std::env::var_os(STANDS_IN).is_some()
}

/// The statements that fail, on any server of the family.
pub(crate) fn failing() -> Failing {
    Failing {
        at_once: FAILS_AT_ONCE.into(),
        at_commit: FAILS_AT_COMMIT.into(),
    }
}

/// Prepares the server for them.
pub(crate) async fn let_commits_fail(server: &TestServer<CockroachDialect>) -> Result<()> {
    for statement in LET_COMMITS_FAIL {
        server.execute(statement).await?;
    }
    Ok(())
}
