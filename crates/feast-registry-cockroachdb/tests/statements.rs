//! The statements of the dialect, compared with `tests/golden`. `UPDATE_GOLDEN=1` writes them anew.

#![allow(clippy::unwrap_used, reason = "a test fails by panic")]

use feast_registry_cockroachdb::CockroachDialect;
use feast_registry_sql::testing::compare_statements;

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/cockroachdb.sql");

#[tokio::test]
async fn they_are_as_written() {
    compare_statements(CockroachDialect::default(), GOLDEN)
        .await
        .unwrap();
}
