//! The PostgreSQL backend of feast-registry: a registry that many processes write at once.
//!
//! Start from [`PostgresBackend`], or from [`open`] for a store of known settings.
//!
//! * A transaction is two round trips: what is sent together needs no answer in between. See
//!   `pipeline.rs`.
//! * No state is kept in a session, so that poolers such as PgBouncer may give every transaction
//!   another one.
//! * A future that is dropped in the middle of a transaction closes its connection: no lock stays,
//!   and nobody is handed an open transaction.
//!
//! The driver serves every database that speaks the protocol: give [`open`] or [`open_options`] a
//! dialect of your own. The crate `feast-registry-cockroachdb` is the worked example.
//!
//! Deliberately absent: any statement about the registry's rows (they are in
//! [`feast_registry_sql`]) and any rule of Feast.

mod arguments;
mod backend;
mod connect;
mod connection;
mod dialect;
mod driver;
mod error;
mod manager;
mod options;
mod parameters;
mod pipeline;
mod pooler;
mod session;
mod settings;
mod statements;
pub mod testing;
mod tls;
mod value;
mod verifier;

pub use self::backend::{PostgresBackend, Product, open, open_options};
pub use self::dialect::PostgresDialect;
pub use self::driver::PostgresDriver;
pub use self::settings::{Host, PostgresSettings, TargetSession};
pub use self::tls::{RootCertificates, SslMode, TlsSettings};
