//! The MySQL and MariaDB backend of feast-registry.
//!
//! Start at [`MysqlBackend`]. A server is asked what it is when it is opened, and gets the dialect
//! that it needs, whatever the scheme of the URL says.
//!
//! # Connections
//!
//! The protocol knows no pipelining: every statement is a round trip. So connections are set up once,
//! and kept in two pools: those that write have `autocommit=0`, where a transaction begins by itself,
//! and those that read have `autocommit=1`, where a read leaves nothing open. A change of an existing
//! row is three trips: the read under a lock, the update, `COMMIT`. Writers run at READ COMMITTED,
//! since at REPEATABLE READ the locks of gaps around absent rows make creators wait for each other
//! until one is a deadlock's victim.
//!
//! # Names
//!
//! The collations that servers choose by default take names for equal that are not:
//!
//! | collation | default of | `a` = `A` | `a` = `ä` | `a` = `a` and a space |
//! |---|---|---|---|---|
//! | `utf8mb4_general_ci` | MariaDB up to 11.5 | yes | yes | yes |
//! | `utf8mb4_uca1400_ai_ci` | MariaDB since 11.6 | yes | yes | yes |
//! | `utf8mb4_0900_ai_ci` | MySQL since 8.0 | yes | yes | no |
//!
//! Tables that this crate creates have names of a binary collation that does not ignore spaces either
//! (`utf8mb4_nopad_bin` on MariaDB, `utf8mb4_0900_bin` on MySQL): all names are different names, as on
//! every other backend, and Feast's Python client does not notice. Tables that Feast has created keep
//! their collation. There a second name that the collation takes for the first one is refused by the
//! primary key, and what is read is compared byte by byte, so that the wrong row is never taken for the
//! right one.
//!
//! Feast creates tables in the server's default character set, which is `latin1` on a plain MariaDB 10.
//! What such a table cannot hold is not found there, and refused when it is written.
//!
//! # Sizes
//!
//! * An object must fit in one packet: the server's `max_allowed_packet` is the limit of the store.
//! * Databases that old versions of Feast have made hold objects in `BLOB` columns of 64 KiB. They are
//!   reported when the store is opened ([`narrow_columns`]), and strict mode makes the server refuse
//!   what does not fit, instead of cutting it off.
//!
//! # Clusters
//!
//! On a Galera cluster (`wsrep_on`) row locks are those of one node, and a conflict between nodes is an
//! error of COMMIT: the transaction is tried again. What a transaction relies on without changing it is
//! written as well ([`guard_by_writing`](feast_registry_sql::Dialect::guard_by_writing)), and reads
//! wait until the node has what other nodes have acknowledged (`wsrep_sync_wait`). Group replication
//! with several primaries is recognised and guarded in the same way, but was never run.
//!
//! # URLs
//!
//! `mysql://user:password@host:port,other:port/database?key=value`, also with SQLAlchemy's drivers
//! (`mysql+pymysql:`). Several hosts are tried in their order.
//!
//! | key | meaning |
//! |---|---|
//! | `unix_socket` | the file of a socket, instead of hosts |
//! | `connect_timeout` | seconds for each host |
//! | `ssl_mode` | `DISABLED`, `PREFERRED`, `REQUIRED`, `VERIFY_CA`, `VERIFY_IDENTITY` |
//! | `ssl_ca` | file of the authorities that are trusted; certificate and name are then checked |
//! | `ssl_cert`, `ssl_key` | files of the client's certificate and key |
//! | `ssl_check_hostname`, `ssl_verify_identity` | `false`: any name will do |
//! | `ssl_verify_cert` | `false`: any certificate will do |
//! | `ssl`, `ssl_disabled` | `true` or `false` |
//! | `charset` | accepted; connections always use utf8mb4 |
//!
//! Other keys are named in a warning, and ignored. Without any `ssl` key a connection is not encrypted, as
//! with PyMySQL.
//!
//! Deliberately absent: any statement about the registry's rows (they are in [`feast_registry_sql`])
//! and any rule of Feast.

mod address;
mod backend;
mod connect;
mod connection;
mod dialect;
mod driver;
mod error;
mod exact;
mod facts;
mod fold;
mod kill;
mod narrow;
mod packets;
mod pool;
mod session;
mod settings;
mod tls;
mod value;

pub use self::backend::{MysqlBackend, open};
pub use self::dialect::{MariaDbDialect, MySqlDialect};
pub use self::driver::MysqlDriver;
pub use self::narrow::{NarrowColumn, narrow_columns};
pub use self::settings::MysqlSettings;
