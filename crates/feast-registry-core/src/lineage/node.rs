//! What a relation connects.

use std::fmt;
use std::str::FromStr;

use crate::Error;

/// The kinds of things that stand in a lineage.
///
/// Fewer than there are kinds of objects: plain, stream and on-demand feature views are one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum NodeKind {
    /// A data source, request sources and unnamed ones included.
    DataSource,
    /// An entity.
    Entity,
    /// A feature view that is not a label view.
    FeatureView,
    /// A label view.
    LabelView,
    /// A feature service.
    FeatureService,
    /// A feature. It is known by its own name, without that of its view.
    Feature,
    /// A saved dataset.
    SavedDataset,
}

impl NodeKind {
    /// Every kind.
    pub const ALL: [NodeKind; 7] = [
        NodeKind::DataSource,
        NodeKind::Entity,
        NodeKind::FeatureView,
        NodeKind::LabelView,
        NodeKind::FeatureService,
        NodeKind::Feature,
        NodeKind::SavedDataset,
    ];

    /// The text that stands for the kind in Feast's requests and answers.
    pub fn as_str(self) -> &'static str {
        match self {
            NodeKind::DataSource => "dataSource",
            NodeKind::Entity => "entity",
            NodeKind::FeatureView => "featureView",
            NodeKind::LabelView => "labelView",
            NodeKind::FeatureService => "featureService",
            NodeKind::Feature => "feature",
            NodeKind::SavedDataset => "savedDataset",
        }
    }

    /// Whether nodes of this kind are views.
    pub(super) fn is_view(self) -> bool {
        matches!(self, NodeKind::FeatureView | NodeKind::LabelView)
    }
}

impl fmt::Display for NodeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for NodeKind {
    type Err = Error;

    /// Takes Feast's text exactly. The wording of the error is Feast's, since clients show it.
    fn from_str(text: &str) -> Result<Self, Error> {
        NodeKind::ALL
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or_else(|| {
                Error::invalid(format!("'{text}' is not a valid FeastObjectType")).with_hint(
                    format!("one of {}", NodeKind::ALL.map(NodeKind::as_str).join(", ")),
                )
            })
    }
}

/// One thing in a lineage.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Node {
    /// What it is.
    pub kind: NodeKind,
    /// Its name.
    pub name: String,
}

impl Node {
    /// A node.
    pub fn new(kind: NodeKind, name: impl Into<String>) -> Self {
        Node {
            kind,
            name: name.into(),
        }
    }
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind, self.name)
    }
}
