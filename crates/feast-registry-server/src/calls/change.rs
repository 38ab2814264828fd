//! Rpcs that write. Each is one transaction, whatever `commit` says.

use std::borrow::Cow;

use bytes::Bytes;

use feast_registry_core::{Apply, Delete, Error, Kind, Registry, Result, wire};
use feast_registry_proto::registry::DeleteProjectRequest;

use crate::Rpc;
use crate::reply::Reply;
use crate::requests::{self, decode};

pub(super) async fn apply(registry: &Registry, rpc: Rpc, kind: Kind, body: Bytes) -> Result<Reply> {
    let request: requests::Apply = decode(rpc, body)?;
    let object = request.object.ok_or_else(|| missing(kind.spec().title))?;
    store(registry, kind, &request.project, object).await
}

pub(super) async fn apply_view(registry: &Registry, request: requests::ApplyView) -> Result<Reply> {
    let views = [
        (Kind::FeatureView, request.feature_view),
        (Kind::OnDemandFeatureView, request.on_demand_feature_view),
        (Kind::StreamFeatureView, request.stream_feature_view),
        (Kind::LabelView, request.label_view),
    ];
    let mut views = views
        .into_iter()
        .filter_map(|(kind, view)| Some((kind, view?)));
    match (views.next(), views.next()) {
        (Some((kind, view)), None) => store(registry, kind, &request.project, view).await,
        (None, _) => Err(missing("feature view")),
        (Some(_), Some(_)) => Err(Error::invalid(
            "the request holds more than one feature view",
        )),
    }
}

pub(super) async fn apply_project(
    registry: &Registry,
    request: requests::ApplyProject,
) -> Result<Reply> {
    let body = request.project.ok_or_else(|| missing("project"))?;
    let name = name(Kind::Project, &body)?.into_owned();
    store(registry, Kind::Project, &name, body).await
}

pub(super) async fn materialize(
    registry: &Registry,
    request: requests::Materialize,
) -> Result<Reply> {
    // A stream feature view travels as a feature view: both have their name in the same place.
    let view = request
        .feature_view
        .ok_or_else(|| missing("feature view"))?;
    let view = name(Kind::FeatureView, &view)?;
    let start = request.start_date.ok_or_else(|| missing("start date"))?;
    let end = request.end_date.ok_or_else(|| missing("end date"))?;
    registry
        .apply_materialization(&request.project, &view, start, end)
        .await?;
    Ok(Reply::EMPTY)
}

pub(super) async fn update_infra(registry: &Registry, request: requests::Apply) -> Result<Reply> {
    let infra = request.object.unwrap_or_default();
    registry.update_infra(&request.project, own(&infra)).await?;
    Ok(Reply::EMPTY)
}

pub(super) async fn delete(
    registry: &Registry,
    rpc: Rpc,
    kind: Kind,
    body: Bytes,
) -> Result<Reply> {
    let request: requests::Delete = decode(rpc, body)?;
    let delete = Delete::new(kind, request.project, request.name);
    registry.delete(delete).await?;
    Ok(Reply::EMPTY)
}

pub(super) async fn delete_view(registry: &Registry, request: requests::Delete) -> Result<Reply> {
    let delete = Delete::any_view(request.project, request.name);
    registry.delete(delete).await?;
    Ok(Reply::EMPTY)
}

pub(super) async fn delete_project(
    registry: &Registry,
    request: DeleteProjectRequest,
) -> Result<Reply> {
    registry.delete_project(&request.name, None).await?;
    Ok(Reply::EMPTY)
}

async fn store(registry: &Registry, kind: Kind, project: &str, body: Bytes) -> Result<Reply> {
    let name = name(kind, &body)?.into_owned();
    registry
        .apply(Apply::new(kind, project, name, own(&body)))
        .await?;
    Ok(Reply::EMPTY)
}

/// A copy of its own: bytes of a request share its buffer, and what is cached must not keep that.
fn own(bytes: &Bytes) -> Bytes {
    Bytes::copy_from_slice(bytes)
}

/// The name that an object gives itself.
fn name(kind: Kind, body: &[u8]) -> Result<Cow<'_, str>> {
    let name = wire::string(body, kind.spec().name_path)
        .map_err(|why| Error::invalid(format!("the bytes are not a {kind}: {why}")))?;
    Ok(name.unwrap_or_default())
}

fn missing(what: &str) -> Error {
    Error::invalid(format!("the request has no {}", what.to_lowercase()))
}
