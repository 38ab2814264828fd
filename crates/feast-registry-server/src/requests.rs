//! What clients send.
//!
//! Many requests look alike on the wire, so one type stands for all of them. Objects inside requests
//! are bytes, which on the wire is the same as a message: they are stored as they came. A test
//! compares each type with the descriptors of the requests that it stands for.

use bytes::Bytes;
use prost::Message;

use feast_registry_core::{Error, Freshness, Result};
use feast_registry_proto::registry;

use crate::Rpc;

/// `Get…Request`, but for projects.
pub(crate) type Get = registry::GetEntityRequest;
/// `List…Request` of kinds that are filtered by tags only.
pub(crate) type List = registry::ListEntitiesRequest;
/// `Delete…Request`, but for projects.
pub(crate) type Delete = registry::DeleteEntityRequest;

/// `Apply…Request` of an object in a project, and `UpdateInfraRequest`.
///
/// `commit` is not read, as in Feast's SQL registry: what was acknowledged is stored.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Apply {
    #[prost(bytes = "bytes", optional, tag = "1")]
    pub(crate) object: Option<Bytes>,
    #[prost(string, tag = "2")]
    pub(crate) project: String,
    #[prost(bool, tag = "3")]
    pub(crate) commit: bool,
}

/// `ApplyProjectRequest`.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct ApplyProject {
    #[prost(bytes = "bytes", optional, tag = "1")]
    pub(crate) project: Option<Bytes>,
    #[prost(bool, tag = "2")]
    pub(crate) commit: bool,
}

/// `ApplyFeatureViewRequest`.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct ApplyView {
    #[prost(bytes = "bytes", optional, tag = "1")]
    pub(crate) feature_view: Option<Bytes>,
    #[prost(bytes = "bytes", optional, tag = "2")]
    pub(crate) on_demand_feature_view: Option<Bytes>,
    #[prost(bytes = "bytes", optional, tag = "3")]
    pub(crate) stream_feature_view: Option<Bytes>,
    #[prost(string, tag = "4")]
    pub(crate) project: String,
    #[prost(bool, tag = "5")]
    pub(crate) commit: bool,
    #[prost(bytes = "bytes", optional, tag = "6")]
    pub(crate) label_view: Option<Bytes>,
}

/// `ApplyMaterializationRequest`.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Materialize {
    #[prost(bytes = "bytes", optional, tag = "1")]
    pub(crate) feature_view: Option<Bytes>,
    #[prost(string, tag = "2")]
    pub(crate) project: String,
    #[prost(message, optional, tag = "3")]
    pub(crate) start_date: Option<prost_types::Timestamp>,
    #[prost(message, optional, tag = "4")]
    pub(crate) end_date: Option<prost_types::Timestamp>,
    #[prost(bool, tag = "5")]
    pub(crate) commit: bool,
}

/// The request of an rpc.
pub(crate) fn decode<T: Message + Default>(rpc: Rpc, body: Bytes) -> Result<T> {
    T::decode(body).map_err(|why| {
        Error::invalid(format!(
            "the request of {} cannot be read: {why}",
            rpc.name()
        ))
    })
}

/// Where to read from.
pub(crate) fn freshness(allow_cache: bool) -> Freshness {
    if allow_cache {
        Freshness::Cache
    } else {
        Freshness::Store
    }
}

/// A filter that is off when its text is empty.
pub(crate) fn given(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests;
