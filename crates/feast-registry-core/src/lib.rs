//! The object model and the rules of feast-registry, a feature registry compatible with Feast.

pub mod backend;
mod cache;
pub mod doctor;
mod error;
mod intervals;
pub mod json;
mod kind;
pub mod lineage;
pub mod listing;
pub mod message;
pub mod migration;
mod model;
pub mod plan;
mod record;
mod registry;
mod rules;
pub mod store;
pub mod url;
pub mod wire;

pub use self::cache::{CacheMode, CacheOptions, CacheStatus};
pub use self::error::{Error, ErrorKind, Grpc, Report, Result};
pub use self::intervals::Compaction;
pub use self::kind::{Kind, KindSpec, Path, Shape, ViewSpec};
pub use self::model::{RegistryObject, decode};
pub use self::plan::Plan;
pub use self::record::{
    Extra, INFRA_NAME, Key, LAST_UPDATED, PROJECT_UUID, Record, Revision, VersionExtra,
};
pub use self::registry::{Freshness, Listing, Query, Registry, RegistryOptions, Skipped, Summary};
pub use self::rules::{Apply, Change, Delete, Effect, Life, Outcome, Settings};
pub use self::store::{Store, StoreExt};
