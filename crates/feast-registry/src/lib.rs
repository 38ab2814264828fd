//! A fast, safe feature registry, compatible with Feast.
//!
//! A feature store keeps a *registry*: the catalogue of its projects, entities, data sources,
//! feature views and services, of who may use them, and of what has been materialised. This crate
//! opens one, as Feast's `feature_store.yaml` or a URL names it, in the tables that Feast's
//! Python SDK uses, and shares them with Python processes.
//!
//! Start with [`open_url`] or, for a configuration file, with [`config::load`] and [`open`]; what
//! you get is a [`Registry`].
//!
//! ```
//! use feast_registry::proto::core::{Entity, EntitySpecV2};
//! use feast_registry::{Effect, Freshness};
//!
//! # #[cfg(feature = "sqlite")]
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> feast_registry::Result<()> {
//! let registry = feast_registry::open_url("sqlite://").await?;
//! let spec = EntitySpecV2 { name: "driver".into(), join_key: "driver_id".into(), ..Default::default() };
//! let driver = Entity { spec: Some(spec), meta: None };
//!
//! let outcome = registry.apply_object("rides", &driver).await?;
//! assert_eq!(outcome.effect, Effect::Created);
//! assert_eq!(registry.apply_object("rides", &driver).await?.effect, Effect::Unchanged);
//!
//! let stored: Entity = registry.get_object("rides", "driver", Freshness::Store).await?;
//! assert_eq!(stored.spec.unwrap().join_key, "driver_id");
//! # Ok(())
//! # }
//! # #[cfg(not(feature = "sqlite"))]
//! # fn main() {}
//! ```
//!
//! # Cargo features
//!
//! Each backend is a feature; `file` and `sqlite` are on by default. A backend of your own is a value: see
//! [`Backends::with`](backend::Backends::with).
//!
//! | feature | URLs |
//! |---|---|
//! | `file` | `data/registry.db`, `file:///data/registry.db` |
//! | `sqlite` | `sqlite:///relative.db`, `sqlite:////absolute.db`, `sqlite://` (in memory) |
//!
//! Deliberately absent: Feast's offline and online stores. This is the catalogue only.

pub mod config;
mod open;

pub use feast_registry_core::{
    Apply, CacheMode, CacheOptions, CacheStatus, Change, Delete, Effect, Error, ErrorKind, Extra,
    Freshness, Key, Kind, KindSpec, Listing, Outcome, Query, Record, Registry, RegistryObject,
    RegistryOptions, Report, Result, Revision, Settings, Skipped, Store, StoreExt, Summary,
    VersionExtra, ViewSpec, backend, decode, json, message, store, url,
};
pub use feast_registry_proto as proto;

pub use self::open::{backends, open, open_url, registry_options, store_options};
