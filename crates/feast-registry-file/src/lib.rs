//! Feast registry files, local, on S3 and on GCS, that concurrent writers cannot corrupt.
//!
//! A registry file is one `feast.core.Registry` message. [`FileStore`] is a
//! [`Store`](feast_registry_core::Store) on whatever holds such bytes, a [`Blob`]: it loads the file,
//! decides, and puts a new one in its place on the condition that nobody else did. Writers of one
//! process that wait for each other are written together. Reads are served from memory once the
//! blob has said that it is unchanged.
//!
//! ```no_run
//! # async fn open() -> feast_registry_core::Result<()> {
//! use feast_registry_core::{Registry, RegistryOptions};
//! use feast_registry_file::{FileOptions, FileStore, LocalFile};
//! use std::sync::Arc;
//!
//! let file = LocalFile::new("data/registry.db");
//! let store = FileStore::new(Arc::new(file), FileOptions::default());
//! let registry = Registry::open(Arc::new(store), RegistryOptions::default()).await?;
//! # Ok(())
//! # }
//! ```
//!
//! Deliberately absent: any rule of Feast, and appending: every write costs a copy of the file. A
//! registry that is written all the time belongs into a database.

mod backend;
mod backup;
mod batch;
mod blob;
mod codec;
mod commit;
mod counters;
mod current;
mod local;
#[cfg(any(feature = "s3", feature = "gcs"))]
pub mod object;
mod put;
mod queue;
mod ring;
mod row;
mod state;
mod store;

pub use self::backend::FileBackend;
pub use self::blob::{Blob, Loaded, Pace, Replaced, Turn, Version};
pub use self::local::LocalFile;
pub use self::store::{FileOptions, FileStore};
