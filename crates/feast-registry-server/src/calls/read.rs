//! Rpcs that answer one thing.

use bytes::Bytes;

use feast_registry_core::{Key, Kind, Registry, Result};
use feast_registry_proto::core::ProjectMetadata;
use feast_registry_proto::registry::{
    GetFeatureRequest, GetInfraRequest, GetProjectRequest, ListProjectMetadataRequest,
    ListProjectMetadataResponse, RefreshRequest,
};

use crate::Rpc;
use crate::reply::{self, Reply};
use crate::requests::{self, decode, freshness};

pub(super) async fn get(registry: &Registry, rpc: Rpc, kind: Kind, body: Bytes) -> Result<Reply> {
    let request: requests::Get = decode(rpc, body)?;
    let key = Key::new(kind, request.project, request.name);
    let row = registry.get(&key, freshness(request.allow_cache)).await?;
    Ok(Reply::Message(row.body))
}

pub(super) async fn get_any_view(registry: &Registry, request: requests::Get) -> Result<Reply> {
    let freshness = freshness(request.allow_cache);
    let view = registry
        .get_any_view(&request.project, &request.name, freshness)
        .await?;
    Ok(reply::any_view(&view))
}

pub(super) async fn get_project(registry: &Registry, request: GetProjectRequest) -> Result<Reply> {
    let key = Key::project(request.name);
    let row = registry.get(&key, freshness(request.allow_cache)).await?;
    Ok(Reply::Message(row.body))
}

pub(super) async fn get_feature(registry: &Registry, request: GetFeatureRequest) -> Result<Reply> {
    let freshness = freshness(request.allow_cache);
    let feature = registry
        .get_feature(
            &request.project,
            &request.feature_view,
            &request.name,
            freshness,
        )
        .await?;
    Ok(Reply::of(&feature))
}

/// One entry for a project that has an identity, none for any other.
pub(super) async fn project_metadata(
    registry: &Registry,
    request: ListProjectMetadataRequest,
) -> Result<Reply> {
    let freshness = freshness(request.allow_cache);
    let uuid = registry.project_uuid(&request.project, freshness).await?;
    let project_metadata = uuid.map(|project_uuid| ProjectMetadata {
        project: request.project,
        project_uuid,
    });
    Ok(Reply::of(&ListProjectMetadataResponse {
        project_metadata: project_metadata.into_iter().collect(),
    }))
}

pub(super) async fn infra(registry: &Registry, request: GetInfraRequest) -> Result<Reply> {
    let row = registry
        .find(&Key::infra(request.project), freshness(request.allow_cache))
        .await?;
    Ok(Reply::Message(row.map(|row| row.body).unwrap_or_default()))
}

/// The cache is one for all projects: which one the request names makes no difference.
pub(super) async fn refresh(registry: &Registry, _: RefreshRequest) -> Result<Reply> {
    registry.refresh().await?;
    Ok(Reply::EMPTY)
}

pub(super) async fn whole(registry: &Registry, (): ()) -> Result<Reply> {
    Ok(Reply::Message(registry.message().await?.into()))
}
