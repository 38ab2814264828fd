//! Label views are fed by entities and by the source that labels are pushed to.

use super::relation::Relations;
use super::views::named_source;
use super::{Node, NodeKind, Objects};

pub(super) fn relate(objects: &Objects, relations: &mut Relations) {
    let specs = objects.label_views.iter();
    for spec in specs.filter_map(|view| view.spec.as_ref()) {
        let view = Node::new(NodeKind::LabelView, &spec.name);
        relations.add_all(NodeKind::Entity, &spec.entities, &view);
        let pushed = spec.source.as_ref();
        named_source(pushed, &view, relations);
        let stored = pushed.and_then(|source| source.batch_source.as_deref());
        named_source(stored, &view, relations);
    }
}
