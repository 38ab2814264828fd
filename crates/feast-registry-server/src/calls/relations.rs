//! Rpcs about lineage.

use feast_registry_core::lineage::{Node, Relation};
use feast_registry_core::{Registry, Result, listing};
use feast_registry_proto::registry::{
    EntityReference, EntityRelation, GetObjectRelationshipsRequest, GetObjectRelationshipsResponse,
    GetRegistryLineageRequest, GetRegistryLineageResponse, PaginationMetadata, PaginationParams,
    SortingParams,
};

use crate::reply::Reply;
use crate::requests::freshness;

pub(super) async fn lineage(
    registry: &Registry,
    request: GetRegistryLineageRequest,
) -> Result<Reply> {
    // The two conditions act only together.
    let (kind, name) = (request.filter_object_type, request.filter_object_name);
    let filter = match kind.is_empty() || name.is_empty() {
        true => None,
        false => Some(Node::new(kind.parse()?, name)),
    };
    let freshness = freshness(request.allow_cache);
    let lineage = registry
        .lineage(&request.project, freshness, filter.as_ref())
        .await?;
    let page = |relations| page(relations, &request.sorting, &request.pagination);
    let (relationships, pagination) = page(lineage.direct);
    let (indirect_relationships, indirect_pagination) = page(lineage.indirect);
    Ok(Reply::of(&GetRegistryLineageResponse {
        relationships,
        indirect_relationships,
        relationships_pagination: Some(pagination),
        indirect_relationships_pagination: Some(indirect_pagination),
    }))
}

pub(super) async fn of_object(
    registry: &Registry,
    request: GetObjectRelationshipsRequest,
) -> Result<Reply> {
    let node = Node::new(request.object_type.parse()?, request.object_name);
    let freshness = freshness(request.allow_cache);
    let relations = registry
        .relationships(&request.project, &node, request.include_indirect, freshness)
        .await?;
    let (relationships, pagination) = page(relations, &request.sorting, &request.pagination);
    Ok(Reply::of(&GetObjectRelationshipsResponse {
        relationships,
        pagination: Some(pagination),
    }))
}

fn page(
    relations: Vec<Relation>,
    sorting: &Option<SortingParams>,
    pagination: &Option<PaginationParams>,
) -> (Vec<EntityRelation>, PaginationMetadata) {
    let mut relations: Vec<_> = relations.into_iter().map(relation).collect();
    listing::sort(&mut relations, sorting.as_ref());
    listing::paginate(relations, pagination.as_ref())
}

fn relation(relation: Relation) -> EntityRelation {
    EntityRelation {
        source: Some(reference(relation.source)),
        target: Some(reference(relation.target)),
    }
}

fn reference(node: Node) -> EntityReference {
    EntityReference {
        r#type: node.kind.to_string(),
        name: node.name,
    }
}
