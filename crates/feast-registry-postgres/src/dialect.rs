//! How PostgreSQL wants its statements.

use feast_registry_core::store::Limits;
use feast_registry_sql::{ColumnType, Dialect, UpdateRows};

/// A field holds a gigabyte; the row, the statement and its frame must fit into one as well.
const OBJECT_BYTES: usize = 1_000_000_000;

/// PostgreSQL.
///
/// A dialect of its family keeps one of these and passes on what it does not answer itself.
#[derive(Clone, Debug, Default)]
pub struct PostgresDialect {
    schema: Option<String>,
}

impl PostgresDialect {
    /// Tables in the current schema of the session, which is `public` unless somebody has set
    /// `search_path`.
    pub fn new() -> Self {
        PostgresDialect::default()
    }

    /// Tables in a named schema, which every statement names, so that no session has to be told;
    /// without a name as [`PostgresDialect::new`].
    pub fn in_schema(schema: Option<String>) -> Self {
        PostgresDialect { schema }
    }

    /// The schema of the tables as a text of SQL.
    fn schema_text(&self) -> String {
        match &self.schema {
            Some(schema) => format!("'{}'", schema.replace('\'', "''")),
            None => "current_schema()".to_owned(),
        }
    }
}

impl Dialect for PostgresDialect {
    fn name(&self) -> &'static str {
        "postgres"
    }

    fn list_tables(&self) -> String {
        format!(
            "SELECT tablename FROM pg_catalog.pg_tables WHERE schemaname = {}",
            self.schema_text()
        )
    }

    fn placeholder(&self, n: usize) -> String {
        format!("${n}")
    }

    fn table(&self, name: &str) -> String {
        match &self.schema {
            Some(schema) => format!("{}.{}", self.quote(schema), self.quote(name)),
            None => self.quote(name),
        }
    }

    fn byte_order(&self, column: &str) -> String {
        format!("{column} COLLATE \"C\"")
    }

    fn column_type(&self, column: ColumnType) -> String {
        match column {
            ColumnType::Varchar(length) => format!("VARCHAR({length})"),
            ColumnType::Text => "TEXT".to_owned(),
            ColumnType::BigInt => "BIGINT".to_owned(),
            ColumnType::Integer => "INTEGER".to_owned(),
            ColumnType::Bytes => "BYTEA".to_owned(),
        }
    }

    /// Said, because the server's default may be another: locks do the rest, and stricter levels
    /// would end transactions that only had to wait.
    fn begin_write(&self) -> &'static str {
        "BEGIN ISOLATION LEVEL READ COMMITTED"
    }

    /// Which transactions a reader sees: every one that writes is given the next number.
    fn version_query(&self) -> Option<&'static str> {
        Some("SELECT txid_current_snapshot()::text")
    }

    fn clock_query(&self) -> Option<&'static str> {
        Some("SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) AS BIGINT)")
    }

    fn begin_snapshot(&self) -> &'static str {
        "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
    }

    fn rows_from_arrays(&self, first: usize, columns: &[ColumnType]) -> Option<String> {
        let columns = columns.iter().enumerate().map(|(at, column)| {
            let element = match column {
                ColumnType::Varchar(_) | ColumnType::Text => "TEXT",
                ColumnType::BigInt | ColumnType::Integer => "BIGINT",
                ColumnType::Bytes => "BYTEA",
            };
            format!("CAST({} AS {element}[])", self.placeholder(first + at))
        });
        let columns: Vec<String> = columns.collect();
        Some(format!("unnest({})", columns.join(", ")))
    }

    fn seeks_names(&self) -> bool {
        true
    }

    fn update_rows(&self, update: &UpdateRows<'_>, _rows: usize) -> Option<String> {
        let (names, types): (Vec<&str>, Vec<ColumnType>) = update.columns().unzip();
        let set = update.set.map(|(name, _)| format!("{name} = new.{name}"));
        let key = update
            .key
            .map(|(name, _)| format!("old.{name} = new.{name}"));
        Some(format!(
            "UPDATE {} AS old SET {} FROM {} AS new ({}) WHERE {}",
            update.table,
            set.join(", "),
            self.rows_from_arrays(1, &types)?,
            names.join(", "),
            key.join(" AND ")
        ))
    }

    fn limits(&self) -> Limits {
        Limits::default().with_object_bytes(OBJECT_BYTES)
    }
}
