//! What feeds what.

use std::fmt;

use super::{Node, NodeKind, Objects, datasets, indirect, label_views, services, views};

/// One thing feeds another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Relation {
    /// What feeds.
    pub source: Node,
    /// What is fed.
    pub target: Node,
}

impl Relation {
    /// Whether a node is one of the two ends.
    pub fn touches(&self, node: &Node) -> bool {
        self.source == *node || self.target == *node
    }
}

impl fmt::Display for Relation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} -> {}", self.source, self.target)
    }
}

/// All relations of a project. One that several objects tell of stands there several times.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lineage {
    /// What objects say of themselves.
    pub direct: Vec<Relation>,
    /// What follows by way of a view: what feeds a view feeds the services that use the view, and
    /// an entity of a view belongs to the sources of the view.
    pub indirect: Vec<Relation>,
}

impl Lineage {
    /// The relations of these objects. The same objects always give the same relations, in the
    /// same order.
    pub fn of(objects: &Objects) -> Lineage {
        let mut direct = Relations::default();
        services::relate(objects, &mut direct);
        views::relate(objects, &mut direct);
        label_views::relate(objects, &mut direct);
        datasets::relate(objects, &mut direct);
        let Relations(direct) = direct;
        let indirect = indirect::relations(objects, &direct);
        Lineage { direct, indirect }
    }

    /// Only the relations that touch a node.
    #[must_use]
    pub fn about(mut self, node: &Node) -> Lineage {
        self.direct.retain(|relation| relation.touches(node));
        self.indirect.retain(|relation| relation.touches(node));
        self
    }

    /// The direct relations, followed by the indirect ones if they are wanted.
    pub fn into_relations(self, include_indirect: bool) -> Vec<Relation> {
        let mut relations = self.direct;
        if include_indirect {
            relations.extend(self.indirect);
        }
        relations
    }
}

/// Relations in the making.
#[derive(Debug, Default)]
pub(super) struct Relations(Vec<Relation>);

impl Relations {
    /// Notes that something feeds `target`.
    pub(super) fn add(&mut self, kind: NodeKind, name: impl Into<String>, target: &Node) {
        self.0.push(Relation {
            source: Node::new(kind, name),
            target: target.clone(),
        });
    }

    /// Notes that each of several things of a kind feeds `target`.
    pub(super) fn add_all<'a>(
        &mut self,
        kind: NodeKind,
        names: impl IntoIterator<Item = &'a String>,
        target: &Node,
    ) {
        for name in names {
            self.add(kind, name, target);
        }
    }
}
