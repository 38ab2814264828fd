//! The statements of both dialects, compared with `tests/golden`. `UPDATE_GOLDEN=1` writes them anew.

#![allow(clippy::unwrap_used, reason = "a test fails by panic")]

use feast_registry_mysql::{MariaDbDialect, MySqlDialect};
use feast_registry_sql::testing::compare_statements;

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden");

#[tokio::test]
async fn those_of_mysql_are_as_written() {
    let file = format!("{GOLDEN}/mysql.sql");
    compare_statements(MySqlDialect::default(), file)
        .await
        .unwrap();
}

#[tokio::test]
async fn those_of_mariadb_are_as_written() {
    let file = format!("{GOLDEN}/mariadb.sql");
    compare_statements(MariaDbDialect::default(), file)
        .await
        .unwrap();
}
