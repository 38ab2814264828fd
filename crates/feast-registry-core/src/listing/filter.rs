//! Which of the objects that were listed are wanted.

use std::collections::BTreeSet;

use feast_registry_proto::core::on_demand_source::Source;
use feast_registry_proto::core::{
    DataSource, FeatureView, LabelView, OnDemandFeatureView, StreamFeatureView,
};

use crate::model::decode;
use crate::wire::{self, WireError};
use crate::{Error, Kind, Record, Result};

use super::feature::features_of;

/// Which views are wanted: all that fit every condition that is given.
#[derive(Clone, Debug, Default)]
pub struct ViewFilter {
    /// Keyed by this entity, or by this column if the view names no entities.
    pub entity: Option<String>,
    /// With a feature of this name.
    pub feature: Option<String>,
    /// Projected by this feature service; a service that does not exist projects none.
    pub feature_service: Option<String>,
    /// Reading this data source.
    pub data_source: Option<String>,
}

impl ViewFilter {
    /// Whether a view fits. `projected` are the views of the feature service, if one is asked for.
    pub(crate) fn fits(&self, view: &Record, projected: Option<&BTreeSet<String>>) -> Result<bool> {
        if projected.is_some_and(|names| !names.contains(&*view.key.name)) {
            return Ok(false);
        }
        if let Some(entity) = &self.entity
            && !entities(view)?.contains(entity)
        {
            return Ok(false);
        }
        if let Some(feature) = &self.feature
            && !features_of(view)?.iter().any(|has| has.name == *feature)
        {
            return Ok(false);
        }
        if let Some(source) = &self.data_source
            && !source_names(view)?.contains(source)
        {
            return Ok(false);
        }
        Ok(true)
    }
}

/// Which saved datasets are wanted.
#[derive(Clone, Debug, Default)]
pub struct DatasetFilter {
    /// With exactly this namespace.
    pub namespace: Option<String>,
    /// With exactly this collection.
    pub collection: Option<String>,
}

impl DatasetFilter {
    const NAMESPACE: &[u32] = &[1, 9];
    const COLLECTION: &[u32] = &[1, 10];

    /// Whether a saved dataset fits. One that cannot be read does not.
    pub fn fits(&self, dataset: &Record) -> bool {
        let is = |path: &[u32], wanted: &Option<String>| {
            wanted.as_ref().is_none_or(|wanted| {
                matches!(wire::string(&dataset.body, path), Ok(Some(text)) if *text == **wanted)
            })
        };
        is(Self::NAMESPACE, &self.namespace) && is(Self::COLLECTION, &self.collection)
    }
}

/// The names of the views that a feature service projects.
pub(crate) fn projected_views(service: &Record) -> Result<BTreeSet<String>> {
    names(&service.body, &[1, 3]).map_err(|why| Error::corrupt(&service.key, why))
}

/// What a view is keyed by. Its entities have columns of other names, which count only where it names no entities.
fn entities(view: &Record) -> Result<Vec<String>> {
    let Some(spec) = view.key.kind.view() else {
        return Ok(Vec::new());
    };
    let found = match wire::strings(&view.body, spec.entities_path) {
        Ok(none) if none.is_empty() => names(&view.body, spec.entity_columns_path),
        found => found,
    };
    found.map_err(|why| Error::corrupt(&view.key, why))
}

/// The names of the messages at `path`: field 1 of each.
fn names<C: FromIterator<String>>(body: &[u8], path: &[u32]) -> std::result::Result<C, WireError> {
    let found = match path.split_last() {
        Some((&number, parents)) => wire::message(body, parents)?.map(|parent| (number, parent)),
        None => None,
    };
    let Some((number, parent)) = found else {
        return Ok(C::from_iter([]));
    };
    wire::repeated(&parent, number)?
        .into_iter()
        .map(|named| Ok(wire::string(named, &[1])?.unwrap_or_default().into()))
        .collect()
}

/// The sources that a view names itself. Of an on-demand view those are its request sources.
fn source_names(view: &Record) -> Result<Vec<String>> {
    let sources: Vec<Option<DataSource>> = match view.key.kind {
        Kind::FeatureView => {
            let spec = decode::<FeatureView>(view)?.spec.unwrap_or_default();
            vec![spec.batch_source, spec.stream_source]
        }
        Kind::StreamFeatureView => {
            let spec = decode::<StreamFeatureView>(view)?.spec.unwrap_or_default();
            vec![spec.batch_source, spec.stream_source]
        }
        Kind::OnDemandFeatureView => {
            let spec = decode::<OnDemandFeatureView>(view)?
                .spec
                .unwrap_or_default();
            let sources = spec.sources.into_values();
            sources
                .map(|source| match source.source {
                    Some(Source::RequestDataSource(source)) => Some(source),
                    _ => None,
                })
                .collect()
        }
        Kind::LabelView => vec![decode::<LabelView>(view)?.spec.unwrap_or_default().source],
        _ => Vec::new(),
    };
    Ok(sources
        .into_iter()
        .flatten()
        .map(|source| source.name)
        .collect())
}
