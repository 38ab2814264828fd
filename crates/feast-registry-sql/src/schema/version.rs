//! Which version of the schema a database has been brought to.
//!
//! Feast knows no versions. A database that no `schema upgrade` has touched has no such table and
//! works as it is; one that a newer program has upgraded is refused by older ones, which could not
//! know what they would break.

use feast_registry_core::{Error, ErrorKind, Result};

use super::ask;
use crate::{ColumnType, Dialect, Driver, Value};

/// The version of the schema that this build makes.
///
/// | version | what it added |
/// |---|---|
/// | 1 | Feast's tables of 0.67, columns for bytes of any length |
pub const SCHEMA_VERSION: i64 = 1;

pub(super) const TABLE: &str = "feast_registry_schema";

/// The statement that creates the table of versions.
pub(super) fn create_table(dialect: &dyn Dialect) -> String {
    format!(
        "CREATE TABLE {} (\n  {} {} NOT NULL,\n  {} {} NOT NULL,\n  PRIMARY KEY ({})\n)",
        dialect.table(TABLE),
        dialect.quote("version"),
        dialect.column_type(ColumnType::BigInt),
        dialect.quote("upgraded_by"),
        dialect.column_type(ColumnType::Varchar(50)),
        dialect.quote("version"),
    )
}

/// The statement that notes that a database has the version of this build.
pub(super) fn note(dialect: &dyn Dialect) -> String {
    format!(
        "INSERT INTO {} ({}, {}) VALUES ({SCHEMA_VERSION}, 'feast-registry {}')",
        dialect.table(TABLE),
        dialect.quote("version"),
        dialect.quote("upgraded_by"),
        env!("CARGO_PKG_VERSION"),
    )
}

/// The version that a database notes; 0 if it notes none.
pub(super) async fn current(driver: &dyn Driver, tables: &[String]) -> Result<i64> {
    if !tables.iter().any(|table| table == TABLE) {
        return Ok(0);
    }
    let dialect = driver.dialect();
    let sql = format!(
        "SELECT MAX({}) FROM {}",
        dialect.quote("version"),
        dialect.table(TABLE)
    );
    let newest = ask(driver, &sql).await?.into_iter().flatten();
    Ok(newest
        .filter_map(|value| match value {
            Value::Integer(version) => Some(version),
            _ => None,
        })
        .max()
        .unwrap_or(0))
}

/// Fails if a newer program has upgraded the database.
pub(super) fn check(version: i64) -> Result<()> {
    if version <= SCHEMA_VERSION {
        return Ok(());
    }
    let message = format!(
        "the database has version {version} of the schema, this program knows up to {SCHEMA_VERSION}"
    );
    Err(Error::new(ErrorKind::Schema, message)
        .with_hint("upgrade feast-registry; a schema is never taken back"))
}
