//! Statements that let PostgreSQL fail as CockroachDB does.

use feast_registry_core::Result;

use crate::common;

/// Fails as a transaction fails that must start again.
pub(crate) const FAILS_AT_ONCE: &str = "DO $$ BEGIN RAISE EXCEPTION USING errcode = '40001', \
                                        message = 'restart transaction: planned by the test'; END $$";
/// Succeeds, and lets COMMIT fail so.
pub(crate) const FAILS_AT_COMMIT: &str = "INSERT INTO feast_registry_restarts.at_commit VALUES (1)";

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

/// Prepares the server for [`FAILS_AT_COMMIT`].
pub(crate) async fn let_commits_fail() -> Result<()> {
    for statement in LET_COMMITS_FAIL {
        common::execute(statement.to_owned()).await?;
    }
    Ok(())
}
