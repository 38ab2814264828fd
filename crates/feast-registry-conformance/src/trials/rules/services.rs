//! Feature services are completed from the views that they name.

use feast_registry_core::wire::{self, Patch};
use feast_registry_core::{Effect, ErrorKind, Freshness, Kind, Registry};
use feast_registry_proto::core::{
    FeatureService, FeatureServiceSpec, FeatureSpecV2, FeatureViewProjection,
};
use feast_registry_proto::types::value_type;

use crate::check::{Checked, present, refused};
use crate::context::Context;
use crate::rows;
use crate::samples::Sample;
use crate::trial::Trial;

pub(super) fn trials() -> Vec<Trial> {
    let mut trials = trials!["rules::feature_service":
        chosen_features_get_their_types,
        an_unknown_view_is_not_found,
        an_unknown_feature_is_refused,
        what_is_complete_is_left_as_it_is,
        a_view_of_the_same_batch_is_seen,
        resolving_again_is_no_change,
        the_batch_source_of_the_view_is_described,
        deleting_a_view_leaves_the_service,
        a_change_of_the_logging_alone_is_stored,
    ];
    trials.extend(trials_for!["rules", Kind::VIEWS; a_service_without_features_gets_all]);
    trials
}

/// A service that names some features of a view, without their types.
fn service(view: &str, features: &[&str]) -> FeatureService {
    let columns = features.iter().map(|name| FeatureSpecV2 {
        name: (*name).to_owned(),
        ..Default::default()
    });
    FeatureService {
        spec: Some(FeatureServiceSpec {
            name: "fares".to_owned(),
            features: vec![FeatureViewProjection {
                feature_view_name: view.to_owned(),
                feature_columns: columns.collect(),
                ..Default::default()
            }],
            ..Default::default()
        }),
        meta: None,
    }
}

async fn projection(registry: &Registry) -> Checked<FeatureViewProjection> {
    let service: FeatureService = registry
        .get_object("fahrten", "fares", Freshness::Store)
        .await?;
    let features = service.spec.map(|spec| spec.features).unwrap_or_default();
    present(features.into_iter().next(), "the projection")
}

fn names(projection: &FeatureViewProjection) -> Vec<&str> {
    projection
        .feature_columns
        .iter()
        .map(|column| &*column.name)
        .collect()
}

async fn a_service_without_features_gets_all(cx: Context, kind: Kind) -> Checked {
    let registry = cx.registry().await?;
    registry
        .apply(Sample::new(kind, "fahrten", "trips").apply())
        .await?;
    registry
        .apply_object("fahrten", &service("trips", &[]))
        .await?;
    let found = projection(&registry).await?;
    ensure_eq!(names(&found), ["trips", "länge", "embedding"], "features");
    let typed = found
        .feature_columns
        .iter()
        .all(|column| column.value_type != 0);
    ensure!(typed, "features without a type: {found:?}");
    let label = kind == Kind::LabelView;
    ensure_eq!(
        found.view_type,
        if label { "labelView" } else { "" },
        "the type of the view"
    );
    Ok(())
}

async fn chosen_features_get_their_types(cx: Context) -> Checked {
    let registry = cx.registry().await?;
    registry
        .apply(Sample::new(Kind::FeatureView, "fahrten", "trips").apply())
        .await?;
    registry
        .apply_object("fahrten", &service("trips", &["länge", "trips"]))
        .await?;
    let found = projection(&registry).await?;
    ensure_eq!(names(&found), ["länge", "trips"], "features");
    let types: Vec<i32> = found
        .feature_columns
        .iter()
        .map(|column| column.value_type)
        .collect();
    let wanted = [value_type::Enum::Double, value_type::Enum::Int64].map(i32::from);
    ensure_eq!(types, wanted, "types");
    Ok(())
}

async fn an_unknown_view_is_not_found(cx: Context) -> Checked {
    let registry = cx.registry().await?;
    registry
        .apply(Sample::new(Kind::FeatureView, "other", "trips").apply())
        .await?;
    let result = registry
        .apply_object("fahrten", &service("trips", &[]))
        .await;
    let error = refused(result, ErrorKind::NotFound(Kind::FeatureView))?;
    ensure!(
        error.message().contains("trips"),
        "the view is missing: {error:?}"
    );
    ensure_eq!(rows::of(&registry, "fahrten").await?, vec![], "rows");
    Ok(())
}

async fn an_unknown_feature_is_refused(cx: Context) -> Checked {
    let registry = cx.registry().await?;
    registry
        .apply(Sample::new(Kind::FeatureView, "fahrten", "trips").apply())
        .await?;
    let result = registry
        .apply_object("fahrten", &service("trips", &["trips", "höhe"]))
        .await;
    let error = refused(result, ErrorKind::Invalid)?;
    ensure!(
        error.message().contains("höhe"),
        "the feature is missing: {error:?}"
    );
    Ok(())
}

async fn what_is_complete_is_left_as_it_is(cx: Context) -> Checked {
    let registry = cx.registry().await?;
    // Its view does not exist: nobody asks for it.
    let sample = Sample::new(Kind::FeatureService, "fahrten", "fares");
    registry.apply(sample.apply()).await?;
    let found = projection(&registry).await?;
    ensure_eq!(found.version_tag, Some(3), "the version");
    ensure_eq!(found.feature_view_name_alias, "gestern", "the alias");
    Ok(())
}

async fn a_view_of_the_same_batch_is_seen(cx: Context) -> Checked {
    let registry = cx.registry().await?;
    let view = Sample::new(Kind::StreamFeatureView, "fahrten", "trips");
    let mut fares = Sample::new(Kind::FeatureService, "fahrten", "fares");
    fares.body = prost::Message::encode_to_vec(&service("trips", &["länge"])).into();
    registry.commit(vec![view.change(), fares.change()]).await?;
    ensure_eq!(names(&projection(&registry).await?), ["länge"], "features");
    Ok(())
}

async fn resolving_again_is_no_change(cx: Context) -> Checked {
    let registry = cx.registry().await?;
    let view = Sample::new(Kind::FeatureView, "fahrten", "trips");
    registry.apply(view.apply()).await?;
    let wanted = service("trips", &[]);
    registry.apply_object("fahrten", &wanted).await?;
    let outcome = registry.apply_object("fahrten", &wanted).await?;
    ensure_eq!(outcome.effect, Effect::Unchanged, "the effect");
    registry.apply(view.redefined("höhe").apply()).await?;
    let outcome = registry.apply_object("fahrten", &wanted).await?;
    ensure_eq!(
        outcome.effect,
        Effect::Updated,
        "the effect after the view has changed"
    );
    ensure!(
        names(&projection(&registry).await?).contains(&"höhe"),
        "the new feature is missing"
    );
    Ok(())
}

async fn the_batch_source_of_the_view_is_described(cx: Context) -> Checked {
    let registry = cx.registry().await?;
    registry
        .apply(Sample::new(Kind::FeatureView, "fahrten", "trips").apply())
        .await?;
    registry
        .apply_object("fahrten", &service("trips", &[]))
        .await?;
    let found = projection(&registry).await?;
    ensure_eq!(
        found.timestamp_field,
        "event_timestamp",
        "the field of the time"
    );
    ensure_eq!(
        found.created_timestamp_column,
        "created",
        "the column of the creation"
    );
    ensure_eq!(
        found.date_partition_column,
        "tag",
        "the column of the partition"
    );
    let source = present(found.batch_source, "the batch source")?;
    ensure_eq!(source.name, "fahrten", "the batch source");
    Ok(())
}

async fn deleting_a_view_leaves_the_service(cx: Context) -> Checked {
    let registry = cx.registry().await?;
    let view = Sample::new(Kind::FeatureView, "fahrten", "trips");
    registry.apply(view.apply()).await?;
    registry
        .apply_object("fahrten", &service("trips", &[]))
        .await?;
    registry.delete(view.delete()).await?;
    ensure_eq!(names(&projection(&registry).await?).len(), 3, "features");
    Ok(())
}

async fn a_change_of_the_logging_alone_is_stored(cx: Context) -> Checked {
    const LOGGING: &[u32] = &[1, 7];
    let registry = cx.registry().await?;
    let sample = Sample::new(Kind::FeatureService, "fahrten", "fares");
    let silent = sample.patched(&Patch::default().clear(LOGGING));
    registry.apply(sample.apply()).await?;
    for changed in [&silent, &sample] {
        let outcome = registry.apply(changed.apply()).await?;
        ensure_eq!(outcome.effect, Effect::Updated, "the effect");
        let row = registry.get(&sample.key, Freshness::Store).await?;
        let found = wire::message(&row.body, LOGGING)?;
        let wanted = wire::message(&changed.body, LOGGING)?;
        ensure_eq!(found, wanted, "where is logged");
    }
    Ok(())
}
