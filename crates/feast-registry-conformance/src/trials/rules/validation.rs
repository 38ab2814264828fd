//! What is refused before anything is written.

use feast_registry_core::wire::Patch;
use feast_registry_core::{Apply, Delete, ErrorKind, Kind};

use crate::check::{Checked, refused};
use crate::context::Context;
use crate::rows;
use crate::samples::Sample;
use crate::trial::Trial;

const WITH_ENTITIES: [Kind; 3] = [Kind::FeatureView, Kind::StreamFeatureView, Kind::LabelView];

pub(super) fn trials() -> Vec<Trial> {
    let mut trials = trials_for!["rules", Kind::OBJECTS;
        bytes_that_are_no_message_are_refused,
        a_message_with_another_name_is_refused,
    ];
    trials.extend(trials_for!["rules", WITH_ENTITIES; it_needs_an_entity]);
    trials.extend(trials!["rules::validation":
        an_on_demand_feature_view_needs_no_entity,
        an_on_demand_feature_view_needs_a_source,
        only_python_can_compute_row_by_row,
        rows_of_the_registry_itself_cannot_be_applied_by_name,
        a_name_is_no_pattern,
    ]);
    trials
}

async fn bytes_that_are_no_message_are_refused(cx: Context, kind: Kind) -> Checked {
    let registry = cx.registry().await?;
    let good = Sample::new(kind, "fahrten", "it");
    let cut = good.body.slice(..good.body.len() - 1);
    let hostile: [&[u8]; 5] = [
        &cut,
        &[0xff; 16],
        // A field that claims to have more bytes than there are in the world.
        &[0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f],
        &[0x0a, 0x02, 0x0a],
        // A group that is never closed.
        &[0x0b, 0x0b, 0x0b],
    ];
    for bytes in hostile {
        let apply = Apply::new(kind, &*good.key.project, "it", bytes.to_vec());
        refused(registry.apply(apply).await, ErrorKind::Invalid)?;
    }
    ensure_eq!(rows::all(&registry).await?, vec![], "all rows");
    Ok(())
}

async fn a_message_with_another_name_is_refused(cx: Context, kind: Kind) -> Checked {
    let registry = cx.registry().await?;
    let sample = Sample::new(kind, "fahrten", "it");
    for name in ["other", "IT", "it "] {
        let project = if kind == Kind::Project {
            name
        } else {
            "fahrten"
        };
        let apply = Apply::new(kind, project, name, sample.body.clone());
        refused(registry.apply(apply).await, ErrorKind::Invalid)?;
    }
    ensure_eq!(rows::all(&registry).await?, vec![], "all rows");
    Ok(())
}

fn without_entities(kind: Kind) -> Sample {
    let path = kind.view().map_or(&[][..], |view| view.entities_path);
    Sample::new(kind, "fahrten", "it").patched(&Patch::default().clear(path))
}

async fn it_needs_an_entity(cx: Context, kind: Kind) -> Checked {
    let registry = cx.registry().await?;
    refused(
        registry.apply(without_entities(kind).apply()).await,
        ErrorKind::Invalid,
    )?;
    ensure_eq!(rows::all(&registry).await?, vec![], "all rows");
    // A view without a join key names a placeholder.
    let path = kind.view().map_or(&[][..], |view| view.entities_path);
    let placeholder = Patch::default().replace_repeated(path, [b"__dummy".to_vec()]);
    registry
        .apply(without_entities(kind).patched(&placeholder).apply())
        .await?;
    Ok(())
}

async fn an_on_demand_feature_view_needs_no_entity(cx: Context) -> Checked {
    let registry = cx.registry().await?;
    let view = without_entities(Kind::OnDemandFeatureView);
    // Unless it is written to the online store.
    refused(registry.apply(view.apply()).await, ErrorKind::Invalid)?;
    let not_written = Patch::default().set_varint(&[1, 12], 0);
    registry.apply(view.patched(&not_written).apply()).await?;
    Ok(())
}

async fn an_on_demand_feature_view_needs_a_source(cx: Context) -> Checked {
    let registry = cx.registry().await?;
    let view = Sample::new(Kind::OnDemandFeatureView, "fahrten", "it");
    let without = view.patched(&Patch::default().clear(&[1, 4]));
    refused(registry.apply(without.apply()).await, ErrorKind::Invalid)?;
    ensure_eq!(rows::all(&registry).await?, vec![], "all rows");
    Ok(())
}

async fn only_python_can_compute_row_by_row(cx: Context) -> Checked {
    let registry = cx.registry().await?;
    let view = Sample::new(Kind::OnDemandFeatureView, "fahrten", "it");
    let pandas = view.patched(&Patch::default().set_string(&[1, 11], "pandas"));
    refused(registry.apply(pandas.apply()).await, ErrorKind::Invalid)?;
    ensure_eq!(rows::all(&registry).await?, vec![], "all rows");
    Ok(())
}

async fn rows_of_the_registry_itself_cannot_be_applied_by_name(cx: Context) -> Checked {
    let registry = cx.registry().await?;
    for kind in [Kind::Infra, Kind::Version, Kind::Metadata] {
        let result = registry
            .apply(Apply::new(kind, "fahrten", "it", Vec::new()))
            .await;
        refused(result, ErrorKind::Invalid)?;
    }
    ensure_eq!(rows::all(&registry).await?, vec![], "all rows");
    Ok(())
}

async fn a_name_is_no_pattern(cx: Context) -> Checked {
    let registry = cx.registry().await?;
    registry
        .apply(Sample::new(Kind::Entity, "fahrten", "it").apply())
        .await?;
    for (project, name) in [
        ("fahrten", "%"),
        ("fahrten", "i_"),
        ("%", "it"),
        ("fahrten", "*"),
    ] {
        let result = registry
            .delete(Delete::new(Kind::Entity, project, name))
            .await;
        refused(result, ErrorKind::NotFound(Kind::Entity))?;
    }
    for (project, name) in [("fahrten", ""), ("", "it")] {
        let result = registry
            .delete(Delete::new(Kind::Entity, project, name))
            .await;
        refused(result, ErrorKind::Invalid)?;
    }
    Ok(())
}
