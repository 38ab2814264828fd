//! Which objects of a project feed which others.
//!
//! A pure function over decoded objects: no reads, no rules of writing. The relations and their
//! order are those of Feast; [`Registry::lineage`](crate::Registry::lineage) reads the objects.
//!
//! ```
//! use feast_registry_core::lineage::{Lineage, Node, NodeKind, Objects};
//! use feast_registry_proto::core::{FeatureView, FeatureViewSpec};
//!
//! let spec = FeatureViewSpec {
//!     name: "driver_stats".to_owned(),
//!     entities: vec!["driver".to_owned()],
//!     ..Default::default()
//! };
//! let view = FeatureView { spec: Some(spec), meta: None };
//! let lineage = Lineage::of(&Objects { feature_views: vec![view], ..Default::default() });
//!
//! assert_eq!(lineage.direct[0].source, Node::new(NodeKind::Entity, "driver"));
//! assert_eq!(lineage.direct[0].to_string(), "entity:driver -> featureView:driver_stats");
//! ```

mod datasets;
mod indirect;
mod label_views;
mod node;
mod objects;
mod place;
mod relation;
mod services;
#[cfg(test)]
mod tests;
mod views;

pub(crate) use self::datasets::view_of;
pub use self::node::{Node, NodeKind};
pub use self::objects::Objects;
pub use self::relation::{Lineage, Relation};
