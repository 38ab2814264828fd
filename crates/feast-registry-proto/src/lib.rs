//! Protobuf messages of the Feast feature registry.
//!
//! The messages are those of Feast 0.67, generated from the files in `proto/` at the root of the
//! workspace by `cargo xtask codegen` and checked in, so that a build needs no protobuf compiler.
//! Each protobuf package is a module: [`core`] has the objects of a registry, [`types`] the
//! values of features, and [`registry`] the requests and responses of the registry server.
//!
//! | protobuf | Rust |
//! |---|---|
//! | message field | [`Option`], boxed where a message contains itself |
//! | `bytes` | [`Bytes`](prost::bytes::Bytes), which shares the buffer it was decoded from |
//! | `map` | [`BTreeMap`](std::collections::BTreeMap), so that encoding is deterministic |
//! | enumeration | [`i32`], with a getter that turns unknown numbers into the default |
//! | `oneof` | [`Option`] of an enum in a module named after the message |
//!
//! Two things are left out on purpose:
//!
//! * **gRPC stubs.** Only a server or a client needs them, and they bring a network stack along.
//!   [`FILE_DESCRIPTOR_SET`] describes the service for those who build their own.
//! * **A way back to storage.** Decoding drops the fields that a message does not know, so a
//!   definition written by a newer Feast would lose data if it was decoded, encoded and stored.
//!   Read stored bytes through these types, but write back the bytes themselves.
//!
//! ```
//! use feast_registry_proto::core::{FeatureView, FeatureViewMeta, FeatureViewState};
//! use feast_registry_proto::prost::{Message, Name};
//!
//! let mut meta = FeatureViewMeta::default();
//! meta.set_state(FeatureViewState::AvailableOnline);
//! let view = FeatureView { meta: Some(meta), ..Default::default() };
//!
//! let bytes = view.encode_to_vec();
//! assert_eq!(FeatureView::decode(&*bytes)?, view);
//! assert_eq!(FeatureView::full_name(), "feast.core.FeatureView");
//! # Ok::<(), feast_registry_proto::prost::DecodeError>(())
//! ```

pub use {prost, prost_types};

pub use self::feast::{core, registry, types};

/// Every file in `proto/` and every file they import, as a serialized
/// [`FileDescriptorSet`](prost_types::FileDescriptorSet).
pub const FILE_DESCRIPTOR_SET: &[u8] = include_bytes!("generated/descriptor.bin");

/// Mirrors the nesting of the protobuf packages, which generated paths rely on.
#[allow(missing_docs, clippy::all, rustdoc::all, reason = "generated code")]
mod feast {
    /// Package `feast.core`: the objects of a registry.
    pub mod core {
        include!("generated/feast.core.rs");
    }

    /// Package `feast.types`: values of features, and their types.
    pub mod types {
        include!("generated/feast.types.rs");
    }

    /// Package `feast.registry`: requests and responses of the registry server.
    pub mod registry {
        include!("generated/feast.registry.rs");
    }
}

#[cfg(test)]
mod tests;
