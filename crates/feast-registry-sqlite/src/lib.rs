//! The SQLite backend of feast-registry: a registry in one file, no server needed.
//!
//! * One thread writes: writers queue inside the process, in order, and never fight over the
//!   file's lock. Readers run on the calling thread, on connections of their own: a thread hop
//!   costs ten times what a read does.
//! * `BEGIN IMMEDIATE`, write-ahead log, `synchronous=EXTRA` (for a log the same as FULL): what was
//!   acknowledged survives a power failure. The busy timeout is for other processes only.
//!
//! Deliberately absent: any statement about the registry's rows (they are in
//! [`feast_registry_sql`]) and any rule of Feast.

mod backend;
mod connection;
mod dialect;
mod driver;
mod error;
mod file;
mod settings;
mod writer;

pub use self::backend::{SqliteBackend, open};
pub use self::dialect::SqliteDialect;
pub use self::driver::SqliteDriver;
pub use self::settings::{JournalMode, SqliteSettings};
