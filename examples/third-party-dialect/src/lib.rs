//! YugabyteDB as a backend of feast-registry: a dialect on the PostgreSQL driver.
//!
//! An example of a crate by a third party, to be copied. It is run against PostgreSQL: the suite proves
//! that every statement is right and that writers lose nothing under this dialect, not that YugabyteDB
//! keeps what its documentation says. Run `tests/conformance.rs` on your cluster before you rely on it.
//!
//! ```no_run
//! let backends = feast_registry_core::backend::Backends::new().with(feast_registry_yugabytedb::Yugabyte);
//! ```
//!
//! For whoever sets up the cluster: the tables are small, so a colocated database serves them best; and
//! `schema create` by hand, with other programs stopped, since DDL ends the transactions around it.

mod dialect;

use async_trait::async_trait;

use feast_registry_core::Result;
use feast_registry_core::backend::{Backend, Opening, StoreOptions};
use feast_registry_postgres::{Product, open_options};
use feast_registry_sql::create_statements;

pub use self::dialect::YugabyteDialect;

/// Serves `yugabytedb:` URLs. Write the port, which is 5433 on most clusters: where a URL has none, the
/// driver takes PostgreSQL's 5432.
#[derive(Clone, Copy, Debug, Default)]
pub struct Yugabyte;

#[async_trait]
impl Backend for Yugabyte {
    fn name(&self) -> &'static str {
        "yugabytedb"
    }

    /// `postgresql` stays PostgreSQL's: a program may serve both.
    fn schemes(&self) -> &'static [&'static str] {
        &["yugabytedb"]
    }

    /// [`Product::Any`]: the driver cannot tell this server from PostgreSQL, so it is not to ask.
    async fn open(&self, options: &StoreOptions) -> Result<Opening> {
        let dialect = YugabyteDialect::in_schema(options.schema.clone());
        open_options(options, dialect, Product::Any).await
    }

    /// For `schema print`, which connects to nothing.
    fn schema_statements(&self, options: &StoreOptions) -> Vec<String> {
        create_statements(&YugabyteDialect::in_schema(options.schema.clone()))
    }
}
