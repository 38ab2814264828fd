//! Columns of old databases that hold less than they should.

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Error as ProtocolError};

use feast_registry_core::{Kind, Result, Shape};

use crate::MysqlSettings;
use crate::connect::first;
use crate::dialect::quote;

/// What a `LONGBLOB` holds.
const WIDE: u64 = u32::MAX as u64;

/// A column for objects that holds less than a `LONGBLOB`. Feast made its columns `BLOB`, which ends
/// at 64 KiB, before version 0.64.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NarrowColumn {
    /// Its table.
    pub table: String,
    /// Its name.
    pub column: String,
    /// The bytes that it holds.
    pub bytes: u64,
    nullable: bool,
}

impl NarrowColumn {
    /// The statement that widens it. The server copies the table, and writers wait meanwhile.
    pub fn widen(&self) -> String {
        let null = if self.nullable { "NULL" } else { "NOT NULL" };
        let (table, column) = (quote(&self.table), quote(&self.column));
        format!("ALTER TABLE {table} MODIFY COLUMN {column} LONGBLOB {null}")
    }
}

/// The columns of a database that hold less than they should, to be widened by their
/// [statements](NarrowColumn::widen).
///
/// # Errors
///
/// Those of connecting.
pub async fn narrow_columns(settings: &MysqlSettings) -> Result<Vec<NarrowColumn>> {
    let mut conn = first(&settings.primary, settings.connect_timeout).await?;
    let columns = find(&mut conn).await.map_err(|error| {
        let class = feast_registry_sql::FaultClass::Other;
        let message = format!("the columns of the tables cannot be read: {error}");
        feast_registry_sql::DriverError::new(class, message)
    })?;
    // Nothing depends on how it ends.
    let _ = conn.disconnect().await;
    Ok(columns)
}

pub(crate) async fn find(conn: &mut Conn) -> std::result::Result<Vec<NarrowColumn>, ProtocolError> {
    let wanted: Vec<String> = Kind::ALL.into_iter().flat_map(bytes_columns).collect();
    let sql = format!(
        "SELECT TABLE_NAME, COLUMN_NAME, CHARACTER_OCTET_LENGTH, IS_NULLABLE FROM information_schema.COLUMNS \
         WHERE TABLE_SCHEMA = DATABASE() AND DATA_TYPE IN ('tinyblob', 'blob', 'mediumblob') AND ({}) \
         ORDER BY TABLE_NAME, ORDINAL_POSITION",
        wanted.join(" OR ")
    );
    let column = |(table, column, bytes, nullable): (String, String, u64, String)| NarrowColumn {
        table,
        column,
        bytes,
        nullable: nullable == "YES",
    };
    let columns = conn.query_map(sql, column).await?;
    Ok(columns
        .into_iter()
        .filter(|column| column.bytes < WIDE)
        .collect())
}

/// Conditions that find the columns of a kind for bytes.
fn bytes_columns(kind: Kind) -> Vec<String> {
    let spec = kind.spec();
    let mut columns = match spec.shape {
        Shape::Metadata => vec![],
        Shape::View => vec![spec.body_column, "user_metadata", "materialized_intervals"],
        _ => vec![spec.body_column],
    };
    columns.sort_unstable();
    let condition = |column| {
        format!(
            "(TABLE_NAME = '{}' AND COLUMN_NAME = '{column}')",
            spec.table
        )
    };
    columns.into_iter().map(condition).collect()
}

/// Says which columns are too narrow, and what widens them.
pub(crate) fn warn(columns: &[NarrowColumn]) {
    for NarrowColumn {
        table,
        column,
        bytes,
        ..
    } in columns
    {
        tracing::warn!(
            %table, %column, %bytes,
            "a column holds fewer bytes than objects may have, and larger ones will be refused: `feast-registry schema upgrade` widens it"
        );
    }
}
