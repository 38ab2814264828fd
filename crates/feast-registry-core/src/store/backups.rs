//! Earlier versions that a store keeps by itself.

use std::fmt::Debug;

use async_trait::async_trait;
use prost_types::Timestamp;

use crate::Result;

/// An earlier version of the whole registry.
#[derive(Clone, Debug, PartialEq)]
pub struct Backup {
    /// What [`Backups::restore`] calls it.
    pub name: String,
    /// When this version was written.
    pub updated: Option<Timestamp>,
    /// Feast's identity of this version.
    pub version_id: String,
    /// How large it is.
    pub bytes: usize,
    /// How many rows it has.
    pub rows: usize,
}

/// A store that keeps earlier versions.
#[async_trait]
pub trait Backups: Debug + Send + Sync {
    /// The versions that are kept, newest first.
    async fn list(&self) -> Result<Vec<Backup>>;

    /// Makes an earlier version the present one, which is kept like any that is replaced.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) if there is none with this name, else those
    /// of a write.
    async fn restore(&self, name: &str) -> Result<Backup>;
}
