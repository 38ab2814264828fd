//! Feature services are fed by the views that they select from.

use std::collections::HashSet;

use super::relation::Relations;
use super::{Node, NodeKind, Objects};

pub(super) fn relate(objects: &Objects, relations: &mut Relations) {
    let label_views: HashSet<&str> = objects
        .label_views
        .iter()
        .filter_map(|view| view.spec.as_ref())
        .map(|spec| spec.name.as_str())
        .collect();
    for spec in objects
        .feature_services
        .iter()
        .filter_map(|service| service.spec.as_ref())
    {
        let service = Node::new(NodeKind::FeatureService, &spec.name);
        for projection in &spec.features {
            let name = &projection.feature_view_name;
            let is_label_view = projection.view_type == NodeKind::LabelView.as_str()
                || label_views.contains(name.as_str());
            let kind = if is_label_view {
                NodeKind::LabelView
            } else {
                NodeKind::FeatureView
            };
            relations.add(kind, name, &service);
        }
    }
}
