//! Feature views are fed by entities, features, data sources and other views.

use feast_registry_proto::core::on_demand_source::Source;
use feast_registry_proto::core::{
    DataSource, FeatureViewSpec, OnDemandFeatureViewSpec, OnDemandSource, StreamFeatureViewSpec,
};

use super::relation::Relations;
use super::{Node, NodeKind, Objects, place};

pub(super) fn relate(objects: &Objects, relations: &mut Relations) {
    let plain = objects.feature_views.iter();
    for spec in plain.filter_map(|view| view.spec.as_ref()) {
        plain_view(spec, relations);
    }
    let on_demand = || {
        let views = objects.on_demand_feature_views.iter();
        views.filter_map(|view| view.spec.as_ref())
    };
    for spec in on_demand() {
        on_demand_columns(spec, relations);
    }
    for spec in on_demand() {
        on_demand_sources(spec, relations);
    }
    let stream = objects.stream_feature_views.iter();
    for spec in stream.filter_map(|view| view.spec.as_ref()) {
        stream_view(spec, relations);
    }
}

/// The stream source of a plain view is no relation of its own: a push source has the batch
/// source inside.
fn plain_view(spec: &FeatureViewSpec, relations: &mut Relations) {
    let view = feature_view(&spec.name);
    relations.add_all(NodeKind::Entity, &spec.entities, &view);
    relations.add_all(
        NodeKind::Feature,
        spec.features.iter().map(|feature| &feature.name),
        &view,
    );
    if let Some(source) = &spec.batch_source {
        relations.add(NodeKind::DataSource, place::source_name(source), &view);
    }
}

fn on_demand_columns(spec: &OnDemandFeatureViewSpec, relations: &mut Relations) {
    let view = feature_view(&spec.name);
    relations.add_all(NodeKind::Entity, &spec.entities, &view);
    relations.add_all(
        NodeKind::Feature,
        spec.features.iter().map(|feature| &feature.name),
        &view,
    );
}

fn on_demand_sources(spec: &OnDemandFeatureViewSpec, relations: &mut Relations) {
    let view = feature_view(&spec.name);
    let inputs = spec.sources.values().filter_map(input);
    for (kind, name) in inputs.filter(|(_, name)| !name.is_empty()) {
        relations.add(kind, name, &view);
    }
}

/// What an input of an on-demand view is. Feast has given up whole views as inputs for
/// projections of them.
fn input(source: &OnDemandSource) -> Option<(NodeKind, &str)> {
    match source.source.as_ref()? {
        Source::RequestDataSource(source) => Some((NodeKind::DataSource, &source.name)),
        Source::FeatureViewProjection(view) => {
            Some((NodeKind::FeatureView, &view.feature_view_name))
        }
        Source::FeatureView(_) => None,
    }
}

fn stream_view(spec: &StreamFeatureViewSpec, relations: &mut Relations) {
    let view = feature_view(&spec.name);
    for source in [&spec.stream_source, &spec.batch_source] {
        named_source(source.as_ref(), &view, relations);
    }
}

/// Notes that a source feeds a view, if it is given and has a name.
pub(super) fn named_source(source: Option<&DataSource>, view: &Node, relations: &mut Relations) {
    if let Some(source) = source.filter(|source| !source.name.is_empty()) {
        relations.add(NodeKind::DataSource, &source.name, view);
    }
}

fn feature_view(name: &str) -> Node {
    Node::new(NodeKind::FeatureView, name)
}
