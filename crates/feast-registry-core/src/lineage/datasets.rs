//! Saved datasets are fed by a service, by views, and by the source whose place they share.

use std::collections::{HashMap, HashSet};

use feast_registry_proto::core::SavedDatasetSpec;

use super::relation::Relations;
use super::{Node, NodeKind, Objects, place};

pub(super) fn relate(objects: &Objects, relations: &mut Relations) {
    let mut sources = HashMap::new();
    for source in objects.data_sources.iter().filter(|s| !s.name.is_empty()) {
        for place in place::of_source(source) {
            sources.insert(place, source.name.as_str());
        }
    }
    let specs = objects.saved_datasets.iter();
    for spec in specs.filter_map(|dataset| dataset.spec.as_ref()) {
        let dataset = Node::new(NodeKind::SavedDataset, &spec.name);
        if !spec.feature_service_name.is_empty() {
            relations.add(
                NodeKind::FeatureService,
                &spec.feature_service_name,
                &dataset,
            );
        }
        views(spec, &dataset, relations);
        stored_in(spec, &sources, &dataset, relations);
    }
}

fn views(spec: &SavedDatasetSpec, dataset: &Node, relations: &mut Relations) {
    let mut seen = HashSet::new();
    for view in spec.features.iter().filter_map(|name| view_of(name)) {
        if seen.insert(view) {
            relations.add(NodeKind::FeatureView, view, dataset);
        }
    }
}

/// The view in `view:feature` or `view@v2:feature`.
pub(crate) fn view_of(reference: &str) -> Option<&str> {
    let (view, _) = reference.split_once(':')?;
    let view = match view.split_once('@') {
        Some((name, version)) if is_version(version) => name,
        _ => view,
    };
    Some(view).filter(|view| !view.is_empty())
}

fn is_version(text: &str) -> bool {
    let number = text.strip_prefix(['v', 'V']).unwrap_or_default();
    text.is_empty()
        || text.eq_ignore_ascii_case("latest")
        || (!number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

fn stored_in(
    spec: &SavedDatasetSpec,
    sources: &HashMap<&str, &str>,
    dataset: &Node,
    relations: &mut Relations,
) {
    let mut seen = HashSet::new();
    let places = spec.storage.as_ref().map(place::of_storage);
    for place in places.into_iter().flatten() {
        if let Some(source) = sources.get(place).filter(|source| seen.insert(**source)) {
            relations.add(NodeKind::DataSource, *source, dataset);
        }
    }
}
