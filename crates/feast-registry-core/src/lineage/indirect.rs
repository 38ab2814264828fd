//! What follows from direct relations by way of a view.

use std::collections::HashMap;

use super::{Node, NodeKind, Objects, Relation};

/// What feeds each view, by the name of the view.
type Feeds<'a> = HashMap<&'a str, Vec<&'a Node>>;

pub(super) fn relations(objects: &Objects, direct: &[Relation]) -> Vec<Relation> {
    let mut feeds = Feeds::new();
    for relation in direct.iter().filter(|r| r.target.kind.is_view()) {
        let sources = feeds.entry(&relation.target.name).or_default();
        sources.push(&relation.source);
    }
    let mut found = Vec::new();
    into_services(objects, &feeds, &mut found);
    from_entities(direct, &feeds, &mut found);
    found
}

/// What feeds a view feeds the services that select from it.
fn into_services(objects: &Objects, feeds: &Feeds<'_>, found: &mut Vec<Relation>) {
    let specs = objects.feature_services.iter();
    for spec in specs.filter_map(|service| service.spec.as_ref()) {
        let service = Node::new(NodeKind::FeatureService, &spec.name);
        for projection in &spec.features {
            let sources = feeds.get(projection.feature_view_name.as_str());
            found.extend(sources.into_iter().flatten().map(|source| Relation {
                source: Node::clone(source),
                target: service.clone(),
            }));
        }
    }
}

/// An entity of a view belongs to every data source of the view.
fn from_entities(direct: &[Relation], feeds: &Feeds<'_>, found: &mut Vec<Relation>) {
    let entities = direct
        .iter()
        .filter(|r| r.source.kind == NodeKind::Entity && r.target.kind.is_view());
    for relation in entities {
        let sources = feeds.get(relation.target.name.as_str());
        let sources = sources.into_iter().flatten();
        let data_sources = sources.filter(|node| node.kind == NodeKind::DataSource);
        found.extend(data_sources.map(|source| Relation {
            source: relation.source.clone(),
            target: Node::clone(source),
        }));
    }
}
