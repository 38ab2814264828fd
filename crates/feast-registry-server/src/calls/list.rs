//! Rpcs that list: what is listed, then in which order, then which page.

use std::collections::BTreeMap;

use bytes::Bytes;

use feast_registry_core::listing::{self, DatasetFilter, FeatureFilter, ViewFilter};
use feast_registry_core::{Kind, Listing, Query, Record, Registry, Result};
use feast_registry_proto::registry::{
    ListAllFeatureViewsRequest, ListFeatureServicesRequest, ListFeaturesRequest,
    ListFeaturesResponse, ListProjectsRequest, ListSavedDatasetsRequest, PaginationMetadata,
    PaginationParams, SortingParams,
};

use crate::Rpc;
use crate::reply::Reply;
use crate::requests::{self, decode, freshness, given};

pub(super) async fn list(registry: &Registry, rpc: Rpc, kind: Kind, body: Bytes) -> Result<Reply> {
    let request: requests::List = decode(rpc, body)?;
    let query = query(kind, request.project, request.tags, request.allow_cache);
    let found = registry.list(&query).await?;
    Ok(page(found, &request.sorting, &request.pagination))
}

/// Label views are not listed here, as in Feast.
pub(super) async fn all_views(
    registry: &Registry,
    request: ListAllFeatureViewsRequest,
) -> Result<Reply> {
    let mut query = query(
        Kind::FeatureView,
        request.project,
        request.tags,
        request.allow_cache,
    );
    query.kinds = Kind::VIEWS.to_vec();
    query.kinds.retain(|kind| *kind != Kind::LabelView);
    // Rows are stamped in whole seconds.
    query.updated_since = request.updated_since.map(|since| since.seconds);
    let filter = ViewFilter {
        entity: given(request.entity),
        feature: given(request.feature),
        feature_service: given(request.feature_service),
        data_source: given(request.data_source),
    };
    let found = registry.list_views(&query, &filter).await?;
    let (views, page) = page_of(found, &request.sorting, &request.pagination);
    Ok(Reply::views(views, page))
}

pub(super) async fn feature_services(
    registry: &Registry,
    request: ListFeatureServicesRequest,
) -> Result<Reply> {
    let query = query(
        Kind::FeatureService,
        request.project,
        request.tags,
        request.allow_cache,
    );
    let view = given(request.feature_view);
    let found = registry
        .list_feature_services(&query, view.as_deref())
        .await?;
    Ok(page(found, &request.sorting, &request.pagination))
}

pub(super) async fn saved_datasets(
    registry: &Registry,
    request: ListSavedDatasetsRequest,
) -> Result<Reply> {
    let query = query(
        Kind::SavedDataset,
        request.project,
        request.tags,
        request.allow_cache,
    );
    let filter = DatasetFilter {
        namespace: given(request.namespace),
        collection: given(request.collection),
    };
    let mut found = registry.list(&query).await?;
    found.records.retain(|dataset| filter.fits(dataset));
    Ok(page(found, &request.sorting, &request.pagination))
}

pub(super) async fn projects(registry: &Registry, request: ListProjectsRequest) -> Result<Reply> {
    let query = Query::everywhere(Kind::Project)
        .tags(request.tags)
        .freshness(freshness(request.allow_cache));
    let found = registry.list_unprotected_projects(&query).await?;
    Ok(page(found, &request.sorting, &request.pagination))
}

pub(super) async fn features(registry: &Registry, request: ListFeaturesRequest) -> Result<Reply> {
    let filter = FeatureFilter {
        feature_view: given(request.feature_view),
        name: given(request.name),
        kind: given(request.kind),
    };
    let freshness = freshness(request.allow_cache);
    let mut features = registry
        .list_features(&request.project, &filter, freshness)
        .await?;
    listing::sort(&mut features, request.sorting.as_ref());
    let (features, pagination) = listing::paginate(features, request.pagination.as_ref());
    Ok(Reply::of(&ListFeaturesResponse {
        features,
        pagination: Some(pagination),
    }))
}

fn query(kind: Kind, project: String, tags: BTreeMap<String, String>, allow_cache: bool) -> Query {
    Query::new(kind, project)
        .tags(tags)
        .freshness(freshness(allow_cache))
}

fn page(
    found: Listing,
    sorting: &Option<SortingParams>,
    pagination: &Option<PaginationParams>,
) -> Reply {
    let (objects, page) = page_of(found, sorting, pagination);
    Reply::list(objects, page)
}

fn page_of(
    found: Listing,
    sorting: &Option<SortingParams>,
    pagination: &Option<PaginationParams>,
) -> (Vec<Record>, PaginationMetadata) {
    let mut objects = found.records;
    listing::sort(&mut objects, sorting.as_ref());
    listing::paginate(objects, pagination.as_ref())
}
