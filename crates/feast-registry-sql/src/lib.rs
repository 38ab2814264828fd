//! The SQL store of feast-registry, written once over any driver and dialect.
//!
//! [`SqlStore`] keeps a registry in Feast's tables. What differs between databases is behind two
//! seams: a [`Dialect`] says how statements are written and which limits hold, a [`Driver`] runs
//! them. A new member of a known family is a dialect; a new protocol is a driver and a dialect.
//!
//! No rule of Feast is here, and no statement outside [`statements`](SqlStore#statements).

mod chunks;
mod dialect;
mod driver;
mod error;
mod gets;
mod log;
mod observe;
mod pair;
mod queue;
mod reconnect;
mod retry;
mod rows;
mod scan;
mod schema;
mod settled;
mod statements;
mod store;
mod table;
pub mod testing;
mod together;
mod transaction;
mod value;
mod writes;

pub use self::dialect::{ColumnType, Dialect, UpdateRows};
pub use self::driver::{Access, Arrays, Connection, Driver, Step, StepResult};
pub use self::error::{DriverError, FaultClass};
pub use self::log::LoggedTable;
pub use self::reconnect::{is_restart, persist};
pub use self::schema::{SCHEMA_VERSION, create_statements};
pub use self::store::{Counters, SqlStore};
pub use self::transaction::{WriteFault, WriteJob};
pub use self::value::{Row, Value};
