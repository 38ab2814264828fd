//! Feast's registry server: its gRPC protocol over any registry.
//!
//! [`service`] is the whole protocol as one tower service, to be put into a router. [`Server`] is that
//! with all around it: sockets, TLS, limits, health, reflection, metrics and a graceful end.
//!
//! ```
//! # async fn example() -> feast_registry_core::Result<()> {
//! use feast_registry_core::{Registry, RegistryOptions, store::MemoryStore};
//!
//! let registry = Registry::open(std::sync::Arc::new(MemoryStore::new()), RegistryOptions::default()).await?;
//! let routes = tonic::service::Routes::new(feast_registry_server::service(registry));
//! # let _ = routes;
//! # Ok(())
//! # }
//! ```
//!
//! Every rpc is taken the same way: the bytes of the request in, the bytes of the answer out.
//! Objects are never decoded on the way, so fields that this build does not know survive, and a list
//! of a thousand views costs little more than copying it. Start reading at `calls/mod.rs`.

mod calls;
mod places;
mod reply;
mod reply_body;
mod request_body;
mod requests;
mod rpc;
mod serve;
mod service;
mod slot;
mod status;

pub use self::rpc::Rpc;
pub use self::serve::{Address, DEFAULT_PORT, Limits, Options, Reload, Server, TlsFiles};
pub use self::service::{RegistryService, service};
pub use self::slot::RegistrySlot;
pub use self::status::Failure;
