//! The CockroachDB backend of feast-registry, and the example of a dialect for those who bring
//! their own database.
//!
//! CockroachDB speaks PostgreSQL's protocol, so the driver of `feast-registry-postgres` does the
//! work. What is left to say is in two small types:
//!
//! * [`CockroachDialect`] passes everything to [`PostgresDialect`] that is the same, and answers
//!   where CockroachDB differs. Each method says what would break without it.
//! * [`CockroachBackend`] names the URLs, and opens the store if the server is what it should be.
//!
//! The proof is `tests/conformance.rs`: the suite, run on a server.

use async_trait::async_trait;

use feast_registry_core::Result;
use feast_registry_core::backend::{Backend, Opening, StoreOptions};
use feast_registry_core::store::{Limits, Lock};
use feast_registry_postgres::{PostgresDialect, Product, open_options};
use feast_registry_sql::{ColumnType, Dialect, FaultClass, UpdateRows, create_statements};

/// The server refuses larger commands unless `sql.conn.max_read_buffer_message_size` is raised:
/// 16 MiB, some of which the rest of the row needs.
const OBJECT_BYTES: usize = 15 << 20;

/// CockroachDB.
#[derive(Clone, Debug, Default)]
pub struct CockroachDialect(PostgresDialect);

impl CockroachDialect {
    /// Tables in a named schema, or in the current one of the session.
    pub fn in_schema(schema: Option<String>) -> Self {
        CockroachDialect(PostgresDialect::in_schema(schema))
    }
}

impl Dialect for CockroachDialect {
    fn name(&self) -> &'static str {
        "cockroachdb"
    }

    fn list_tables(&self) -> String {
        self.0.list_tables()
    }

    fn placeholder(&self, n: usize) -> String {
        self.0.placeholder(n)
    }

    fn table(&self, name: &str) -> String {
        self.0.table(name)
    }

    /// Texts have one order, that of their bytes: a collation would only keep indexes from use.
    fn byte_order(&self, column: &str) -> String {
        column.to_owned()
    }

    /// `INTEGER` has 64 bits there. The name is kept, so that schemas look like Feast's; values of
    /// 32 bits fit, and rows are read by the type that the server names.
    fn column_type(&self, column: ColumnType) -> String {
        self.0.column_type(column)
    }

    fn clock_query(&self) -> Option<&'static str> {
        self.0.clock_query()
    }

    /// The level that every version has. READ COMMITTED is younger, and may be off.
    fn begin_write(&self) -> &'static str {
        "BEGIN ISOLATION LEVEL SERIALIZABLE"
    }

    /// There is no weaker level for one moment of all tables.
    fn begin_snapshot(&self) -> &'static str {
        "BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY"
    }

    /// At SERIALIZABLE, `FOR SHARE` takes no lock unless a setting asks for it. It need not: what was
    /// read is looked at again at COMMIT, which fails with 40001 if it has changed. `FOR UPDATE`
    /// queues writers, so that they seldom have to try again.
    fn lock_suffix(&self, lock: Lock) -> &'static str {
        match lock {
            Lock::Plain | Lock::Share => "",
            Lock::Update => " FOR UPDATE",
        }
    }

    fn rows_from_arrays(&self, first: usize, columns: &[ColumnType]) -> Option<String> {
        self.0.rows_from_arrays(first, columns)
    }

    fn update_rows(&self, update: &UpdateRows<'_>, rows: usize) -> Option<String> {
        self.0.update_rows(update, rows)
    }

    /// "restart transaction" may come from every statement and from COMMIT, and is no failure: try
    /// again. An ambiguous result is the opposite: the transaction may have been committed, and
    /// trying again could do its work twice.
    fn classify(&self, code: &str, _message: &str) -> Option<FaultClass> {
        match code {
            "40003" => Some(FaultClass::UnknownOutcome),
            "40001" => Some(FaultClass::Conflict),
            _ => None,
        }
    }

    fn limits(&self) -> Limits {
        Limits::default().with_object_bytes(OBJECT_BYTES)
    }
}

/// Serves `cockroachdb:` URLs.
#[derive(Clone, Copy, Debug, Default)]
pub struct CockroachBackend;

#[async_trait]
impl Backend for CockroachBackend {
    fn name(&self) -> &'static str {
        "cockroachdb"
    }

    fn schemes(&self) -> &'static [&'static str] {
        &["cockroachdb"]
    }

    async fn open(&self, options: &StoreOptions) -> Result<Opening> {
        let dialect = CockroachDialect::in_schema(options.schema.clone());
        open_options(options, dialect, Product::CockroachDb).await
    }

    fn schema_statements(&self, options: &StoreOptions) -> Vec<String> {
        create_statements(&CockroachDialect::in_schema(options.schema.clone()))
    }
}
