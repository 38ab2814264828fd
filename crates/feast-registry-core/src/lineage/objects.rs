//! What a lineage is made from.

use feast_registry_proto::core::{
    DataSource, FeatureService, FeatureView, LabelView, OnDemandFeatureView, SavedDataset,
    StreamFeatureView,
};

/// The objects of one project that tell of relations. Entities need not be given: views name them.
#[derive(Clone, Debug, Default)]
pub struct Objects {
    /// Data sources, to find out which of them saved datasets are stored in.
    pub data_sources: Vec<DataSource>,
    /// Feature views, batch feature views included.
    pub feature_views: Vec<FeatureView>,
    /// Stream feature views.
    pub stream_feature_views: Vec<StreamFeatureView>,
    /// On-demand feature views.
    pub on_demand_feature_views: Vec<OnDemandFeatureView>,
    /// Label views.
    pub label_views: Vec<LabelView>,
    /// Feature services.
    pub feature_services: Vec<FeatureService>,
    /// Saved datasets.
    pub saved_datasets: Vec<SavedDataset>,
}
