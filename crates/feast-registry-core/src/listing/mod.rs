//! What servers and commands do with lists: filters, orders and pages, as Feast's server has them.
//!
//! [`Registry::list`](crate::Registry::list) finds objects; this narrows what it found.

mod feature;
mod filter;
mod order;
mod page;

pub use self::feature::{FeatureFilter, FeatureKind, camel_case, feature_type, features_of};
pub use self::filter::{DatasetFilter, ViewFilter};
pub use self::order::{Attribute, Attributes, Value, sort};
pub use self::page::paginate;

pub(crate) use self::filter::projected_views;
