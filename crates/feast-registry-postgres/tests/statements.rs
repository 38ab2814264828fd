//! The statements of the dialect, compared with `tests/golden`. `UPDATE_GOLDEN=1` writes them anew.

#![allow(clippy::unwrap_used, reason = "a test fails by panic")]

use feast_registry_postgres::PostgresDialect;
use feast_registry_sql::testing::compare_statements;

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden");

#[tokio::test]
async fn those_in_the_current_schema_are_as_written() {
    let file = format!("{GOLDEN}/postgres.sql");
    compare_statements(PostgresDialect::new(), file)
        .await
        .unwrap();
}

#[tokio::test]
async fn those_in_a_named_schema_are_as_written() {
    let dialect = PostgresDialect::in_schema(Some("it's \"mine\"".to_owned()));
    let file = format!("{GOLDEN}/schema.sql");
    compare_statements(dialect, file).await.unwrap();
}
